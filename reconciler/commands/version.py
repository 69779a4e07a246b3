"""`plotman version`."""

from __future__ import annotations

import click

from reconciler import __version__


@click.command
def command() -> None:
    """The version."""
    click.echo(f"plotman {__version__}")
