"""`plotman version`."""

from __future__ import annotations

from importlib import metadata

import click


@click.command
def command() -> None:
    """The version."""
    try:
        click.echo(f"plotman {metadata.version('plotman-reconciler')}")
    except metadata.PackageNotFoundError:
        click.echo("plotman, run from a checkout that is not installed")
