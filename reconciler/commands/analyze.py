"""`plotman analyze`."""

from __future__ import annotations

import os

import click

from reconciler.commands import shelf
from reconciler.commands.codes import PARTLY
from reconciler.commands.context import load_plotters, load_spec, spec_option
from reconciler.commands.logfiles import read_all
from reconciler.commands.screen import Screen
from reconciler.errors import UsageError
from reconciler.machine import LocalMachine
from reconciler.spec.place import spec_path
from reconciler.views import analyze, words


@click.command
@click.argument("logs", metavar="[LOG]...", nargs=-1)
@spec_option
@click.option("--bytmp", is_flag=True, help="A line for each tmp directory.")
@click.option("--bybitfield", is_flag=True, help="For plots made with and without bitfield.")
@click.option("--byplotter", is_flag=True, help="For each plotter.")
@click.option("--byk", is_flag=True, help="For each plot size.")
@click.option("--bycompression", is_flag=True, help="For each level of compression.")
@click.option("--clipterminals", is_flag=True, help="Leave out the first and the last plot of each log.")
@click.option("--json", "as_json", is_flag=True, help="As a JSON document.")
@click.option("--csv", "as_csv", is_flag=True, help="As CSV.")
@click.pass_obj
def command(
    ascii: bool,
    /,
    logs: tuple[str, ...],
    spec: str | None,
    clipterminals: bool,
    as_json: bool,
    as_csv: bool,
    **sliced: bool,
) -> int:
    """How long finished plots took: for each phase, the copy and the whole, the mean and the sample standard
    deviation ("sd") in seconds. The whole is with the copy.

    No LOG named: all logs of the journal, also those in its monthly folders.
    """
    if as_json and as_csv:
        raise UsageError("--json and --csv exclude each other; give one of them")
    path = spec_path(spec, os.environ)
    plotters = load_plotters(path)
    reading = read_all(logs or _journal(path), plotters)
    by = tuple(name for name in analyze.SLICES if sliced[f"by{name}"])
    found = analyze.slices(((log.plotter, log.said) for log in reading.logs), by, clip=clipterminals)
    if as_json:
        click.echo(analyze.to_json(found, by), nl=False)
    elif as_csv:
        click.echo(analyze.to_csv(found, by), nl=False)
    elif found:
        screen = Screen.of(ascii)
        click.echo(analyze.text(found, by, screen.symbols, screen.width), nl=False)
    for why in reading.failed:
        click.echo(why, err=True)
    if not found:
        clipped = ", but for the first and the last of each" if clipterminals else ""
        click.echo(f"no finished plot in {words.plural(len(reading.logs), 'log')}{clipped}", err=True)
    return PARTLY if reading.failed else 0


def _journal(spec: str) -> list[str]:
    """The journal's plot logs. Raises SpecError, PlotmanError."""
    logs = load_spec(spec, load_plotters(spec)).spec.directories.logs.path
    return [entry.path for entry in shelf.entries(LocalMachine(), logs)]
