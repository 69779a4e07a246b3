"""`plotman config validate`: every fault of one or many specs."""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import TYPE_CHECKING

import click

from reconciler.errors import Problem, SpecError
from reconciler.spec.place import spec_path

if TYPE_CHECKING:
    from reconciler.spec.loaded import Loaded


@click.command()
@click.argument("files", nargs=-1)
@click.option("--json", "as_json", is_flag=True, help="The problems as JSON.")
@click.option(
    "--live",
    is_flag=True,
    help="Look at the machines, too: can the directories, the plotter and each farmer's disks be used?",
)
def validate(files: tuple[str, ...], as_json: bool, live: bool) -> int:
    """Check one or many specs, such as hosts/*.yaml, and name every fault.

    A fault in a file that several specs extend is named once. No two of the specs may be for one host.
    Of a source document the newest spec in its repository is checked, fetched and verified anew.

    --live reaches out to each farmer, writes a small file to each of its disks and removes it; exit code 4 where
    something is wrong there.
    """
    from reconciler.commands import config_live
    from reconciler.commands import live as trying
    from reconciler.commands.codes import PARTLY
    from reconciler.commands.config_source import newest
    from reconciler.commands.context import load_plotters
    from reconciler.fit import misfits
    from reconciler.plotters import Plotters
    from reconciler.spec.hosts import misnamed, namesakes
    from reconciler.spec.loading import Library

    problems: list[Problem] = []
    away: list[Problem] = []
    sound: list[Loaded] = []
    plotters: dict[str, Plotters] = {}
    library = Library(home=os.path.expanduser("~"))
    specs = tuple(dict.fromkeys(files)) or (spec_path(None, os.environ),)
    for file in specs:
        try:
            loaded = newest(file) or library.load(file)
        except SpecError as error:
            problems += error.problems
            continue
        folder = os.path.dirname(file)
        if folder not in plotters:
            plotters[folder] = load_plotters(file)
        sound.append(loaded)
        problems += (*loaded.warnings, *misfits(loaded, plotters[folder]), *misnamed(loaded))
        if live:
            problems += config_live.problems(loaded, plotters[folder])
            trials = trying.try_farmers(loaded.spec, plotters[folder])
            away += config_live.away(loaded, trials)
            click.echo("" if as_json else trying.text(trials), nl=False)
    problems = _once((*problems, *namesakes(sound)))
    wrong = [problem for problem in problems if not problem.warning]
    if as_json:
        click.echo(_json([*problems, *away]))
    else:
        for problem in problems:
            click.echo(str(problem), err=True)
        if not wrong:
            click.echo(f"{len(specs)} valid")
    return SpecError.exit_code if wrong else PARTLY if away else 0


def _once(problems: Iterable[Problem]) -> list[Problem]:
    """Each fault once: what many specs extend is faulty in each of them, if under another path."""
    said = {(one.file, one.line, one.column, one.message, one.rule): one for one in reversed([*problems])}
    return list(reversed(said.values()))


def _json(problems: list[Problem]) -> str:
    import json
    from dataclasses import asdict

    return json.dumps([asdict(problem) for problem in problems], indent=2)
