"""The tmp directories: who is how far there, whether one more may start, and the room."""

from __future__ import annotations

from reconciler.dashboard import places
from reconciler.dashboard.rows import Column, Row, Sheet, Subject, Tone
from reconciler.dashboard.snapshot import Snapshot
from reconciler.spec.units import show_duration, show_size
from reconciler.state import Job, Known
from reconciler.views import dirs, words
from reconciler.views.names import Names, Role
from reconciler.views.symbols import Symbols

COLUMNS = (
    Column("tmp"),
    Column("jobs", right=True, rank=4),
    Column("next start"),
    Column("in", right=True, rank=1),
    Column("free", right=True),
    Column("promised", right=True, rank=3),
    Column("floor", right=True, rank=5),
    Column("phases", rank=2, least=8),
)


def sheet(snapshot: Snapshot, symbols: Symbols) -> Sheet:
    """A row a directory. next start: ready, or the rule that holds it; in: how long at least.

    promised: what may still be taken of the free room by what is under way; floor: what must stay free.
    """
    facts, names = snapshot.facts, Names(snapshot.facts.spec)
    paths = names.roles["tmp"]
    shorts = [names.short(path, "tmp").removeprefix("tmp ") for path in paths]
    rows = [
        _row(snapshot, symbols, path, short, "tmp", facts.on_tmp.get(path, ()))
        for path, short in zip(paths, shorts, strict=True)
    ]
    for path in names.roles["tmp2"]:
        there = tuple(job for job in facts.jobs if job.tmp2 == Known(path))
        rows.append(_row(snapshot, symbols, path, names.short(path, "tmp2"), "tmp2", there))
    return Sheet("tmp", COLUMNS, tuple(rows), places.common(paths, shorts), "the spec has no tmp directory")


def _row(
    snapshot: Snapshot, symbols: Symbols, path: str, short: str, role: Role, jobs: tuple[Job, ...]
) -> Row:
    facts = snapshot.facts
    directory = facts.directory(path)
    free, promised = places.room(facts, directory)
    ready, left, tone = _start(snapshot, symbols, path) if role == "tmp" else ("", "", _plain(jobs))
    if directory is None or not places.answers(directory.space):
        tone = "bad"
    return Row(
        (
            short,
            str(len(jobs)),
            ready,
            left,
            free,
            promised,
            show_size(facts.spec.floor(path)),
            dirs.phases(jobs, symbols),
        ),
        tone,
        Subject("directory", path),
    )


def _plain(jobs: tuple[Job, ...]) -> Tone:
    return "plain" if jobs else "faint"


def _start(snapshot: Snapshot, symbols: Symbols, path: str) -> tuple[str, str, Tone]:
    """What the next start there waits for, for how long at least, and how that is to be taken."""
    for held in snapshot.wish.held:
        if held.want.kind == "spawn" and held.want.subject == path:
            next_at = held.verdict.next_at
            left = show_duration(max(0.0, next_at - snapshot.facts.now.at)) if next_at is not None else ""
            return f"{symbols.marks['hold']} {words.rule(held.verdict.rule)}", left, "plain"
    starting = any(want.kind == "spawn" and want.subject == path for want in snapshot.wish.wants.values())
    return (f"{symbols.marks['spawn']} ready", "now", "good") if starting else ("-", "", "plain")
