"""Jobs that hang: silent for longer than this plotter ever was here, and no CPU or I/O used meanwhile.

That a process has done nothing can only be seen by looking twice, so what is kept here is more than a cache:
a fresh observer needs some minutes before it calls a job stalled. Nothing but words depends on it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from reconciler.noun import noun
from reconciler.observe.conditions import stalled_words
from reconciler.state import Ident, Instant, Job, Known, Start
from reconciler.world import Machine

WITHOUT_HISTORY = 6 * 3600.0
"""Seconds of silence that are nothing odd while no job of this plotter has finished here."""
LEAST = 3600.0
TIMES = 3
"""With history: so many times the longest phase that a finished job took, but an hour at least."""
WATCHED = 600.0
"""Seconds for which a silent job must have used less than IDLE seconds of CPU and of waiting for I/O."""
IDLE = 1.0


@noun
class _Mark:
    """When a silent job was last seen to have worked, and the seconds of CPU and I/O it had used by then."""

    up: float
    used: float


class Stalls:
    """What silent jobs were seen to use."""

    def __init__(self, machine: Machine) -> None:
        self._machine = machine
        self._marks: dict[Ident, _Mark] = {}
        self._starts: Sequence[Start] = ()
        self._patience: dict[str, float] = {}

    def look(self, jobs: Sequence[Job], starts: Sequence[Start], now: Instant) -> tuple[Job, ...]:
        """The jobs, those that hang with the words for it."""
        if starts is not self._starts:
            self._starts, self._patience = starts, {}
        patience = self._patience
        quiet = [job for job in jobs if job.run == "running" and _quiet(job, now) > LEAST]
        for plotter in {job.plotter for job in quiet} - patience.keys():
            patience[plotter] = _patience(plotter, starts)
        silent = {
            job.ident: job
            for job in quiet
            if job.ident is not None and _quiet(job, now) > patience[job.plotter]
        }
        used = {ident: self._used(job) for ident, job in silent.items()}
        marks = {ident: self._mark(ident, seconds, now) for ident, seconds in used.items()}
        self._marks = marks
        if not marks:
            return tuple(jobs)
        return tuple(_told(job, marks.get(job.ident) if job.ident is not None else None, now) for job in jobs)

    def _used(self, job: Job) -> float:
        assert job.ident is not None
        members = self._machine.members(job.ident, job.leads)
        usage = self._machine.usage(members.value if isinstance(members, Known) else (job.ident,))
        return sum(each.user + each.system + each.io for each in usage.values())

    def _mark(self, ident: Ident, used: float, now: Instant) -> _Mark:
        before = self._marks.get(ident)
        if before is None or abs(used - before.used) >= IDLE:
            return _Mark(now.up, used)
        return before


def _patience(plotter: str, starts: Sequence[Start]) -> float:
    phases = [
        end - begin
        for start in starts
        if start.plotter == plotter and start.outcome == "finished"
        for begin, end in zip((0.0, *start.milestones), start.milestones, strict=False)
    ]
    return max(LEAST, TIMES * max(phases)) if phases else WITHOUT_HISTORY


def _quiet(job: Job, now: Instant) -> float:
    """Seconds since its log last changed; 0 where that cannot be told."""
    return now.at - job.modified if job.modified is not None else 0.0


def _told(job: Job, mark: _Mark | None, now: Instant) -> Job:
    still = now.up - mark.up if mark is not None else 0.0
    if still < WATCHED:
        return job
    return replace(job, stalled=stalled_words(_quiet(job, now), still))
