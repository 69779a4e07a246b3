"""`plotman dsched`."""

from __future__ import annotations

import click

from reconciler.commands.context import Farm, spec_option
from reconciler.views import dirs


@click.command
@spec_option
def command(spec: str | None) -> None:
    """The dst directories, the one with least to do first, with the phase of the furthest job towards each."""
    click.echo(dirs.schedule(Farm.open(spec).look()), nl=False)
