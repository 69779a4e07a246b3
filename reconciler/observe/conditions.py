"""What of an observation a person should know: each as a Condition that says what may be done about it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

from reconciler.errand import STALE
from reconciler.facts import age
from reconciler.farmer import Farmer, Part
from reconciler.observation import Condition
from reconciler.revision import Obstacle, Revisions
from reconciler.setbacks import ended_at
from reconciler.spec.units import show_duration
from reconciler.state import Absent, Directory, Instant, Job, Known, Start, Transfer

AHEAD = 2.0
"""Seconds that a start may lie in the future before it is worth a word."""
LEFT = 3600.0
"""Seconds after which what has not changed is no copy under way any more."""

_OF_SOURCE: Mapping[Obstacle, str] = {
    "unreachable": "SourceUnreachable",
    "unverified": "SourceUnverified",
    "invalid": "SourceInvalid",
    "rewound": "SourceRewound",
    "shrunk": "SourceShrunk",
}


def of_source(source: Revisions | None) -> tuple[Condition, ...]:
    """A revision that is not followed, or a repository that does not answer."""
    if source is None or source.obstacle is None:
        return ()
    met = (
        f"{source.attempted} is not in force, {source.applied or 'nothing'} is: " if source.attempted else ""
    )
    if source.obstacle == "unreachable":
        met = f"{source.applied or 'nothing'} is in force: "
    return (Condition(_OF_SOURCE[source.obstacle], source.source, met + (source.problem or "")),)


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
    if not isinstance(job.tmp, Known):
        told = f"its tmp directory: {job.tmp.why}; it counts against max_jobs {_way_out(job)}"
        found.append(Condition("JobNotUnderstood", job.id, told))
    elif not isinstance(job.phase, Known) and job.run != "pending":
        told = f"{job.phase.why}; it counts as being in its first phase {_way_out(job)}"
        found.append(Condition("PhaseUnknown", job.id, told))
    if job.trouble is not None:
        found.append(Condition("JobStuck", job.id, job.trouble))
    if job.stalled is not None:
        told = f"{job.stalled}; look at `plotman details {job.id}`, and kill it if it is lost"
        found.append(Condition("JobStalled", job.id, told))
    return found


def of_plots(directories: Iterable[Directory], now: Instant) -> tuple[Condition, ...]:
    """Files under a plot's name that are no whole plot, and that nobody writes any more: they only take room."""
    return tuple(
        Condition(
            "PlotPartial",
            f"{plot.directory}/{plot.name}",
            f"{plot.why}; it has not changed for {show_duration(now.at - plot.modified)}, is never archived,"
            " and stays until you remove it",
        )
        for directory in directories
        if isinstance(directory.plots, Known)
        for plot in directory.plots.value
        if plot.state == "partial" and now.at - plot.modified > LEFT
    )


def _way_out(job: Job) -> str:
    return f"(`plotman ignore {job.id}` if it should not)"


def of_farmers(
    farmers: Iterable[Farmer],
    host: str,
    waiting: Collection[str],
    transfers: Collection[Transfer],
    now: Instant,
) -> tuple[Condition, ...]:
    """Farmers that cannot be asked, disks that cannot be used, and parts that nobody goes on with.

    waiting: names of the plots that this host has.
    """
    return tuple(
        condition for farmer in farmers for condition in _of_farmer(farmer, host, waiting, transfers, now)
    )


def _of_farmer(
    farmer: Farmer, host: str, waiting: Collection[str], transfers: Collection[Transfer], now: Instant
) -> Iterator[Condition]:
    if farmer.trouble is not None:
        last = (
            f"; what it last said counts ({show_duration(age(now, farmer.asked))} old)"
            if farmer.asked
            else ""
        )
        known = isinstance(farmer.disks, Known)
        yield Condition("FarmerAway", farmer.name, farmer.trouble + (last if known else ""))
    for disk in farmer.disks.value if isinstance(farmer.disks, Known) else ():
        subject = f"{farmer.name}:{disk.path}"
        if isinstance(disk.space, Known):
            if not disk.space.value.writable:
                yield Condition("DiskReadOnly", subject, "it is not writable")
        else:
            kind = "DiskAbsent" if isinstance(disk.space, Absent) else "DiskUnknown"
            yield Condition(kind, subject, disk.space.why)
        for part in disk.parts:
            left = _left(part, host, waiting, now)
            if left == "PartLeft" and _moved(part.plot, transfers, farmer.asked or now, now):
                continue
            if left is not None:
                told = (
                    f"{part.host or 'somebody'} has not gone on with {part.plot} for"
                    f" {show_duration(now.at - part.modified)} (`plotman clean --farmer {farmer.name}` removes it)"
                )
                yield Condition(left, subject, told)


def _left(part: Part, host: str, waiting: Collection[str], now: Instant) -> str | None:
    """What a part is that nobody goes on with, by its condition's name; None: somebody may."""
    if part.host == host:
        # Our own, of a plot that went elsewhere or is gone, will never be gone on with.
        return "PartLeft" if part.plot not in waiting else None
    return "PartStale" if now.at - part.modified > STALE else None


def _moved(plot: str, transfers: Iterable[Transfer], asked: Instant, now: Instant) -> bool:
    """Did that plot move when its farmer was asked, or does it now? Then the part that it told of may be whole."""
    # An end that is dated after now lies before every answer: a clock that was set back must not hold it.
    return any(
        each.plot == plot and (each.outcome == "running" or asked.at <= ended_at(each) <= now.at)
        for each in transfers
    )


def stalled_words(quiet: float, still: float) -> str:
    """What shows that a job does nothing. quiet, still: seconds without output and without work."""
    return f"no output for {show_duration(quiet)}, and neither CPU nor I/O used for {show_duration(still)}"
