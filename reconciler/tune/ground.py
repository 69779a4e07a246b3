"""What arithmetic says of a machine before anything is tried: where good settings are, and how long to try. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from math import ceil, inf
from operator import mul
from typing import TYPE_CHECKING

from reconciler.noun import noun
from reconciler.simulate.bounds import FARM_ROOM, Bounds, bounds, held
from reconciler.simulate.hardware import SYSTEM, Disk, Hardware
from reconciler.tune.setting import EARLY, Group, Setting, Tmp

if TYPE_CHECKING:
    from reconciler.description import MachineDescription
    from reconciler.description.work import PhaseWork, Work
    from reconciler.plotters import Plotter
    from reconciler.spec.models import Spec

DAY = 86400.0
APART = 0.95
"""The part of a drive that jobs well apart from each other fill."""
LEEWAY = 0.95
"""Of the time between two starts that the bound allows: what is too slow here can never be made up."""
LONGEST, JOBS = 10.0, 12.0
"""Days that are tried at most; and how many times as long as a job, which has every setting settle down."""
SETTLING = 0.4
"""The part of that time that does not count."""
MORE = 1.3
"""Of the bound: so many more jobs than would do if nothing were in each other's way."""
SPARE = 1.5
"""Times the plots of a run that a farm is to have room for."""
LOOKS, LOOK = 7.0, 0.004
"""Looks of the loop a plot, and seconds of CPU that each takes: measured on the example machines."""


@noun
class Pace:
    """A directory's part of a drive. most: plots a day that it makes if it does nothing else; alpha: its crowding."""

    most: float
    alpha: float

    def plots(self, jobs: int, seconds: float) -> float:
        """Plots a day of so many jobs that take so long alone."""
        return min(jobs * DAY / seconds, self.most / (1 + self.alpha * max(0, jobs - 1)))


@noun
class Ground:
    """A machine and a spec by arithmetic.

    groups: tmp directories that are alike. peaks: jobs on each directory of a group if all took their most room at
    once; apart: if they are evenly apart. paces: how fast each is. memory: jobs that there is memory for. seconds:
    that a job takes alone; early: the part of it before EARLY. limits: plots a day by each resource but the room at
    the farm, which no setting makes more of. farm: plots that there is room for at the farm; None: they stay where
    they land.
    """

    groups: tuple[Group, ...]
    peaks: tuple[int, ...]
    apart: tuple[int, ...]
    paces: tuple[Pace, ...]
    memory: int
    seconds: float
    early: float
    limits: Bounds
    farm: int | None

    @property
    def beat(self) -> float:
        """Seconds between two starts at the bound."""
        return DAY / self.limits.least

    @property
    def enough(self) -> int:
        """Jobs that make as many plots as the bound, if each takes as long as alone."""
        return max(1, ceil(self.seconds / self.beat))

    @property
    def days(self) -> float:
        """How long to try: until every setting has settled down, and as long again and a half."""
        jobs = min(self.memory, sum(map(mul, self.apart, self.wide)))
        settles: float = JOBS * max(self.seconds, jobs * self.beat)
        return min(LONGEST, settles / DAY)

    def too_small(self, days: float) -> int:
        """How many times as large a farm would have to be, not to fill up in so many days."""
        return 1 if not self.farm else ceil(SPARE * days * self.limits.least / self.farm)

    def cost(self, days: float) -> float:
        """CPU seconds that one run of so many days takes, about."""
        return LOOKS * LOOK * self.limits.least * days

    def starts(self) -> Iterator[Setting]:
        """Settings to begin from, the most promising first."""
        beat = self.beat * LEEWAY
        for part in (1.0, MORE):
            jobs = self.shared(part)
            yield self._even(jobs, sum(map(mul, jobs, self.wide)), beat)
        for jobs in (self.apart, self.peaks):
            yield self._even(jobs, self.memory, beat)

    @property
    def wide(self) -> list[int]:
        """How many directories each group has."""
        return [len(group.paths) for group in self.groups]

    def shared(self, part: float) -> tuple[int, ...]:
        """The jobs on each directory of a group that make that part of the bound, each where it brings most."""
        jobs, made = [0] * len(self.groups), 0.0
        most = [max(1, each) for each in self.apart]
        wide = self.wide
        while made < part * self.limits.least and sum(map(mul, jobs, wide)) < self.memory:
            brings = {
                number: pace.plots(jobs[number] + 1, self.seconds) - pace.plots(jobs[number], self.seconds)
                for number, pace in enumerate(self.paces)
                if jobs[number] < most[number]
            }
            first = max(brings, key=lambda number: brings[number], default=None)
            if first is None or brings[first] <= 0:
                break
            jobs[first] += 1
            made += brings[first] * wide[first]
        return tuple(max(1, each) for each in jobs)

    def _even(self, jobs: Sequence[int], most: int, stagger: float) -> Setting:
        """So many jobs on each directory, their early parts as far apart as their beginnings."""
        tmps = tuple(Tmp(each, ceil(each * self.early)) for each in jobs)
        return Setting(min(most, self.memory), rounded(stagger), tmps).sound(self.groups)


