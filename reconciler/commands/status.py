"""`plotman status`."""

from __future__ import annotations

import click

from reconciler.commands.codes import PARTLY
from reconciler.commands.context import Farm, spec_option, unreachable
from reconciler.commands.screen import Screen
from reconciler.views import status


@click.command
@spec_option
@click.option("--json", "as_json", is_flag=True, help="As a JSON document.")
@click.pass_obj
def command(ascii: bool, spec: str | None, as_json: bool) -> int:
    """The jobs that run, the youngest first.

    Piped, it is a plain table with one line of header and the ids in the first 8 columns.
    """
    farm = Farm.open(spec)
    facts = farm.look(temps=True)
    idents = [job.ident for job in facts.all_jobs if job.ident is not None]
    found = status.rows(facts, farm.world.machine.usage(idents))
    screen = Screen.of(ascii)
    shown = status.to_json(facts, found) if as_json else status.text(found, screen.symbols, screen.width)
    click.echo(shown, nl=False)
    missing = unreachable(facts)
    for line in missing:
        click.echo(line, err=True)
    return PARTLY if missing else 0
