"""The transfers under way: how far, how fast, how long still."""

from __future__ import annotations

from collections.abc import Sequence
from math import isfinite

from reconciler.facts import Facts
from reconciler.noun import noun
from reconciler.spec.units import show_duration
from reconciler.state import Transfer
from reconciler.views import words
from reconciler.views.names import Names
from reconciler.views.symbols import Symbols
from reconciler.views.table import table

HEADER = ("plot id", "from", "to", "size", "done", "rate", "left", "step")
QUIET = 300.0
"""Seconds without a word after which a transfer is shown as stuck; its mover speaks at least once a minute."""


@noun(kw_only=True)
class Row:
    """One transfer as `status` shows it; None: cannot be told.

    rate: bytes a second since it began. left_seconds: until the last byte, at that rate.
    stuck_seconds: how long it has been silent, where that is too long.
    """

    transfer_id: str
    plot: str
    source: str
    farmer: str
    disk: str
    bytes: int
    done_bytes: int
    age_seconds: float
    rate: float | None
    left_seconds: float | None
    step: str
    stuck_seconds: float | None


def rows(facts: Facts) -> tuple[Row, ...]:
    """Every transfer under way, the oldest first."""
    return tuple(_row(facts, each) for each in facts.transfers if each.outcome == "running")


def text(found: Sequence[Row], names: Names, symbols: Symbols, width: int | None) -> str:
    """A table with one line of header, the first 8 columns a plot's id; "" where nothing moves."""
    cells = [_cells(row, names, symbols) for row in found]
    lines = table(cells, HEADER, right=(3, 4, 5, 6), width=width, cut=symbols.cut) if cells else ()
    return "".join(f"{line}\n" for line in lines)


def _row(facts: Facts, transfer: Transfer) -> Row:
    passed = facts.age(transfer.since)
    rate = transfer.done / passed if isfinite(passed) and passed > 0 and transfer.done else None
    lacking = max(0, transfer.bytes - transfer.done)
    quiet = facts.now.at - (transfer.at or transfer.since.at)
    return Row(
        transfer_id=transfer.id,
        plot=transfer.plot,
        source=transfer.source,
        farmer=transfer.farmer,
        disk=transfer.disk,
        bytes=transfer.bytes,
        done_bytes=transfer.done,
        # One dated after now has no age that means anything to a reader.
        age_seconds=passed if isfinite(passed) else 0.0,
        rate=rate,
        left_seconds=lacking / rate if rate is not None and lacking else None,
        step=transfer.step,
        stuck_seconds=quiet if quiet > QUIET else None,
    )


def _cells(row: Row, names: Names, symbols: Symbols) -> tuple[str, ...]:
    stuck = f"stuck, silent for {show_duration(row.stuck_seconds)}" if row.stuck_seconds is not None else ""
    return (
        words.plot_id(row.plot),
        names.short(row.source, "dst"),
        words.clean(f"{row.farmer}:{row.disk}"),
        words.size(row.bytes),
        f"{100 * min(row.done_bytes, row.bytes) // row.bytes}%" if row.bytes else "-",
        f"{words.size(int(row.rate))}/s" if row.rate is not None else "-",
        show_duration(row.left_seconds) if row.left_seconds is not None else "-",
        ", ".join(filter(None, (words.clean(row.step), stuck))) or symbols.marks["hold"],
    )