def ground(described: MachineDescription, spec: Spec, plotter: Plotter) -> Ground:
    """What there is. Raises UsageError where a plot's work is unknown."""
    assert spec.plotting is not None
    hardware = Hardware(described)
    work, k = hardware.work(plotter), spec.plotting.k
    scale = work.scale(k)
    two = bool(spec.directories.tmp2)
    peak = max(1, plotter.peak(k, two, spec.plotting.options).tmp)
    mean = held(plotter, k) or peak
    groups = _groups(described, spec)
    peaks, apart, paces = [], [], []
    for group in groups:
        paces.append(_pace(hardware, spec, work, scale, group.paths[0]))
        room = _room(described, spec, group.paths[0])
        peaks.append(max(1, int(room // peak)))
        apart.append(max(1, int(room // peak), int(APART * room // mean)))
    disks = [hardware.disk(group.paths[0]) for group in groups]
    seconds = [
        scale * min((_alone(phase, described, disk) for disk in disks), default=0.0) for phase in work.phases
    ]
    limits = dict(bounds(hardware, spec, plotter, 1.0).by)
    farm = limits.pop(FARM_ROOM, None)
    return Ground(
        groups=groups,
        peaks=tuple(peaks),
        apart=tuple(apart),
        paces=tuple(paces),
        memory=max(1, (described.memory - SYSTEM) // work.memory),
        seconds=max(1.0, sum(seconds)),
        early=sum(seconds[: EARLY.major - 1]) / max(1.0, sum(seconds)),
        limits=Bounds(limits),
        farm=round(farm) if farm is not None else None,
    )


def roomy(described: MachineDescription, times: int) -> MachineDescription:
    """The same with so many times the room on what holds nothing but finished plots."""
    drives = tuple(
        replace(drive, bytes=times * drive.bytes) if drive.farm and not drive.tmp + drive.dst else drive
        for drive in described.drives
    )
    farmers = tuple(
        replace(farmer, disks=tuple(replace(disk, bytes=times * disk.bytes) for disk in farmer.disks))
        for farmer in described.farmers
    )
    return replace(described, drives=drives, farmers=farmers)


def _pace(hardware: Hardware, spec: Spec, work: Work, scale: float, path: str) -> Pace:
    disk = hardware.disk(path)
    if disk is None:
        return Pace(inf, 0.0)
    seconds = sum(phase.read * disk.read + phase.written * disk.write for phase in work.phases) * scale
    shared = sum(hardware.disk(each.path) is disk for each in spec.directories.tmp)
    return Pace(DAY / max(seconds, 1e-9) / shared, disk.resource.alpha)


def _alone(phase: PhaseWork, described: MachineDescription, disk: Disk | None) -> float:
    """Seconds that a phase takes on that drive, with nothing beside it."""
    seconds = phase.cpu_seconds / min(phase.threads, described.cpus)
    return seconds if disk is None else max(seconds, phase.read * disk.read + phase.written * disk.write)


def rounded(seconds: float) -> int:
    """As people write it: whole minutes, or whole seconds where a minute is much."""
    return round(seconds / 60) * 60 if seconds > 600 else max(1, round(seconds))


def _groups(described: MachineDescription, spec: Spec) -> tuple[Group, ...]:
    """The tmp directories, those together whose drives are alike and carry as many."""
    found: dict[object, list[str]] = {}
    for directory in spec.directories.tmp:
        path = directory.path
        drive = described.drive(path)
        if drive is None:
            kind: object = None
        else:
            shared = sum(described.drive(each.path) is drive for each in spec.directories.tmp)
            kind = drive.kind, drive.bytes, drive.read, drive.write, drive.alpha, shared, spec.floor(path)
        found.setdefault(kind, []).append(path)
    return tuple(Group(tuple(paths)) for paths in found.values())


def _room(described: MachineDescription, spec: Spec, path: str) -> float:
    """Bytes that jobs on that directory may take, where those of one drive take equal parts."""
    drive = described.drive(path)
    if drive is None:
        return float("inf")
    shared = sum(described.drive(each.path) is drive for each in spec.directories.tmp)
    return max(0, drive.bytes - spec.floor(path)) / shared
