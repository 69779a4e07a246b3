"""The jobs that run, the youngest first."""

from __future__ import annotations

from reconciler.dashboard import eta
from reconciler.dashboard.rows import Column, Row, Sheet, Subject, Tone
from reconciler.dashboard.snapshot import Snapshot
from reconciler.state import Job, Known
from reconciler.views import status, words
from reconciler.views.names import Names, Role
from reconciler.views.symbols import Symbols

COLUMNS = (
    Column("plot id"),
    Column("plotter", rank=6),
    Column("k", right=True, rank=5),
    Column("tmp"),
    Column("dst", rank=2),
    Column("wall", right=True, rank=1),
    Column("phase", right=True),
    Column("size", right=True, rank=3),
    Column("pid", right=True, rank=4),
    Column("state"),
    Column("mem", right=True, rank=7),
    Column("user", right=True, rank=8),
    Column("sys", right=True, rank=9),
    Column("io", right=True, rank=10),
    Column("eta", right=True),
)
_TONES: dict[str, Tone] = {"RUN": "plain", "STP": "held", "PND": "faint", "STA": "faint", "IGN": "faint"}


def sheet(snapshot: Snapshot, symbols: Symbols) -> Sheet:
    """A row a job. size: of its temporary files; eta: hours and minutes that it may still take."""
    facts = snapshot.facts
    names = Names(facts.spec)
    jobs = tuple(reversed(facts.all_jobs))
    shown = status.rows(facts, snapshot.usage)
    rows = (_row(snapshot, names, symbols, job, row) for job, row in zip(jobs, shown, strict=True))
    seen = facts.seen.jobs
    empty = "no job runs" if isinstance(seen, Known) else f"not known: {words.clean(seen.why)}"
    return Sheet("jobs", COLUMNS, tuple(rows), words.plural(len(jobs), "job"), empty)


def _row(snapshot: Snapshot, names: Names, symbols: Symbols, job: Job, row: status.Row) -> Row:
    facts = snapshot.facts
    left = eta.left(facts, job)
    size = snapshot.temps.get(job.id)
    return Row(
        (
            row.shown,
            words.clean(row.plotter),
            "-" if row.k is None else str(row.k),
            _place(names, row.tmp, "tmp"),
            _place(names, row.dst, "dst"),
            words.hours(row.wall_seconds),
            row.phase or "?:?",
            "-" if size is None else words.size(size),
            "-" if row.pid is None else str(row.pid),
            f"{_mark(symbols, row.state)} {row.state}",
            "-" if row.memory_bytes is None else words.size(row.memory_bytes),
            *(
                "-" if seconds is None else words.hours(seconds)
                for seconds in (row.user_seconds, row.sys_seconds, row.io_seconds)
            ),
            "-" if left is None else words.hours(left),
        ),
        _TONES.get(row.state, "bad"),
        Subject("job", job.id),
    )


def _place(names: Names, path: str | None, role: Role) -> str:
    """A directory without the name of the column's own role."""
    return "?" if path is None else names.short(path, role).removeprefix(f"{role} ")


def _mark(symbols: Symbols, state: str) -> str:
    kind = {"RUN": "resume", "STP": "suspend", "STK": "!", "HNG": "!"}.get(state, "hold")
    return symbols.marks[kind]
