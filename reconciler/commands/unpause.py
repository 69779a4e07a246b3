"""`plotman unpause`."""

from __future__ import annotations

import click

from reconciler.commands.context import Farm, spec_option
from reconciler.commands.wishing import ring, withdraw
from reconciler.loop import KINDS


@click.command
@click.argument("works", nargs=-1, type=click.Choice(tuple(KINDS)))
@spec_option
def command(works: tuple[str, ...], spec: str | None) -> None:
    """Start again. Nothing named: plotting and archiving."""
    farm = Farm.open(spec)
    for work in works or tuple(KINDS):
        was = withdraw(farm, "pause", work)
        click.echo(f"{work} goes on" if was else f"{work} was not paused")
    ring(farm)
