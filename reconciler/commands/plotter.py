"""`plotman plotter`: the definitions of plotters, and what they read."""

from __future__ import annotations

import difflib
import os
import shlex

import click

from reconciler.commands import checking
from reconciler.commands.codes import PARTLY
from reconciler.commands.context import load_plotters, spec_option
from reconciler.commands.logfiles import read_all
from reconciler.commands.screen import Screen
from reconciler.errors import UsageError
from reconciler.plotters import Plotter, Plotters
from reconciler.spec.place import spec_path
from reconciler.spec.writing import write
from reconciler.views import plotlog, words
from reconciler.views import plotter as views


class Rest(click.Command):
    """A command whose option --argv takes all that stands behind it, whatever it looks like."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Hand the rest over as one text, as a shell would quote it; a single word is taken as it is."""
        at = args.index("--argv") + 1 if "--argv" in args else len(args)
        rest = args[at:]
        return super().parse_args(ctx, [*args[:at], *([shlex.join(rest)] if len(rest) > 1 else rest)])


@click.group()
def command() -> None:
    """The definitions of plotters, and what they read."""


@command.command(name="list")
@spec_option
@click.option("--json", "as_json", is_flag=True, help="As a JSON document.")
@click.pass_obj
def list_(ascii: bool, spec: str | None, as_json: bool) -> None:
    """Every plotter: the packaged ones, and those in the folder `plotters` beside the spec."""
    every = _plotters(spec).values()
    screen = Screen.of(ascii)
    click.echo(views.to_json(every) if as_json else views.text(every, screen.symbols, screen.width), nl=False)


@command.command()
@click.argument("name")
@spec_option
def show(name: str, spec: str | None) -> None:
    """One definition in full, as YAML to begin one's own with."""
    click.echo(write(dict(views.document(_named(_plotters(spec), name)))), nl=False)


@command.command()
@click.argument("logs", metavar="LOG...", nargs=-1, required=True)
@spec_option
@click.option(
    "--plotter", "name", metavar="NAME", help="Whose logs they are; left out: whose rules read most."
)
@click.option(
    "--json", "as_json", is_flag=True, help="As a JSON document: an object, for several logs a list."
)
@click.pass_obj
def read(ascii: bool, logs: tuple[str, ...], spec: str | None, name: str | None, as_json: bool) -> int:
    """What plotters' logs say."""
    plotters = _plotters(spec)
    reading = read_all(logs, plotters, None if name is None else _named(plotters, name))
    said = [(log.file, log.plotter, log.said) for log in reading.logs]
    screen = Screen.of(ascii)
    if as_json:
        click.echo(plotlog.json_text(said, several=len(logs) > 1), nl=False)
    else:
        click.echo(plotlog.text(said, screen.symbols, screen.width), nl=False)
    for why in reading.failed:
        click.echo(why, err=True)
    return PARTLY if reading.failed else 0


@command.command(cls=Rest)
@click.argument("definition", metavar="DEF")
@spec_option
@click.option(
    "--log", metavar="LOG", help="Print each line of this log, with its phase and the facts read from it."
)
@click.option(
    "--argv", metavar="WORD...", help="Print what is read from this command line; all that follows is its."
)
def check(definition: str, spec: str | None, log: str | None, argv: str | None) -> None:
    """Check a definition file, and see what it sees."""
    plotters, plotter = checking.load(definition, _folder(spec))
    click.echo(f"{words.clean(definition)} is sound: {plotter.name}, {words.clean(plotter.definition.about)}")
    if argv is not None:
        click.echo("")
        click.echo(views.argv(checking.arguments(plotters, plotter, _words(argv))), nl=False)
    if log is not None:
        click.echo("")
        for line in checking.lines(plotter, log):
            click.echo(line)


def _words(argv: str) -> list[str]:
    try:
        return shlex.split(argv)
    except ValueError as error:
        raise UsageError(f"--argv cannot be split into words: {str(error).lower()}") from None


def _plotters(spec: str | None) -> Plotters:
    return load_plotters(spec_path(spec, os.environ))


def _folder(spec: str | None) -> str:
    return os.path.join(os.path.dirname(os.path.abspath(spec_path(spec, os.environ))), "plotters")


def _named(plotters: Plotters, name: str) -> Plotter:
    """Raises UsageError where there is none of that name."""
    found = plotters.get(name)
    if found is None:
        near = difflib.get_close_matches(name, plotters, n=1)
        hint = f"did you mean {near[0]}?" if near else "`plotman plotter list` lists them"
        raise UsageError(f"no plotter is called {words.clean(name)}; {hint}")
    return found
