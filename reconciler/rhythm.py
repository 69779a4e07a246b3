"""How many jobs at once, and how often one begins, where the spec leaves it to the tool. Pure.

Jobs that begin evenly spread over the time that one takes are evenly spread over its phases, too: they share the
room, the processors and the drives best. So the beat is a job's time by the number of jobs; and that number is as many
as the scarcest of them carries, by what is seen of it now. Nor do more begin than the dst drives can take: plots that
land on a slow one at once take it so much time that it carries fewer, and yet more pile up.
"""

from __future__ import annotations

from collections.abc import Mapping, Set
from itertools import pairwise
from math import ceil, inf
from statistics import fmean, median
from typing import TYPE_CHECKING

from reconciler.busy import IDLE, SPAN, Busy
from reconciler.forecast import Way
from reconciler.noun import noun
from reconciler.spec.units import show_duration, show_size
from reconciler.state import Fact, Known

if TYPE_CHECKING:
    from reconciler.facts import Facts
    from reconciler.plotters import Plotter
    from reconciler.spec.models import Plotting

RECENT = 20
"""Finished jobs by which a job's time is told: the newest."""
PART = 0.15
"""The part of one more job that must find time on processors or drives: less of it only gets in the way of others."""
QUICK = 12 * SPAN
"""Seconds below which jobs are over too soon for the load of the last minutes to follow them: each that ends is
replaced, as long as there are fewer than processors.
"""
MEMORY = 0.95
"""The part of memory that may be taken, by all together."""
CLOSER = 0.8
"""The part of an even beat that lies between two starts at least, so that what began late is made up for.

Not where room is what bounds: there so many fit only while they are well apart, and what is made up for is in the way.
"""
SCARCE = "room on the tmp drives"
"""What bounds, in a word or two, where it is room."""
CROWD = 2
"""So many plots may land on each dst drive at once, in the mean, for another job to begin."""
COUNTED = 0.8
"""The part of a dst drive's time that is counted on: plots that land there and leave at once hinder each other."""
ROOM = 0.95
"""The part of a device that jobs well apart may fill in the middle."""


@noun(kw_only=True)
class Rhythm:
    """What is decided.

    seconds: that a job takes. measured: here; else as its plotter's definition has it.
    jobs: at once. bound: what carries no more, in a word or two.
    drives: how many jobs each tmp device carries by how busy it is, as far as that bounds them. tick: seconds.
    landing: seconds between two plots that the dst drives carry; 0: that is not known.
    """

    seconds: float
    measured: bool
    jobs: int
    bound: str
    drives: Mapping[str, int]
    tick: float
    landing: float

    @property
    def even(self) -> float:
        """Seconds between two starts where they are spread evenly; 0 where that is less than a tick."""
        even = self.seconds / self.jobs
        return even if even >= self.tick else 0.0

    @property
    def beat(self) -> float:
        """Seconds between two starts, at least; 0 for jobs so short that the next one is due within a tick."""
        closer = 1.0 if self.bound == SCARCE else CLOSER
        return max(closer * self.even, self.landing if self.landing >= self.tick else 0.0)

    def __str__(self) -> str:
        took = f"{show_duration(self.seconds)} a job{'' if self.measured else ' usually'}"
        if not self.beat:
            return f"one as another ends: {took}, {self.jobs} at once for {self.bound}"
        beat = show_duration(self.beat)
        if self.beat > self.even:
            return f"one every {beat}: so often the dst drives can take a plot"
        even = show_duration(self.even)
        least = f", {beat} apart at least" if beat != even else ""
        return f"one every {even}{least}: {took} / {self.jobs} for {self.bound}"


