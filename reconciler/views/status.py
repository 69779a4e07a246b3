"""The jobs that run: one row each."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict

from reconciler.facts import Facts
from reconciler.noun import noun
from reconciler.state import Ident, Job, Known
from reconciler.views import transfers, words
from reconciler.views.symbols import Symbols
from reconciler.views.table import table
from reconciler.world import Usage

HEADER = (
    *("plot id", "plotter", "k", "tmp", "dst", "wall", "phase"),
    *("tmp", "pid", "stat", "mem", "user", "sys", "io"),
)
_STATES = {
    "pending": "PND",
    "starting": "STA",
    "running": "RUN",
    "suspended": "STP",
    "stuck": "STK",
    "stalled": "HNG",
}


@noun(kw_only=True)
class Row:
    """One job as `status` shows it; None: not known.

    shown: the id to call it by. wall_seconds: its age. tmp_bytes: what its temporary files take.
    state: RUN; STA, before its first phase; STP, stopped; PND, started and not seen yet; STK, stuck and
        trying again; HNG, without output and work for long; IGN, left out of account.
    """

    shown: str
    job_id: str
    plot_id: str | None
    plotter: str
    k: int | None
    tmp: str | None
    tmp2: str | None
    dst: str | None
    wall_seconds: float
    phase: str | None
    tmp_bytes: int | None
    pid: int | None
    state: str
    suspended_by: str | None
    trouble: str | None
    memory_bytes: int | None
    user_seconds: float | None
    sys_seconds: float | None
    io_seconds: float | None


def rows(facts: Facts, usage: Mapping[Ident, Usage]) -> tuple[Row, ...]:
    """Every job, the youngest first. usage: of those processes that could be asked."""
    return tuple(_row(facts, job, usage) for job in reversed(facts.all_jobs))


def text(found: Iterable[Row], symbols: Symbols, width: int | None) -> str:
    """A table with one line of header; the first 8 columns of every other line are the id."""
    lines = table(
        map(_cells, found), HEADER, right=(2, 5, 7, 8, 10, 11, 12, 13), width=width, cut=symbols.cut
    )
    return "\n".join(lines) + "\n"


def to_json(facts: Facts, found: Sequence[Row]) -> str:
    """The same as a JSON document: host, observed_at (seconds since the epoch), source, jobs and transfers.

    source: how far a repository is followed; null where the spec comes from a file.
    """
    source = facts.seen.source
    document = {
        "host": facts.seen.host,
        "observed_at": facts.now.at,
        "source": asdict(source) if source is not None else None,
        "jobs": [asdict(row) for row in found],
        "transfers": [asdict(row) for row in transfers.rows(facts)],
    }
    return json.dumps(document, indent=2) + "\n"


def _row(facts: Facts, job: Job, usage: Mapping[Ident, Usage]) -> Row:
    used = usage.get(job.ident) if job.ident is not None else None
    return Row(
        shown=words.job_id(job),
        job_id=job.id,
        plot_id=job.plot_id.value if isinstance(job.plot_id, Known) else None,
        plotter=job.plotter,
        k=job.k.value if isinstance(job.k, Known) else None,
        tmp=job.tmp.value if isinstance(job.tmp, Known) else None,
        tmp2=job.tmp2.value if isinstance(job.tmp2, Known) else None,
        dst=job.dst.value if isinstance(job.dst, Known) else None,
        # A job dated after now has no age that means anything to a reader.
        wall_seconds=max(0.0, facts.now.up - job.since.up if job.since.boot == facts.now.boot else 0.0),
        phase=str(job.phase.value) if isinstance(job.phase, Known) else None,
        tmp_bytes=_temps(facts, job),
        pid=job.ident.pid if job.ident is not None else None,
        state=_state(facts, job),
        suspended_by=job.suspended_by,
        trouble=job.trouble,
        memory_bytes=used.memory if used is not None else None,
        user_seconds=used.user if used is not None else None,
        sys_seconds=used.system if used is not None else None,
        io_seconds=used.io if used is not None else None,
    )


def _state(facts: Facts, job: Job) -> str:
    if all(job.id != counted.id for counted in facts.jobs):
        return "IGN"
    return _STATES[job.health]


def _temps(facts: Facts, job: Job) -> int | None:
    """Bytes of the job's temporary files, where the observation looked for them."""
    found = [
        temp.bytes
        for directory in facts.seen.directories.values()
        for temp in (directory.temps.value if isinstance(directory.temps, Known) else ())
        if temp.belongs_to(job)
    ]
    return sum(found) if found else None


def _cells(row: Row) -> tuple[str, ...]:
    def hours(seconds: float | None) -> str:
        return "-" if seconds is None else words.hours(seconds)

    def size(count: int | None) -> str:
        return "-" if count is None else words.size(count)

    return (
        row.shown,
        words.clean(row.plotter),
        "-" if row.k is None else str(row.k),
        words.clean(row.tmp or "?"),
        words.clean(row.dst or "?"),
        hours(row.wall_seconds),
        row.phase or "?:?",
        size(row.tmp_bytes),
        "-" if row.pid is None else str(row.pid),
        row.state,
        size(row.memory_bytes),
        hours(row.user_seconds),
        hours(row.sys_seconds),
        hours(row.io_seconds),
    )
