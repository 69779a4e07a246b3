"""`plotman pause`."""

from __future__ import annotations

import click

from reconciler.commands.context import Farm, spec_option
from reconciler.commands.wishing import for_option, ring, why_option, wish
from reconciler.loop import KINDS
from reconciler.views import words


@click.command
@click.argument("works", nargs=-1, type=click.Choice(tuple(KINDS)))
@for_option
@why_option
@spec_option
def command(works: tuple[str, ...], span: float | None, why: str, spec: str | None) -> None:
    """Start nothing new; what runs is left to finish. Nothing named: neither plotting nor archiving."""
    farm = Farm.open(spec)
    for work in works or tuple(KINDS):
        until = wish(farm, "pause", work, span=span, why=why).until
        offset = farm.world.machine.utc_offset()
        end = f"until {words.date(until, offset)}" if until is not None else "until `plotman unpause`"
        click.echo(f"{work} is paused {end}")
    ring(farm)