def rhythm(facts: Facts, busy: Fact[Busy] | None = None) -> Rhythm | None:
    """The rhythm of this farm now; None: the spec plots nothing, or nothing is known of how long a job takes.

    busy: how busy it is, where that is not what was seen.
    """
    busy = facts.seen.busy if busy is None else busy
    plotting = facts.spec.plotting
    plotter = facts.plotters.get(plotting.plotter) if plotting is not None else None
    if plotting is None or plotter is None:
        return None
    took = _took(facts, plotting)
    seconds = took if took is not None else plotter.usual_seconds(plotting.k)
    if seconds is None:
        return None
    tmps = _tmps(facts)
    by_time = {device: most for device in tmps if (most := _by_time(facts, busy, device)) is not None}
    by_room = {device: _by_room(facts, plotting, plotter, device, tmp) for device, tmp in tmps.items()}
    on_drives = sum(min(most, by_time.get(device, most)) for device, most in by_room.items())
    drives = "the tmp drives" if on_drives < sum(by_room.values()) else SCARCE
    processors = _processors(facts, busy, plotting, plotter, seconds)
    bounds = [(processors, f"{facts.seen.cpus} processors"), (on_drives, drives)]
    fitting = _in_memory(facts, busy)
    if fitting is not None:
        bounds.append((fitting, f"{show_size(facts.seen.memory)} of memory"))
    if _works_in_memory(plotting, plotter):
        bounds.append((1, "memory, in which one works at a time"))
    leaving = _leaving(facts, plotter.final_bytes(plotting.k), seconds)
    if leaving is not None:
        bounds.append((leaving, "what leaves, since as much waits"))
    if _crowded(facts):
        bounds.append((len(facts.jobs), "the dst drives, on which several plots land"))
    jobs, bound = min(bounds, key=lambda each: each[0])
    return Rhythm(
        seconds=max(1.0, seconds),
        measured=took is not None,
        jobs=max(1, jobs),
        bound=bound,
        drives=by_time,
        tick=facts.spec.scheduling.tick,
        landing=min(seconds, _landing(facts, plotter.final_bytes(plotting.k))),
    )


def eased(facts: Facts, busy: Busy) -> bool:
    """Might one begin for that, were it so busy: sooner, or on a drive that carries no more yet?"""
    then, now = facts.rhythm, rhythm(facts, Known(busy))
    if then is None or now is None or now.jobs <= len(facts.jobs):
        return False
    due = facts.past.youngest >= now.beat
    return now.jobs > then.jobs or (
        due and any(now.drives.get(at, inf) > then.drives[at] for at in then.drives)
    )


def _tmps(facts: Facts) -> Mapping[str, str]:
    """A tmp directory on each device that has one."""
    found: dict[str, str] = {}
    for directory in facts.spec.directories.tmp:
        device = facts.device(directory.path)
        if device is not None:
            found.setdefault(device, directory.path)
    return found


def _took(facts: Facts, plotting: Plotting) -> float | None:
    """Seconds that the newest finished jobs of this kind took, in the middle."""
    over = [
        start
        for start in facts.starts
        if start.plotter == plotting.plotter and start.k == plotting.k and start.outcome == "finished"
    ]
    newest = sorted(over, key=lambda start: start.ended or 0.0)[-RECENT:]
    took = [start.ended - start.since.at for start in newest if start.ended and start.ended > start.since.at]
    return median(took) if took else None


