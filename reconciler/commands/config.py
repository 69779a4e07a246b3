"""`plotman config`: make, find, check and convert specs."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

import click

from reconciler.errors import PlotmanError, Problem, SpecError
from reconciler.spec.place import default_logs, default_path, spec_path

if TYPE_CHECKING:
    from reconciler.commands.live import Trial
    from reconciler.plotters import Plotters
    from reconciler.spec.loading import Loaded
    from reconciler.spec.tree import Value

SPEC = click.option(
    "-f", "--spec", "given", metavar="SPEC", help="The spec; else $PLOTMAN_SPEC, else the platform's place."
)

ANSWER = 20.0
"""Seconds that a plotter has to say its version."""


@click.group()
def command() -> None:
    """Make, find, check and convert specs."""


@command.command()
@click.argument("path", required=False)
@click.option("--force", is_flag=True, help="Overwrite a spec that is there.")
def generate(path: str | None, force: bool) -> None:
    """Write a commented spec to begin with, at PATH or the platform's place."""
    from reconciler.spec.template import default_spec

    target = path or default_path()
    _write(target, default_spec(default_logs()), force=force)
    click.echo(target)


@command.command()
@SPEC
def path(given: str | None) -> None:
    """Print where the spec is looked for."""
    click.echo(spec_path(given, os.environ))


@command.command()
@click.argument("files", nargs=-1)
@click.option("--json", "as_json", is_flag=True, help="The problems as JSON.")
@click.option(
    "--live",
    is_flag=True,
    help="Look at the machines, too: can the directories, the plotter and each farmer's disks be used?",
)
def validate(files: tuple[str, ...], as_json: bool, live: bool) -> int:
    """Check one or many specs, and name every fault.

    --live reaches out to each farmer, writes a small file to each of its disks and removes it; exit code 4 where
    something is wrong there.
    """
    from reconciler.commands import live as trying
    from reconciler.commands.codes import PARTLY
    from reconciler.commands.context import load_plotters
    from reconciler.fit import misfits

    problems: list[Problem] = []
    away: list[Problem] = []
    for file in files or (spec_path(None, os.environ),):
        try:
            loaded = _load(file)
        except SpecError as error:
            problems += error.problems
            continue
        plotters = load_plotters(file)
        problems += (*loaded.warnings, *misfits(loaded, plotters))
        if live:
            problems += (*_look(loaded), *_ask_plotter(loaded, plotters))
            trials = trying.try_farmers(loaded.spec, plotters)
            away += _away(loaded, trials)
            click.echo("" if as_json else trying.text(trials), nl=False)
    wrong = [problem for problem in problems if not problem.warning]
    if as_json:
        click.echo(_json([*problems, *away]))
    else:
        for problem in problems:
            click.echo(str(problem), err=True)
        if not wrong:
            click.echo(f"{len(files) or 1} valid")
    return SpecError.exit_code if wrong else PARTLY if away else 0


@command.command()
@click.argument("name", default="spec", type=click.Choice(["spec", "observation", "plan", "plotter"]))
def schema(name: str) -> None:
    """Print a published JSON Schema."""
    import json

    from reconciler.spec.schemas import published

    click.echo(json.dumps(published(name), indent=2, ensure_ascii=False))


@command.command()
@click.argument("old")
@click.option("-o", "--out", metavar="FILE", help="Write the spec there; else to stdout.")
@click.option("--force", is_flag=True, help="Overwrite a file that is there.")
def migrate(old: str, out: str | None, force: bool) -> None:
    """Convert a plotman.yaml of versions 0, 1 or 2, and name what could not be carried over."""
    from reconciler.spec.loading import read_text
    from reconciler.spec.migrate import migrate as convert

    migrated = convert(read_text(old), old)
    if out is None:
        click.echo(migrated.text, nl=False)
    else:
        _write(out, migrated.text, force=force)
    for problem in migrated.left:
        click.echo(str(problem), err=True)


@command.command()
@SPEC
@click.option("--origin", is_flag=True, help="Each value with the line that gives it, or `default`.")
def show(given: str | None, origin: bool) -> None:
    """Print the effective spec, defaults included."""
    from reconciler.spec.writing import write

    loaded = _load(spec_path(given, os.environ))
    if not origin:
        click.echo(write(_shown(loaded)), nl=False)
        return
    rows = list(_origins(loaded))
    width = max(len(row[0]) for row in rows)
    for value, place in rows:
        click.echo(f"{value:<{width}}  {place}")


def _load(path: str) -> Loaded:
    from reconciler.spec.loading import load

    return load(path, home=os.path.expanduser("~"))


