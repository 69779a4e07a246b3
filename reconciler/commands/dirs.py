"""`plotman dirs`."""

from __future__ import annotations

import click

from reconciler.commands.context import Farm, spec_option
from reconciler.commands.screen import Screen
from reconciler.desire import desire
from reconciler.views import dirs


@click.command
@spec_option
@click.pass_obj
def command(ascii: bool, spec: str | None) -> None:
    """The directories: their jobs, whether they are ready for more, their room and plots."""
    facts = Farm.open(spec).look()
    screen = Screen.of(ascii)
    click.echo(dirs.text(facts, desire(facts), screen.symbols, screen.width), nl=False)