def _processors(facts: Facts, busy: Fact[Busy], plotting: Plotting, plotter: Plotter, seconds: float) -> int:
    """How many jobs the processors carry, by what those that run take of them. seconds: that a job takes."""
    running = sum(job.run == "running" for job in facts.jobs)
    standing = len(facts.jobs) - running
    if not isinstance(busy, Known) or not running:
        # Most of the time a job keeps fewer of its threads busy than it has.
        return max(len(facts.jobs), facts.seen.cpus // plotter.threads(plotting.options) + 1)
    carried = _carried(running, busy.value.cpu) + standing
    if seconds >= QUICK or len(facts.jobs) >= facts.seen.cpus:
        return carried
    # Whatever has ended since the last start left a gap, which shows too late for such jobs.
    last = max((start.since.at for start in facts.starts), default=inf)
    gaps = sum(start.ended is not None and start.ended >= last for start in facts.starts)
    return max(carried, len(facts.jobs) + gaps)


def _crowded(facts: Facts) -> bool:
    """Do so many plots land that dst drives carry fewer, and yet more would pile up?"""
    drives = _landings(facts)
    return sum(facts.streams.landing[drive] for drive in drives) > CROWD * len(drives)


def _landing(facts: Facts, size: int) -> float:
    """Seconds between two plots that the dst drives carry, as the fastest of many landed; 0: none tells.

    A plot that goes on to a farmer is read there again, which takes as long. size: of a plot.
    """
    drives = _landings(facts)
    known = [pace for drive, pace in facts.streams.alone.items() if drive in drives]
    if not known:
        return 0.0
    return (2 if facts.spec.archive else 1) * size / (COUNTED * fmean(known) * len(drives))


def _landings(facts: Facts) -> Set[str]:
    """The dst drives."""
    found = (facts.device(directory.path) for directory in facts.spec.directories.landing)
    return {device for device in found if device is not None}


def _leaving(facts: Facts, size: int, seconds: float) -> int | None:
    """As many jobs as plots leave in the time that one takes; None: too few wait for that to bound anything.

    Once there is work for the farmers until all under way have landed, and for as long again, more jobs would make a
    heap of plots and nothing else, and what lands on a drive keeps from it what leaves. size: of a plot.
    """
    leave = facts.drain.left * seconds / max(1, size)
    return ceil(leave) if 0 < leave <= len(facts.traffic.waiting) - len(facts.jobs) else None


def _works_in_memory(plotting: Plotting, plotter: Plotter) -> bool:
    """Does such a job keep nothing on drives but its plot?

    It takes hundreds of gigabytes of memory within seconds, or a whole graphics card, of which nothing is measured: two
    of them end each other. Whoever has room for more says so.
    """
    peak = plotter.peak(plotting.k, False, plotting.options).tmp
    return peak <= plotter.final_bytes(plotting.k, plotter.compression(plotting.options))


def _in_memory(facts: Facts, busy: Fact[Busy]) -> int | None:
    """How many jobs memory has room for, by what those that run take of it; None: nothing tells."""
    running = sum(job.run != "pending" for job in facts.jobs)
    taken = busy.value.memory if isinstance(busy, Known) else 0.0
    return int(running * MEMORY / taken) if running and taken > 0 else None


def _by_room(facts: Facts, plotting: Plotting, plotter: Plotter, device: str, tmp: str) -> int:
    here, room = len(facts.on_device.get(device, ())), facts.free(device) - facts.floor(device)
    two = bool(facts.spec.directories.tmp2)
    peak = plotter.peak(plotting.k, two, plotting.options).tmp
    way = None if two else facts.past.way(plotting.plotter, plotting.k, tmp, plotting.options, stays=False)
    if way is None:
        # What these hold is not known; but what they may still take is, and how many more go beside that.
        besides = room - facts.promised.get(device, 0)
        return here + (max(0, int(besides // peak)) if peak else 1)
    held = sum(course.then(0.0)[1] for course in facts.courses(device).values())
    by_peaks = int((room + held) // peak) if peak else here + 1
    return max(by_peaks, int(ROOM * (room + held) / _mean(way)))


def _by_time(facts: Facts, busy: Fact[Busy], device: str) -> int | None:
    """By the share of its time that the drive is busy with those jobs that it has; None: it has time."""
    here = len(facts.on_device.get(device, ()))
    share = busy.value.drives.get(device, 0.0) if isinstance(busy, Known) else 0.0
    return _carried(here, share) if here and share > IDLE else None


def _carried(jobs: int, share: float) -> int:
    """How many jobs fill what these keep busy for that share of its time.

    While it is full these may be too many, and nothing tells how many: none begins, not even for one that has ended,
    until there is time again.
    """
    return int(jobs / max(share, 0.01) + 1 - PART)


def _mean(way: Way) -> float:
    """Bytes that a job holds, over its time."""
    area = sum((held + then) / 2 * (until - since) for (since, held), (until, then) in pairwise(way.knots))
    return max(1.0, area / way.seconds)
