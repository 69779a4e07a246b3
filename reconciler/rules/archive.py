"""Proposer: move finished plots to the farmers, the fullest dst first."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterator, Mapping, Sequence
from math import inf
from operator import itemgetter
from typing import Literal, TypeAlias

from reconciler.facts import Facts
from reconciler.farmer import Disk
from reconciler.spec.farmers import Archive
from reconciler.state import Known, Plot
from reconciler.want import Admitted, Alike, Move, Place

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


def propose(facts: Facts, admitted: Admitted) -> Iterator[Move | Alike]:
    """Each ready plot that is not under way, with every disk it may go to, best first.

    A target is sticky: a plot that was on its way already (`bound`) has no other candidate, so that a farmer
    that does not answer for a while gets the plot that it has half of.

    Plots wait by the hundred for one and the same thing: what was refused stands for all that are like it and no
    smaller, until something is admitted.
    """
    if not facts.spec.archive:
        return
    choice = _Choice(facts, admitted)
    refused: list[list[Plot]] = []
    queues: dict[Hashable, list[Plot]] = {}
    for plot in _in_turn(facts):
        likeness = facts.traffic.likeness(plot)
        queue = queues.get(likeness)
        if queue is not None and plot.bytes >= queue[0].bytes:
            queue.append(plot)
            continue
        before = len(admitted.moves)
        for farmer, disk, note in choice.targets(plot):
            want = Move(plot=plot, farmer=farmer, disk=disk, note=note)
            yield want
            if len(admitted.moves) > before:
                queues.clear()
                choice.admitted(want)
                break
            choice.refused(want, admitted.refused_by)
        else:
            refused.append([plot])
            if likeness is not None:
                queues[likeness] = refused[-1]
    yield from (Alike(first=first.name, plots=tuple(rest)) for first, *rest in refused if rest)


def _in_turn(facts: Facts) -> Sequence[Plot]:
    """The waiting plots: of drives that are short of room first; then one of each directory before the next of any.

    Of these where none is about to land, where there is room for the fewest more, the oldest.
    """
    landing = _landing(facts)

    def drive(path: str) -> tuple[bool, int, int]:
        device = facts.device(path)
        if device is None:
            return False, 0, 0
        return not facts.traffic.pressed(device), landing.get(device, 0), facts.free(device)

    waiting = facts.traffic.waiting.values()
    drives = {path: drive(path) for path in {plot.directory for plot in waiting}}
    ranked = sorted(
        [
            (eased, near, free // max(1, plot.bytes), plot.modified, plot.name, plot)
            for plot in waiting
            for eased, near, free in (drives[plot.directory],)
        ]
    )
    before: Counter[str] = facts.traffic.from_source.copy()
    turns: list[tuple[bool, int, Plot]] = []
    for eased, _, _, _, _, plot in ranked:
        turns.append((eased, before[plot.directory], plot))
        before[plot.directory] += 1
    return [plot for _, _, plot in sorted(turns, key=itemgetter(0, 1))]


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

    def __init__(self, facts: Facts, admitted: Admitted) -> None:
        self._facts = facts
        self._admitted = admitted
        least = min((plot.bytes for plot in facts.traffic.waiting.values()), default=0)
        self._best: dict[str, tuple[str, str, str]] = {}
        self._open: dict[str, list[Disk]] = {}
        for archive in facts.traffic.farmers:
            disks = _in_order(facts, archive)
            best = disks[0].path if disks else archive.target(archive.disks[0])
            self._best[archive.name] = archive.name, best, _note(archive, disks[0]) if disks else ""
            self._open[archive.name] = [disk for disk in disks if _room(archive, disk) >= least]
        self._ranks: dict[str, tuple[int, float, int]] = {}
        self._ordered: dict[int, Sequence[Archive]] = {}
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
        takers = self._in_order(traffic.takers(plot))
        best = self._best[(takers or traffic.farmers)[0].name]
        yield best
        if any(self._open.get(archive.name) for archive in takers) and traffic.unasked(plot.name) is None:
            yield from self._others(plot, takers, best[:2])

    def _in_order(self, takers: Sequence[Archive]) -> Sequence[Archive]:
        """Of one priority those first where one more would go fastest; the same until a move is admitted."""
        if len(takers) < 2:
            return takers
        if id(takers) not in self._ordered:
            self._ordered[id(takers)] = sorted(takers, key=self._rank)
        return self._ordered[id(takers)]

    def _rank(self, archive: Archive) -> tuple[int, float, int]:
        if archive.name not in self._ranks:
            fast, few = self._facts.streams.progress(archive, self._admitted.moves_to)
            self._ranks[archive.name] = -archive.priority, -fast, -few
        return self._ranks[archive.name]

    def admitted(self, want: Move) -> None:
        """One more goes to that farmer, and over its link: those behind it are ranked anew."""
        for name in self._facts.streams.behind(self._facts.archives[want.farmer]):
            self._ranks.pop(name, None)
        self._ordered.clear()

    def _others(self, plot: Plot, takers: Sequence[Archive], best: Place) -> Iterator[tuple[str, str, str]]:
        for archive in takers:
            for disk in tuple(self._open.get(archive.name, ())):
                place = (archive.name, disk.path)
                if archive.name not in self._open:
                    break
                most = self._facts.streams.of(archive, plot.directory).number
                if most <= self._refused_limit.get(plot.directory, -1):
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
                most = self._facts.streams.of(self._facts.archives[want.farmer], want.plot.directory).number
                before = self._refused_limit.get(want.plot.directory, -1)
                self._refused_limit[want.plot.directory] = max(before, most)
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
