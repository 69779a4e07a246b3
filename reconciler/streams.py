"""How many transfers go at once, where the spec leaves it to the tool. Pure.

One more is worth it as long as it brings more, and as long as the drive that it reads has the time. Both is told by the
transfers of the last day, and by how fast plots land on that drive; until then it is two to a farmer, one from a drive
and one onto a disk.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from itertools import pairwise
from math import inf
from typing import TYPE_CHECKING, TypeAlias

from reconciler.drain import DAY
from reconciler.noun import noun
from reconciler.spec.units import show_size
from reconciler.state import Known, Start, Transfer

if TYPE_CHECKING:
    from reconciler.facts import Facts
    from reconciler.spec.farmers import Archive
    from reconciler.want import Move

AT_ONCE = 2
"""To one farmer at least, and from a drive that has the time: one goes on while another begins or ends."""
MOST = 8
"""To one farmer, or from one drive."""
GAIN = 0.5
"""The part of its share that one more must bring."""
LASTED = 3600.0
"""Seconds for which so many were under way, until it is told what they carry."""
SPARE = 0.5
"""The part of a drive's speed that reading may take, for the drive to have the time."""
RECENT = 20
"""Finished jobs by which it is told how fast plots land: the newest."""
MANY = 100
"""Finished jobs by which it is told how fast a plot lands that lands alone: the newest."""
PATIENT = 2
"""So many plots may wait on a drive for one that lands there."""

Landed: TypeAlias = dict[int, Mapping[str, float]]
"""By how many of the newest finished jobs tell of it: by drive the bytes a second by which plots landed there."""


@noun
class Most:
    """How many at once. why: what decided it; "": the spec."""

    number: int
    why: str = ""

    def __str__(self) -> str:
        return f" (auto: {self.why})" if self.why else ""


