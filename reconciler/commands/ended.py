"""The jobs and transfers of the journal that are over, wherever their logs lie by now."""

from __future__ import annotations

from collections.abc import Sequence

from reconciler.commands import shelf
from reconciler.commands.context import Farm
from reconciler.commands.logfiles import size
from reconciler.commands.progress import progress
from reconciler.commands.shelf import Entry
from reconciler.errors import PlotmanError
from reconciler.facts import Facts
from reconciler.journal import Kind
from reconciler.observe.logbook import Log, Logbook
from reconciler.state import Known, Outcome, Unknown
from reconciler.transports.record import TransferLog
from reconciler.views import words
from reconciler.views.export import Over
from reconciler.views.report import Moved


def jobs(farm: Farm, facts: Facts, since: float = 0.0) -> tuple[Sequence[Over], Sequence[str]]:
    """Every job that is over, oldest first, and a line for each log that cannot be read.

    since: wall clock; logs that have not changed after it are left out. Raises PlotmanError.
    """
    outcomes = _outcomes(facts)
    logs, failed = _read(farm, "plot", since)
    over = []
    for entry, log in logs:
        # One that is listed now and was not seen before has only just begun.
        outcome = entry.outcome or outcomes.get(entry.name.id, "running")
        if outcome not in ("pending", "running"):
            over.append(Over(entry.name, outcome, log))
    return over, failed


def transfers(farm: Farm, facts: Facts, since: float) -> tuple[Sequence[Moved], Sequence[str]]:
    """Likewise every transfer that is over."""
    moving = {transfer.id for transfer in facts.moving.values()}
    logs, failed = _read(farm, "move", since)
    return [_moved(entry, log) for entry, log in logs if entry.name.id not in moving], failed


def _moved(entry: Entry, log: Log) -> Moved:
    body = log.record.body if log.record is not None else {}
    said = log.said if isinstance(log.said, TransferLog) else TransferLog()
    count = body.get("bytes")
    ended = said.ended or log.modified
    return Moved(
        source=str(body.get("source") or ""),
        farmer=str(body.get("farmer") or ""),
        disk=str(body.get("disk") or ""),
        bytes=count if isinstance(count, int) else 0,
        began=log.record.when.at if log.record is not None else ended,
        ended=ended,
        finished=(entry.outcome or said.outcome) == "finished",
        error=said.error or "it ended without a word",
    )


def _read(farm: Farm, kind: Kind, since: float) -> tuple[list[tuple[Entry, Log]], list[str]]:
    machine = farm.world.machine
    entries = shelf.entries(machine, farm.logs, kind)
    if since:
        stats = machine.stat([entry.path for entry in entries])
        old = {
            path for path, stat in stats.items() if isinstance(stat, Known) and stat.value.modified < since
        }
        entries = [entry for entry in entries if entry.path not in old]
    logbook = Logbook(machine, farm.plotters)
    told, failed = [], []
    total = sum(size(entry.path) for entry in entries)
    with progress(f"reading {words.plural(len(entries), 'log')}", total) as advance:
        for entry in entries:
            log = logbook.read({entry.path: None})[entry.path]
            logbook.forget_all_but(())
            if isinstance(log, Known):
                told.append((entry, log.value))
            else:
                failed.append(words.clean(f"{entry.path} cannot be read: {log.why}"))
            advance(size(entry.path))
    return told, failed


def _outcomes(facts: Facts) -> dict[str, Outcome]:
    """What became of each job in the journal's top folder, by its id. Raises PlotmanError."""
    starts = facts.seen.starts
    if isinstance(starts, Unknown):
        raise PlotmanError(f"the journal cannot be read: {starts.why}")
    return {start.id: start.outcome for start in starts.value} if isinstance(starts, Known) else {}
