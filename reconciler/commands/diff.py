"""`plotman diff`."""

from __future__ import annotations

import click

from reconciler.commands.context import PATIENCE, Farm, spec_option
from reconciler.desire import desire
from reconciler.drift import drift
from reconciler.views import diff


@click.command
@spec_option
def command(spec: str | None) -> None:
    """Desired against observed state, leaf by leaf."""
    wish = desire(Farm.open(spec, patience=PATIENCE).look())
    click.echo(diff.text(drift(wish.observed, wish.desired)), nl=False)
