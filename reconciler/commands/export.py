"""`plotman export`."""

from __future__ import annotations

import os
from collections.abc import Sequence

import click

from reconciler.commands import shelf, textfile
from reconciler.commands.codes import PARTLY
from reconciler.commands.context import Farm
from reconciler.commands.logfiles import size
from reconciler.commands.progress import progress
from reconciler.errors import PlotmanError, UsageError
from reconciler.observe.logbook import Logbook
from reconciler.state import Known, Outcome, Unknown
from reconciler.views import export, words
from reconciler.views.export import Over


@click.command
@click.option("-o", "--out", metavar="FILE", help="Write there; else to stdout.")
@click.option("-f", "--force", is_flag=True, help="Overwrite a file that is there.")
@click.option("--spec", metavar="SPEC", help="As -f elsewhere, which here overwrites.")
def command(out: str | None, force: bool, spec: str | None) -> int:
    """All jobs of the journal that are over, finished or not, as CSV; also those in its monthly folders."""
    if out is not None:
        _judge(out, force)
    farm = Farm.open(spec)
    over, failed = _read(farm)
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


def _read(farm: Farm) -> tuple[Sequence[Over], Sequence[str]]:
    """Every job that is over, oldest first, and a line for each log that cannot be read.

    Raises PlotmanError.
    """
    outcomes = _outcomes(farm)
    entries = shelf.entries(farm.world.machine, farm.logs)
    logbook = Logbook(farm.world.machine, farm.plotters)
    over, failed = [], []
    with progress(
        f"reading {words.plural(len(entries), 'log')}", sum(size(each.path) for each in entries)
    ) as advance:
        for entry in entries:
            # One that is listed now and was not seen before has only just begun.
            outcome = entry.outcome or outcomes.get(entry.name.id, "running")
            if outcome not in ("pending", "running"):
                log = logbook.read({entry.path: None})[entry.path]
                logbook.forget_all_but(())
                if isinstance(log, Known):
                    over.append(Over(entry.name, outcome, log.value))
                else:
                    failed.append(words.clean(f"{entry.path} cannot be read: {log.why}"))
            advance(size(entry.path))
    return over, failed


def _outcomes(farm: Farm) -> dict[str, Outcome]:
    """What became of each job in the journal's top folder, by its id. Raises PlotmanError."""
    starts = farm.look().seen.starts
    if isinstance(starts, Unknown):
        raise PlotmanError(f"the journal cannot be read: {starts.why}")
    return {start.id: start.outcome for start in starts.value} if isinstance(starts, Known) else {}
