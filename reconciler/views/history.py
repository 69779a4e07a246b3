"""The record as people read it."""

from __future__ import annotations

from collections.abc import Iterable

from reconciler.record import Entry
from reconciler.views import words
from reconciler.views.symbols import Symbols
from reconciler.views.table import table

HEADER = ("when", "kind", "subject", "result", "what happened")


def text(entries: Iterable[Entry], symbols: Symbols, width: int | None, utc_offset: int) -> str:
    """A table with one line of header, an entry a line, in their order."""
    rows = [_cells(entry, symbols, utc_offset) for entry in entries]
    return "\n".join(table(rows, HEADER, width=width, cut=symbols.cut)) + "\n"


def to_json(entries: Iterable[Entry]) -> str:
    """The same as JSON, an object a line, with all that was recorded; times are seconds since the epoch."""
    return "".join(f"{entry.line()}\n" for entry in entries)


def _cells(entry: Entry, symbols: Symbols, utc_offset: int) -> tuple[str, ...]:
    why = f" ({'; '.join(entry.why)})" if entry.why else ""
    return (
        words.date(entry.at, utc_offset),
        words.clean(entry.kind),
        words.plot_name(entry.subject, symbols),
        words.clean(entry.result),
        words.clean(" ".join(entry.text.splitlines()) + why),
    )
