"""`plotman history`."""

from __future__ import annotations

import os

import click

from reconciler import actions, record
from reconciler.commands.codes import PARTLY
from reconciler.commands.context import load_plotters, load_spec, spec_option
from reconciler.commands.screen import Screen
from reconciler.commands.spans import span
from reconciler.errors import PlotmanError
from reconciler.machine import LocalMachine
from reconciler.spec.place import spec_path
from reconciler.views import history, words

KINDS = (*actions.ORDER, "condition", "revision", "trouble")


def _kinds(_ctx: click.Context, _param: click.Parameter, value: str | None) -> frozenset[str]:
    """Kinds of entry from ``spawn,condition``; left out: all."""
    if value is None:
        return frozenset(KINDS)
    kinds = frozenset(kind.strip() for kind in value.split(","))
    for kind in sorted(kinds.difference(KINDS)):
        raise click.BadParameter(f"{kind!r} is no kind of entry; they are {', '.join(KINDS)}")
    return kinds


@click.command
@spec_option
@click.option("--since", metavar="DURATION", callback=span, help="Only the last 1d, 2h30m; left out: all.")
@click.option("--kind", "kinds", metavar="KIND,..", callback=_kinds, help="Only these: spawn,condition.")
@click.option("--json", "as_json", is_flag=True, help="As JSON, an object a line.")
@click.pass_obj
def command(ascii: bool, spec: str | None, since: float | None, kinds: frozenset[str], as_json: bool) -> int:
    """What was done and what came up, the newest last: actions, conditions, troubles of the loop.

    It is kept in state/actions.jsonl of the log directory, and in up to five older files beside it.
    """
    path = spec_path(spec, os.environ)
    machine = LocalMachine()
    file = record.path_of(load_spec(path, load_plotters(path)).spec.directories.logs.path)
    try:
        reading = record.read(file)
    except OSError as error:
        raise PlotmanError(f"{file} cannot be read: {(error.strerror or str(error)).lower()}") from None
    begin = 0.0 if since is None else machine.now().at - since
    found = [entry for entry in reading.entries if entry.at >= begin and _kind(entry) in kinds]
    if as_json:
        click.echo(history.to_json(found), nl=False)
    elif found:
        screen = Screen.of(ascii)
        click.echo(history.text(found, screen.symbols, screen.width, machine.utc_offset()), nl=False)
    else:
        click.echo(f"nothing of that is recorded in {file}", err=True)
    if reading.spoilt:
        click.echo(f"{file}: {words.plural(reading.spoilt, 'line')} cannot be read", err=True)
    return PARTLY if reading.spoilt else 0


def _kind(entry: record.Entry) -> str:
    return entry.kind if entry.what == "action" else entry.what
