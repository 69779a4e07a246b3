"""Plots between here and the farmers: what waits, moves, lies and stands where, indexed once a tick. Pure."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Hashable, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, TypeAlias

from reconciler import bound, setbacks
from reconciler.errand import STALE
from reconciler.farmer import Part
from reconciler.match import mismatch, own_contract
from reconciler.setbacks import Setback, Subject, ended_at
from reconciler.state import Absent, Known, Plot, Transfer, Unknown
from reconciler.want import Place

if TYPE_CHECKING:
    from reconciler.bound import Bound
    from reconciler.facts import Facts
    from reconciler.spec.farmers import Archive

There: TypeAlias = tuple[str, str, str]
"""A farmer's name, the path of a disk there, and a plot's name."""


class Traffic:
    """What rules read of plots on their way."""

    def __init__(self, facts: Facts) -> None:
        self._facts = facts
        self._takers: dict[object, tuple[Archive, ...]] = {}

    # at home

    @cached_property
    def _at_home(self) -> Mapping[str, tuple[Plot, ...] | None]:
        """The plots in each directory that finished plots land in, or did; None: they are not known."""
        found: dict[str, tuple[Plot, ...] | None] = {}
        for landing in self._facts.spec.directories.landing:
            directory = self._facts.directory(landing.path)
            plots = directory.plots if directory is not None else Unknown("not observed")
            found[landing.path] = plots.value if isinstance(plots, Known) else None
        for path, directory in self._facts.seen.directories.items():
            # Of a directory that drains those are told that were left there, and of others none.
            if path not in found and not isinstance(directory.plots, Absent):
                found[path] = directory.plots.value if isinstance(directory.plots, Known) else None
        return found

    @cached_property
    def waiting(self) -> Mapping[str, Plot]:
        """By its name each plot that is ready and not under way; of two in two directories the first."""
        found: dict[str, Plot] = {}
        for plots in self._at_home.values():
            for plot in plots or ():
                if plot.state == "ready" and plot.name not in self._facts.moving:
                    found.setdefault(plot.name, plot)
        return found

    @cached_property
    def _may_wait(self) -> frozenset[str] | None:
        """The names of all plots at home; None: they are not all known."""
        if None in self._at_home.values():
            return None
        return frozenset(plot.name for plots in self._at_home.values() for plot in plots or ())

    def pressed(self, device: str) -> bool:
        """Will a drive that plots land on have no room for one more, once those have landed that are bound for it?"""
        facts = self._facts
        left = facts.free(device) - facts.floor(device) - facts.promised.get(device, 0)
        return left < self._largest

    @cached_property
    def _largest(self) -> int:
        """Bytes of the largest plot that waits."""
        return max((plot.bytes for plot in self.waiting.values()), default=0)

    def likeness(self, plot: Plot) -> Hashable | None:
        """All that limits read of a plot beside its bytes, of which fewer never fit worse.

        None: more is known of this one than its file.
        """
        if plot.name in self.met:
            return None
        return plot.directory, plot.k, plot.compression, plot.contract, self.unasked(plot.name)

    # farmers

    @cached_property
    def farmers(self) -> tuple[Archive, ...]:
        """Those of the spec, in the order in which they get plots."""
        return tuple(sorted(self._facts.spec.archive, key=lambda archive: -archive.priority))

    @cached_property
    def behind(self) -> Mapping[str, Sequence[str]]:
        """The names of the farmers behind each network link."""
        found: dict[str, list[str]] = defaultdict(list)
        for archive in self.farmers:
            if archive.link is not None:
                found[archive.link].append(archive.name)
        return found

    @cached_property
    def own(self) -> str | None:
        """As `match.own_contract`."""
        return own_contract(self._facts.spec)

    def takers(self, plot: Plot) -> tuple[Archive, ...]:
        """The farmers that take such a plot, in order."""
        key = (plot.k, plot.compression, plot.contract)
        if key not in self._takers:
            self._takers[key] = tuple(each for each in self.farmers if self.refusal(each, plot) is None)
        return self._takers[key]

    def refusal(self, archive: Archive, plot: Plot) -> str | None:
        """Why a farmer does not take a plot, in words; None: it does."""
        transport = archive.transport
        if transport.kind == "command" and not archive.by_ssh and transport.verify is None:
            return "nothing could prove that it arrived: its program has neither ssh beside it nor a verify"
        return mismatch(archive.take, plot.k, plot.compression, plot.contract, self.own)

    def unasked(self, plot: str) -> str | None:
        """A farmer that answers and has not looked for that plot; None: all have."""
        if self._sought is None or plot in self._sought:
            return None
        asked = (self._facts.farmer(archive.name) for archive in self.farmers)
        return next(
            farmer.name
            for farmer in asked
            if farmer is not None
            and isinstance(farmer.disks, Known)
            and farmer.sought is not None
            and plot not in farmer.sought
        )

    @cached_property
    def _sought(self) -> frozenset[str] | None:
        """The names that every farmer that answers has looked for; None: all."""
        farmers = (self._facts.farmer(archive.name) for archive in self.farmers)
        sought = [
            frozenset(farmer.sought)
            for farmer in farmers
            if farmer is not None and isinstance(farmer.disks, Known) and farmer.sought is not None
        ]
        return frozenset.intersection(*sought) if sought else None

    def dropped(self, place: Place) -> bool:
        """Does that farmer certainly have no such disk any more?"""
        farmer = self._facts.farmer(place[0])
        known = farmer is not None and isinstance(farmer.disks, Known)
        return known and self._facts.disk(*place) is None

    # what lies and stands there

    @cached_property
    def stored(self) -> frozenset[There]:
        """The plots that stand at a farmer under their final names."""
        return frozenset(
            (*place, stored.name) for place, disk in self._facts.disks.items() for stored in disk.holds
        )

    @cached_property
    def parts(self) -> Mapping[There, Part]:
        """The parts that this host has begun to copy, where the whole plot does not stand beside it."""
        host = self._facts.seen.host
        return {
            (*place, part.plot): part
            for place, disk in self._facts.disks.items()
            for part in disk.parts
            if part.host == host and (*place, part.plot) not in self.stored
        }

    @cached_property
    def places(self) -> Mapping[str, Sequence[Place]]:
        """The disks on each device."""
        found: dict[str, list[Place]] = defaultdict(list)
        for place, disk in self._facts.disks.items():
            if isinstance(disk.space, Known):
                found[disk.space.value.device].append(place)
        return found

    @cached_property
    def begun(self) -> Mapping[str, Sequence[Place]]:
        """Where parts of each plot lie that this host has begun to copy, at farmers of the spec."""
        found: dict[str, list[Place]] = defaultdict(list)
        for farmer, disk, plot in self.parts:
            if farmer in self._facts.archives:
                found[plot].append((farmer, disk))
        return found

    def fresh(self, part: Part) -> bool:
        """May another host's part still grow?"""
        return self._facts.wall_age(part.modified) < STALE

    # what moves

    @cached_property
    def from_source(self) -> Counter[str]:
        """How many transfers are under way from each directory."""
        return Counter(transfer.source for transfer in self._facts.moving.values())

    @cached_property
    def onto(self) -> Counter[Place]:
        """How many to each disk."""
        return Counter((transfer.farmer, transfer.disk) for transfer in self._facts.moving.values())

    def shown(self, transfer: Transfer) -> bool:
        """Has its farmer looked at that disk since it ended, so that what it left there can be seen?"""
        if transfer.outcome == "running":
            return False
        disk = self._facts.disk(transfer.farmer, transfer.disk)
        if disk is None or disk.boundless or not isinstance(disk.space, Known):
            return False
        farmer = self._facts.farmer(transfer.farmer)
        asked = farmer.asked if farmer is not None else None
        # An end that is dated after now lies before every answer: a clock that was set back must not hold it.
        return asked is None or not asked.at <= ended_at(transfer) <= self._facts.now.at

    @cached_property
    def unseen(self) -> Mapping[Place, Mapping[str, Transfer]]:
        """By disk and plot the transfers of which it does not show yet what they take there."""
        found: dict[Place, dict[str, Transfer]] = defaultdict(dict)
        for transfer in self._facts.transfers:
            place = (transfer.farmer, transfer.disk)
            there = (*place, transfer.plot)
            answers = self._facts.disk_device(*place) is not None
            if answers and there not in self.parts and there not in self.stored and not self.shown(transfer):
                found[place][transfer.plot] = transfer
        return found

    @cached_property
    def met(self) -> frozenset[str]:
        """The names of plots of which a farmer or the journal tells."""
        names = {plot for _, _, plot in (*self.stored, *self.parts)}
        return frozenset(names | self._facts.last_transfer.keys())

    # what follows

    @cached_property
    def setbacks(self) -> Mapping[Subject, Setback]:
        """As `setbacks.setbacks`."""
        return setbacks.setbacks(self._facts)

    @cached_property
    def bound(self) -> Mapping[str, Bound]:
        """As `bound.bound`."""
        return bound.bound(self._facts)

    def may_go_on(self, place: Place, plot: str) -> bool:
        """May this host still write the rest of a part that lies there, though it does not now?

        Also where it cannot be told: the plot may be in a directory that does not answer, or bound for a
        farmer that does not.
        """
        if plot in self.waiting:
            goes = self.bound.get(plot)
            return goes is not None and (goes.place == place or self._facts.disk_device(*goes.place) is None)
        return plot not in self._facts.moving and (self._may_wait is None or plot in self._may_wait)
