"""`plotman kick`."""

from __future__ import annotations

import click

from reconciler import bell
from reconciler.commands.context import Farm, spec_option
from reconciler.commands.wishing import ring, wish
from reconciler.sources.waiting import wake_path


@click.command
@spec_option
def command(spec: str | None) -> None:
    """Forget the back-offs after failures, and look now: at the farm, and at the repository that it follows."""
    farm = Farm.open(spec)
    wish(farm, "kick", "all")
    heard = ring(farm)
    if farm.setting is not None:
        bell.ring(wake_path(farm.setting.folder))
    click.echo(
        "a running loop looks now" if heard else "no loop runs here; the next one begins without back-offs"
    )
