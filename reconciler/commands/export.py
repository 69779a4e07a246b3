"""`plotman export`."""

from __future__ import annotations

import os

import click

from reconciler.commands import ended, textfile
from reconciler.commands.codes import PARTLY
from reconciler.commands.context import Farm
from reconciler.errors import PlotmanError, UsageError
from reconciler.views import export, words


@click.command
@click.option("-o", "--out", metavar="FILE", help="Write there; else to stdout.")
@click.option("-f", "--force", is_flag=True, help="Overwrite a file that is there.")
@click.option("--spec", metavar="SPEC", help="As -f elsewhere, which here overwrites.")
def command(out: str | None, force: bool, spec: str | None) -> int:
    """All jobs of the journal that are over, finished or not, as CSV; also those in its monthly folders."""
    if out is not None:
        _judge(out, force)
    farm = Farm.open(spec)
    over, failed = ended.jobs(farm, farm.look())
    written = export.text(over, farm.world.machine.utc_offset())
    if out is None:
        click.echo(written, nl=False)
    else:
        textfile.write(out, written)
    for why in failed:
        click.echo(why, err=True)
    return PARTLY if failed else 0


def _judge(out: str, force: bool) -> None:
    """Raises UsageError, PlotmanError where this file is not to be written."""
    if not out:
        raise UsageError("-o has an empty name; name a file")
    if os.path.lexists(out):
        if not force:
            raise PlotmanError(f"{words.clean(out)} exists; --force overwrites it")
        if not os.path.isfile(out):
            raise PlotmanError(f"{words.clean(out)} is no regular file, and so not overwritten")