def _origins(loaded: Loaded) -> Iterator[tuple[str, str]]:
    """Each value of the effective spec as `key.path: value`, with `file:line` or `default`."""
    from reconciler.spec.tree import render, walk
    from reconciler.spec.writing import scalar

    for path, value in walk(_shown(loaded)):
        if isinstance(value, dict | list) and value:
            continue
        name = render(path)
        place = _place(loaded, name)
        where = f"{loaded.name}:{place[0]}" if place else "default"
        yield f"{name}: {scalar(value)}", where


def _place(loaded: Loaded, name: str) -> tuple[int, int] | None:
    """Where the document gives a value, also in a short form: a list of one, a mapping's path alone."""
    parent, _, last = name.rpartition(".")
    short = [name, name.removesuffix("[0]")]
    if last == "path":
        short += [parent, parent.removesuffix("[0]")]
    return next((loaded.origins[one] for one in short if one in loaded.origins), None)


def _shown(loaded: Loaded) -> dict[str, Value]:
    """The effective spec as a document, its keys by their first characters."""
    from reconciler.spec.writing import document

    shown = document(loaded.spec, defaults=True)
    plotting = shown.get("plotting")
    if isinstance(plotting, dict) and isinstance(keys := plotting["keys"], dict):
        plotting["keys"] = {name: f"{str(key)[:8]}…" for name, key in keys.items()}
    return shown


def _look(loaded: Loaded) -> Iterator[Problem]:
    """What this machine says to a spec: directories that cannot be used, and those that share a device."""
    from reconciler.machine import LocalMachine
    from reconciler.spec.parts import ROLES
    from reconciler.state import Absent, Known
    from reconciler.world import Ask

    named = [
        (directory.path, f"directories.{role}[{index}]")
        for role in ROLES
        for index, directory in enumerate(getattr(loaded.spec.directories, role))
    ]
    answers = LocalMachine().survey([Ask(path) for path in dict.fromkeys(path for path, _ in named)])
    on_device: dict[str, str] = {}
    for path, name in named:
        line, column = _place(loaded, f"{name}.path") or (0, 0)
        found = answers[path]
        if not isinstance(found, Known):
            unsure = not isinstance(found, Absent)
            message = f"{path}: {found.why}" + ("" if unsure else "; mount or create it, or take it out")
            yield Problem(loaded.name, line, column, name, message, "live", warning=unsure)
            continue
        if not found.value.writable:
            message = f"{path} cannot be written to by this user; change its owner or mode, or its mount"
            yield Problem(loaded.name, line, column, name, message, "live")
        other = on_device.setdefault(found.value.device, path)
        if other != path:
            message = f"{path} is on the same device as {other}; their room is counted once"
            yield Problem(loaded.name, line, column, name, message, "one-device", warning=True)


def _away(loaded: Loaded, trials: Iterable[Trial]) -> Iterator[Problem]:
    """What is wrong at farmers. The spec itself may be as it should."""
    names = [archive.name for archive in loaded.spec.archive]
    for trial in trials:
        if trial.wrong:
            path = f"archive[{names.index(trial.farmer)}]"
            line, column = _place(loaded, path) or (0, 0)
            message = f"{trial.farmer}: {trial.what}: {trial.told}"
            yield Problem(loaded.name, line, column, path, message, "live", warning=True)


def _ask_plotter(loaded: Loaded, plotters: Plotters) -> Iterator[Problem]:
    """Is the plotter's executable there, and one that its definition covers?"""
    from reconciler.machine import output_of

    plotting = loaded.spec.plotting
    plotter = plotters.get(plotting.plotter) if plotting is not None else None
    question = plotter.question(plotting.k, plotting.executable) if plotting is not None and plotter else None
    if plotting is None or question is None:
        return
    name = "plotting.executable" if plotting.executable is not None else "plotting.plotter"
    line, column = _place(loaded, name) or (0, 0)
    try:
        output = output_of(question.argv, ANSWER)
    except PlotmanError as error:
        yield Problem(loaded.name, line, column, name, f"{error}; set plotting.executable", "live")
        return
    if not question.answered(output):
        first = next(iter(output.splitlines()), "nothing")[:80]
        message = f"{question.argv[0]} is not known to be {plotting.plotter}: it answers {first!r}"
        yield Problem(loaded.name, line, column, name, message, "live", warning=True)


def _json(problems: list[Problem]) -> str:
    import json
    from dataclasses import asdict

    return json.dumps([asdict(problem) for problem in problems], indent=2)


def _write(path: str, text: str, *, force: bool) -> None:
    """Write a new file, whole or not at all. Raises PlotmanError where it exists or cannot be written."""
    if not force and os.path.lexists(path):
        raise PlotmanError(f"{path} exists; --force overwrites it")
    part = f"{path}.part"
    try:
        os.makedirs(os.path.dirname(path) or ".", exist_ok=True)
        with open(part, "w", encoding="utf-8") as file:
            file.write(text)
        os.replace(part, path)
    except OSError as error:
        raise PlotmanError(f"{path} cannot be written: {(error.strerror or str(error)).lower()}") from None
