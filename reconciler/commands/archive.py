"""`plotman archive`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from reconciler.commands.context import Farm, spec_option
from reconciler.commands.looping import ARCHIVING, Way, loop_options, run
from reconciler.commands.screen import Screen
from reconciler.commands.sourcing import source_options

if TYPE_CHECKING:
    from reconciler.sources.setting import Setting


@click.command
@spec_option
@source_options
@loop_options
@click.pass_obj
def command(ascii: bool, spec: str | None, setting: Setting | None, way: Way) -> int:
    """The loop with archiving only."""
    farm = Farm.open(spec, patience=way.patience, setting=setting, following=not way.dry_run)
    return run(farm, Screen.of(ascii), ARCHIVING, way)
