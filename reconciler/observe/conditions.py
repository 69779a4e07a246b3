"""What of an observation a person should know: each as a Condition that says what may be done about it."""

from __future__ import annotations

from collections.abc import Sequence

from reconciler.spec.units import show_duration
from reconciler.state import Condition, Instant, Job, Known, Start

AHEAD = 2.0
"""Seconds that a start may lie in the future before it is worth a word."""


def of_clock(now: Instant, starts: Sequence[Start]) -> tuple[Condition, ...]:
    """Starts that are dated after now: the clock was set back."""
    return tuple(
        Condition("ClockSetBack", start.id, "its start is dated after now; it counts as long past")
        for start in starts
        if start.since.at > now.at + AHEAD
    )


def of_jobs(jobs: Sequence[Job]) -> tuple[Condition, ...]:
    """Jobs that are not understood, and jobs that do not get on."""
    return tuple(condition for job in jobs for condition in _of_job(job))


def _of_job(job: Job) -> list[Condition]:
    found = []
    way_out = f"(`plotman ignore {job.id}` if it should not)"
    if not isinstance(job.tmp, Known):
        told = f"its tmp directory: {job.tmp.why}; it counts against max_jobs {way_out}"
        found.append(Condition("JobNotUnderstood", job.id, told))
    elif not isinstance(job.phase, Known) and job.run != "pending":
        told = f"{job.phase.why}; it counts as being in its first phase {way_out}"
        found.append(Condition("PhaseUnknown", job.id, told))
    if job.trouble is not None:
        found.append(Condition("JobStuck", job.id, job.trouble))
    if job.stalled is not None:
        told = f"{job.stalled}; look at `plotman details {job.id}`, and kill it if it is lost"
        found.append(Condition("JobStalled", job.id, told))
    return found


def stalled_words(quiet: float, still: float) -> str:
    """What shows that a job does nothing. quiet, still: seconds without output and without work."""
    return f"no output for {show_duration(quiet)}, and neither CPU nor I/O used for {show_duration(still)}"
