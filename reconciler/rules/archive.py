"""Proposer: move finished plots to the farmers, the fullest dst first."""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping, Sequence
from math import inf
from typing import Literal, TypeAlias

from reconciler.facts import Facts
from reconciler.farmer import Disk
from reconciler.spec.farmers import Archive
from reconciler.state import Known, Plot
from reconciler.want import Admitted, Move, Place

Scope: TypeAlias = Literal["all", "farmer", "source", "disk"]

SCOPES: Mapping[str, Scope] = {
    "paused": "all",
    "in_all": "all",
    "per_link": "farmer",
    "transfers": "farmer",
    "per_source": "source",
    "quarantine": "disk",
    "archive_backoff": "disk",
    "per_disk": "disk",
}
"""Limits that, once they have refused a plot, refuse in this tick all others that it shares so much with."""


def propose(facts: Facts, admitted: Admitted) -> Iterator[Move]:
    """Each ready plot that is not under way, with every disk it may go to, best first.

    A target is sticky: a plot that was on its way already (`bound`) has no other candidate, so that a farmer
    that does not answer for a while gets the plot that it has half of.
    """
    if not facts.spec.archive:
        return
    choice = _Choice(facts)
    for plot in _in_turn(facts):
        before = len(admitted.moves)
        for farmer, disk, note in choice.targets(plot):
            want = Move(plot=plot, farmer=farmer, disk=disk, note=note)
            yield want
            if len(admitted.moves) > before:
                break
            choice.refused(want, admitted.refused_by)


def _in_turn(facts: Facts) -> Sequence[Plot]:
    """The waiting plots: where the drive has room for the fewest more, where none is about to land, the oldest."""
    landing = _landing(facts)

    @functools.cache
    def drive(path: str) -> tuple[int, int]:
        device = facts.device(path)
        return (facts.free(device), landing.get(device, 0)) if device is not None else (0, 0)

    def rank(plot: Plot) -> tuple[int, int, float, str]:
        free, near = drive(plot.directory)
        return free // max(1, plot.bytes), near, plot.modified, plot.name

    return sorted(facts.traffic.waiting.values(), key=rank)


def _landing(facts: Facts) -> Mapping[str, int]:
    """By device how near its next plot is: 2 where a job copies one there, 1 where one is in its last phase."""
    found: dict[str, int] = {}
    for job in facts.jobs:
        major = job.phase.value.major if isinstance(job.phase, Known) else 0
        for path in job.dsts if major >= 4 else ():
            device = facts.device(path)
            if device is not None:
                found[device] = max(found.get(device, 0), major - 3)
    return found


class _Choice:
    """The disks of all farmers, best first, less those that can take nothing more in this tick."""

    def __init__(self, facts: Facts) -> None:
        self._facts = facts
        least = min((plot.bytes for plot in facts.traffic.waiting.values()), default=0)
        self._best: dict[str, tuple[str, str, str]] = {}
        self._open: dict[str, list[Disk]] = {}
        for archive in facts.traffic.farmers:
            disks = _in_order(facts, archive)
            best = disks[0].path if disks else archive.target(archive.disks[0])
            self._best[archive.name] = archive.name, best, _note(archive, disks[0]) if disks else ""
            self._open[archive.name] = [disk for disk in disks if _room(archive, disk) >= least]
        self._refused_bytes: dict[Place, int] = {}
        self._refused_limit: dict[str, int] = {}

    def targets(self, plot: Plot) -> Iterator[tuple[str, str, str]]:
        """(farmer, disk, why) of every place that the plot may go to.

        The best one comes first whether it can take a plot or not, since of those that cannot it says why.
        """
        traffic = self._facts.traffic
        bound = traffic.bound.get(plot.name)
        if bound is not None:
            yield *bound.place, bound.why
            return
        takers = traffic.takers(plot)
        best = self._best[(takers or traffic.farmers)[0].name]
        yield best
        if any(self._open.get(archive.name) for archive in takers) and traffic.unasked(plot.name) is None:
            yield from self._others(plot, takers, best[:2])

    def _others(self, plot: Plot, takers: Sequence[Archive], best: Place) -> Iterator[tuple[str, str, str]]:
        for archive in takers:
            for disk in tuple(self._open.get(archive.name, ())):
                place = (archive.name, disk.path)
                if archive.name not in self._open:
                    break
                if archive.limits.per_source <= self._refused_limit.get(plot.directory, 0):
                    break
                if place != best and plot.bytes < self._refused_bytes.get(place, inf):
                    yield *place, _note(archive, disk)

    def refused(self, want: Move, rule: str) -> None:
        """Strike off what that limit would refuse again. A limit that let one pass may refuse later, never the other
        way round: what is admitted only grows."""
        match SCOPES.get(rule):
            case "all":
                self._open.clear()
            case "farmer":
                self._open.pop(want.farmer, None)
            case "source":
                self._refused_limit[want.plot.directory] = max(
                    self._refused_limit.get(want.plot.directory, 0),
                    self._facts.archives[want.farmer].limits.per_source,
                )
            case "disk":
                still = self._open.get(want.farmer, [])
                self._open[want.farmer] = [disk for disk in still if disk.path != want.disk]
            case None if rule == "farm_room" and want.plot.name not in self._facts.traffic.bound:
                self._refused_bytes[want.place] = min(
                    self._refused_bytes.get(want.place, want.plot.bytes), want.plot.bytes
                )
            case None:
                pass


def _in_order(facts: Facts, archive: Archive) -> Sequence[Disk]:
    """A farmer's disks: those that answered first; among them as the spec says; then by plots and path."""
    farmer = facts.farmer(archive.name)

    def rank(disk: Disk) -> tuple[bool, int, int, str]:
        free = -_free(disk) if archive.order == "emptiest" else _free(disk)
        return not isinstance(disk.space, Known), free, disk.count, disk.path

    disks = farmer.disks.value if farmer is not None and isinstance(farmer.disks, Known) else ()
    return sorted(disks, key=rank)


def _note(archive: Archive, disk: Disk) -> str:
    return f"{archive.order} disk first" if _free(disk) else ""


def _free(disk: Disk) -> int:
    return disk.space.value.free if isinstance(disk.space, Known) else 0


def _room(archive: Archive, disk: Disk) -> float:
    """Bytes that a disk can take at most; none where it cannot be told."""
    if not isinstance(disk.space, Known) or not disk.space.value.writable:
        return -inf
    return inf if disk.boundless else disk.space.value.free - archive.floor
