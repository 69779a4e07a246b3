"""The transfers under way, and those that ended lately."""

from __future__ import annotations

from reconciler.dashboard.farmers import rate
from reconciler.dashboard.rows import Column, Row, Sheet, Subject
from reconciler.dashboard.snapshot import Snapshot
from reconciler.facts import Facts
from reconciler.spec.units import show_duration, show_size
from reconciler.state import Transfer
from reconciler.views import words
from reconciler.views.names import Names, end
from reconciler.views.symbols import Symbols

LATELY = 3600.0
"""Seconds that a transfer is shown after its end."""
BAR = 12
"""Columns of a progress bar."""
COLUMNS = (
    Column("plot"),
    Column("from", rank=3),
    Column("to", rank=1, least=18),
    Column("", least=BAR),
    Column("done", right=True),
    Column("size", right=True, rank=5),
    Column("rate", right=True, rank=2),
    Column("left", right=True, rank=4),
)


def sheet(snapshot: Snapshot, symbols: Symbols) -> Sheet:
    """A row a transfer: those under way first, then the others, the newest first."""
    facts = snapshot.facts
    names = Names(facts.spec)
    running = [each for each in facts.transfers if each.outcome == "running"]
    over = [
        each
        for each in reversed(facts.transfers)
        if each.outcome != "running" and each.ended is not None and facts.wall_age(each.ended) < LATELY
    ]
    rows = (
        *(_running(facts, names, each, symbols) for each in running),
        *(_over(facts, names, each, symbols) for each in over),
    )
    note = f"{len(running)} under way" if running else ""
    return Sheet("transfers", COLUMNS, rows, note, "nothing is being moved")


def bar(share: float, width: int, symbols: Symbols) -> str:
    """A progress bar. share: from 0 to 1."""
    full, rest = symbols.bar
    done = min(width, max(0, int(share * width)))
    return full * done + rest * (width - done)


def _running(facts: Facts, names: Names, each: Transfer, symbols: Symbols) -> Row:
    share = min(1.0, each.done / each.bytes) if each.bytes else 0.0
    speed = rate(facts, each)
    left = show_duration((each.bytes - each.done) / speed) if speed >= 1 else "-"
    pace = f"{show_size(round(speed))}/s" if speed >= 1 else "-"
    return _row(facts, names, each, bar(share, BAR, symbols), f"{share:.0%}", pace, left)


def _over(facts: Facts, names: Names, each: Transfer, symbols: Symbols) -> Row:
    ago = f"{show_duration(facts.wall_age(each.ended or 0.0))} ago"
    row = _row(facts, names, each, each.outcome, "100%" if each.outcome == "finished" else "-", "-", ago)
    if each.outcome == "finished":
        return Row(row.cells, "faint", row.subject)
    cells = list(row.cells)
    cells[3] = f"{symbols.marks['!']} {words.clean(each.error or each.outcome)}"
    return Row(tuple(cells), "bad", row.subject)


def _row(facts: Facts, names: Names, each: Transfer, state: str, done: str, pace: str, left: str) -> Row:
    disks = [path for farmer, path in facts.disks if farmer == each.farmer]
    return Row(
        (
            words.plot_id(each.plot),
            names.short(each.source, "dst"),
            words.clean(f"{each.farmer}:{end(each.disk, disks)}"),
            state,
            done,
            show_size(each.bytes),
            pace,
            left,
        ),
        "plain",
        Subject("plot", each.plot),
    )
