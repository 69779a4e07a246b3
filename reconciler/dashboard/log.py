"""The end of the record: what was done and what came up, the newest first."""

from __future__ import annotations

from reconciler.dashboard import places
from reconciler.dashboard.rows import Column, Row, Sheet, Tone
from reconciler.dashboard.snapshot import Snapshot
from reconciler.record import Entry
from reconciler.views import words
from reconciler.views.names import Names
from reconciler.views.symbols import Symbols

COLUMNS = (
    Column("when"),
    Column(""),
    Column("what", rank=2),
    Column("about", rank=1, least=12),
    Column("what happened", least=24),
)


def sheet(snapshot: Snapshot, symbols: Symbols) -> Sheet:
    """A row an entry."""
    offset = snapshot.facts.seen.utc_offset
    names = Names(snapshot.facts.spec)
    rows = tuple(
        _row(entry, symbols, names, offset, snapshot.facts.now.at) for entry in reversed(snapshot.entries)
    )
    return Sheet("log", COLUMNS, rows, "newest first" if rows else "", "nothing was done yet")


def _row(entry: Entry, symbols: Symbols, names: Names, offset: int, now: float) -> Row:
    when = words.date(entry.at, offset)
    today = words.date(now, offset)[:10] == when[:10]
    mark = symbols.marks.get(entry.kind if entry.what == "action" else "!", "!")
    text = " ".join(entry.text.splitlines())
    return Row(
        (
            when[11:] if today else when[5:16],
            mark,
            words.clean(entry.kind),
            places.brief(words.plot_name(entry.subject, symbols), names),
            places.brief(words.clean(text if entry.result == "done" else f"{entry.result}: {text}"), names),
        ),
        _tone(entry),
    )


def _tone(entry: Entry) -> Tone:
    if entry.result in ("failed", "appeared", "told"):
        return "bad"
    if entry.result == "refused":
        return "held"
    return "faint" if entry.result == "gone" else "plain"
