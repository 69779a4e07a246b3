"""`plotman plot`."""

from __future__ import annotations

import click

from reconciler.commands.context import Farm, spec_option
from reconciler.commands.looping import PLOTTING, Way, loop_options, run
from reconciler.commands.screen import Screen


@click.command
@spec_option
@loop_options
@click.pass_obj
def command(ascii: bool, spec: str | None, way: Way) -> int:
    """The loop with plotting only."""
    return run(Farm.open(spec, patience=way.patience), Screen.of(ascii), PLOTTING, way)
