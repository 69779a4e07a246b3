"""`plotman kick`."""

from __future__ import annotations

import click

from reconciler.commands.context import Farm, spec_option
from reconciler.commands.wishing import ring, wish


@click.command
@spec_option
def command(spec: str | None) -> None:
    """Forget the back-offs after failures, and look now."""
    farm = Farm.open(spec)
    wish(farm, "kick", "all")
    heard = ring(farm)
    click.echo(
        "a running loop looks now" if heard else "no loop runs here; the next one begins without back-offs"
    )