class Streams:
    """What rules read of it.

    landed: how fast plots landed by how many jobs tell of it, where that was found of the same starts already.
    """

    def __init__(self, facts: Facts, landed: Landed) -> None:
        self._facts = facts
        self._fastest = landed
        self._read: dict[str | None, Most] = {}

    # to farmers

    def to(self, archive: Archive) -> Most:
        """To a farmer."""
        own = archive.limits.transfers
        return self._to[archive.name] if own == "auto" else Most(own)

    def onto(self, want: Move) -> Most:
        """To one of its disks: one, since a disk writes one file after the other best."""
        archive = self._facts.archives[want.farmer]
        own = archive.limits.per_disk
        if own != "auto":
            return Most(own)
        disk = self._facts.disk(*want.place)
        return (
            self.to(archive) if disk is not None and disk.boundless else Most(1, "one file after the other")
        )

    @cached_property
    def _to(self) -> Mapping[str, Most]:
        return {archive.name: self._decide(archive) for archive in self._facts.spec.archive}

    def _decide(self, archive: Archive) -> Most:
        farmer = self._facts.farmer(archive.name)
        disks = farmer.disks.value if farmer is not None and isinstance(farmer.disks, Known) else ()
        boundless = any(disk.boundless for disk in disks)
        carried = self._carried[archive.name]
        most = max(AT_ONCE, MOST if boundless else min(MOST, len(disks)))
        told = (f"{_rate(pace)} by {number} at once" for number, pace in carried.items())
        return Most(_climb(carried, most), ", ".join((f"{len(disks)} disks", *told)))

    @cached_property
    def _carried(self) -> Mapping[str, Mapping[int, float]]:
        """By farmer what all behind its link took: bytes a second by how many were under way there."""
        to: dict[str, list[Transfer]] = defaultdict(list)
        for each in self._recent:
            to[each.farmer].append(each)
        return {
            archive.name: paces(
                (each for name in self.behind(archive) for each in to[name]), self._facts.now.at
            )
            for archive in self._facts.spec.archive
        }

    def progress(self, archive: Archive, more: Mapping[str, int]) -> tuple[float, int]:
        """The better, the higher: bytes a second that one more transfer to a farmer would get, and how few go there.

        more: those that this tick starts, by farmer. Where none has told yet a try is worth it.
        """
        names = self.behind(archive)
        load = sum(self._facts.moving_to.get(name, 0) + more.get(name, 0) for name in names)
        return max(self._carried[archive.name].values(), default=inf) / (load + 1), -load

    def behind(self, archive: Archive) -> Sequence[str]:
        """The names of the farmers that share a link with it, itself among them."""
        return self._facts.traffic.behind[archive.link] if archive.link is not None else (archive.name,)

    # from drives

    def of(self, archive: Archive, source: str) -> Most:
        """From one directory that plots land in."""
        own = archive.limits.per_source
        if own != "auto":
            return Most(own)
        device = self._facts.device(source)
        if device not in self._read:
            self._read[device] = self._spare(device)
        return self._read[device]

    def _spare(self, device: str | None) -> Most:
        told = paces(self._sent.get(device, ()), self._facts.now.at)
        lands = self._landed(RECENT).get(device or "")
        if device is None or lands is None or not told:
            return Most(1, "what its drive has time for is not known yet")
        reads = max(told.values())
        why = f"{_rate(reads)} are read, {_rate(lands)} is how fast plots land"
        if reads <= SPARE * lands:
            return Most(_climb(told, MOST), why)
        return Most(0, f"a plot lands there; {why}") if self._waits(device) else Most(1, why)

    def _waits(self, device: str) -> bool:
        """Shall reading wait, since a plot lands there now, and neither room nor patience is short?"""
        lie = self._lie[device]
        return device in self.landing and lie <= PATIENT and not self._facts.traffic.pressed(device)

    @cached_property
    def landing(self) -> Counter[str | None]:
        """How many plots are being copied onto each drive now."""
        facts = self._facts
        late = (job for job in facts.jobs if isinstance(job.phase, Known) and job.phase.value.major > 4)
        return Counter(device for job in late for device in {facts.device(path) for path in job.dsts})

    @cached_property
    def _lie(self) -> Counter[str | None]:
        """How many plots wait on each drive."""
        return Counter(self._facts.device(plot.directory) for plot in self._facts.traffic.waiting.values())

    @property
    def alone(self) -> Mapping[str, float]:
        """By drive the bytes a second by which a plot lands there from another, where no other lands meanwhile."""
        return self._landed(MANY)

    def rested(self, device: str) -> float:
        """Bytes that could have landed on a drive, one plot after the other, since the last job began that lands there.

        Where the most could, the next one's plot is least in the way of others: it comes as much later. How fast plots
        land where none has landed yet is not known; there they land as fast as on the fastest drive.
        """
        usual = max(self.alone.values(), default=1.0)
        return self._facts.past.towards.get(device, inf) * self.alone.get(device, usual)

    def _landed(self, newest: int) -> Mapping[str, float]:
        """By drive the bytes a second by which jobs copied plots there from another: the fastest of so many newest."""
        if newest not in self._fastest:
            self._fastest[newest] = self._found(newest)
        return self._fastest[newest]

    def _found(self, newest: int) -> Mapping[str, float]:
        facts = self._facts
        over = (s for s in facts.starts if s.outcome == "finished" and s.ended is not None and s.milestones)
        found: dict[str, float] = defaultdict(float)
        for start in sorted(over, key=lambda start: start.ended or 0.0)[-newest:]:
            device = facts.device(start.dst)
            if device is not None and device != facts.device(start.tmp):
                found[device] = max(found[device], self._copied(start))
        return {device: pace for device, pace in found.items() if pace > 0}

    def _copied(self, start: Start) -> float:
        plotter = self._facts.plotters.get(start.plotter)
        seconds = (start.ended or 0.0) - start.since.at - start.milestones[-1]
        return plotter.final_bytes(start.k) / seconds if plotter is not None and seconds >= 1.0 else 0.0

    @cached_property
    def _sent(self) -> Mapping[str | None, Sequence[Transfer]]:
        """By drive what was read from it."""
        found: dict[str | None, list[Transfer]] = defaultdict(list)
        for each in self._recent:
            found[self._facts.device(each.source)].append(each)
        return found

    @cached_property
    def _recent(self) -> Sequence[Transfer]:
        facts = self._facts
        return [t for t in facts.transfers if t.ended is None or facts.wall_age(t.ended) <= DAY]


def paces(transfers: Iterable[Transfer], now: float) -> Mapping[int, float]:
    """Bytes a second that these carried, by how many were under way at once, where that lasted. now: wall clock."""
    edges: list[tuple[float, int, float]] = []
    for each in transfers:
        until = now if each.outcome == "running" else each.ended
        if until is not None and until > each.since.at:
            pace = (each.bytes if each.outcome == "finished" else each.done) / (until - each.since.at)
            edges += (each.since.at, 1, pace), (until, -1, -pace)
    seconds: dict[int, float] = defaultdict(float)
    took: dict[int, float] = defaultdict(float)
    number, pace = 0, 0.0
    for (since, more, faster), (until, _, _) in pairwise(sorted(edges)):
        number, pace = number + more, pace + faster
        seconds[number] += until - since
        took[number] += pace * (until - since)
    return {each: took[each] / seconds[each] for each in sorted(took) if each and seconds[each] >= LASTED}


def _climb(told: Mapping[int, float], most: int) -> int:
    """The number up to which each more has brought more, and one beyond that, for it to be told."""
    number = AT_ONCE
    while number < most and number in told and _brought(told, number) and _brought(told, number + 1):
        number += 1
    return number


def _brought(told: Mapping[int, float], number: int) -> bool:
    """Have so many carried more than one fewer, by a good part of its share? Also where that is not told."""
    fewer, here = told.get(number - 1), told.get(number)
    return fewer is None or here is None or here >= fewer * (1 + GAIN / (number - 1))


def _rate(pace: float) -> str:
    return f"{show_size(round(pace))}/s"
