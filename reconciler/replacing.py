"""Old plots that may give way to new ones, and what became of those that did, indexed once a tick. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from functools import cached_property
from math import inf
from typing import TYPE_CHECKING

from reconciler.errand import entry_of
from reconciler.farmer import Disk, OldPlot
from reconciler.match import matches
from reconciler.setbacks import Setback
from reconciler.state import Known, Removal
from reconciler.want import Place

if TYPE_CHECKING:
    from reconciler.facts import Facts
    from reconciler.spec.farmers import Archive, Replace

DAY = 86400.0
DOUBTFUL = "removing"
"""The step from which on a removal that failed may have removed its plot all the same."""


class Replacing:
    """What rules read of old plots."""

    def __init__(self, facts: Facts) -> None:
        self._facts = facts

    @cached_property
    def removals(self) -> tuple[Removal, ...]:
        """Those that are known, as they began."""
        seen = self._facts.seen.removals
        return seen.value if isinstance(seen, Known) else ()

    @cached_property
    def old(self) -> Mapping[Place, tuple[OldPlot, ...]]:
        """By disk the plots that the spec lets give way there and that nothing speaks for, oldest first."""
        gone = {(each.farmer, each.disk, each.plot) for each in self.open if each.outcome != "failed"}
        found: dict[Place, tuple[OldPlot, ...]] = {}
        for place, disk in self._facts.disks.items():
            archive = self._facts.archives.get(place[0])
            if archive is not None and archive.replace is not None:
                plots = self._matching(archive.replace, disk)
                free = [plot for plot in plots if (*place, plot.name) not in gone]
                found[place] = tuple(sorted(free, key=lambda plot: (plot.modified, plot.name)))
        return found

    def _matching(self, replace: Replace, disk: Disk) -> Iterator[OldPlot]:
        own, before = self._facts.traffic.own, replace.match.before
        spoken_for = {stored.name for stored in disk.holds} | {part.plot for part in disk.parts}
        for plot in disk.old.value if isinstance(disk.old, Known) else ():
            # What this host has, moves or has just moved, is no old plot, whatever it is made of.
            if plot.name in spoken_for or plot.name in self._facts.last_transfer:
                continue
            if before is not None and not self._day(plot.modified) < before.isoformat():
                continue
            if matches(replace.match, plot.k, plot.compression, Known(plot.contract), own):
                yield plot

    def _day(self, wall: float) -> str:
        """The local day of a wall clock, as 2022-01-01. A time that no calendar has is never before any day."""
        try:
            return datetime.fromtimestamp(wall + self._facts.seen.utc_offset, UTC).date().isoformat()
        except (ValueError, OverflowError, OSError):
            return "9999-12-31"

    # what became of them

    @cached_property
    def open(self) -> tuple[Removal, ...]:
        """Those that are under way, or of which their farmer's last answer cannot tell yet."""
        return tuple(each for each in self.removals if self._is_open(each))

    def _is_open(self, removal: Removal) -> bool:
        if removal.outcome == "running":
            return True
        farmer = self._facts.farmer(removal.farmer)
        if farmer is None or farmer.asked is None or not may_have_removed(removal):
            return False
        # An end that is dated after now lies before every answer: a clock that was set back must not hold it.
        return farmer.asked.at <= ended_at(removal) <= self._facts.now.at

    def spent(self, farmer: str) -> Sequence[float]:
        """When each plot that was removed there within a day, or may have been, counts no more; wall clock, ascending.

        Infinite for those dated after now: a clock that was set back must not let more go.
        """
        ended = [ended_at(each) for each in self.removals if each.farmer == farmer and may_have_removed(each)]
        now = self._facts.now.at
        return sorted(inf if at > now else at + DAY for at in ended if now - at < DAY)

    def setback(self, place: Place) -> Setback | None:
        """Failures in a row of removals from a disk, since the last success, a changed entry in the spec or `kick`."""
        entry = entry_of(self._facts.archives[place[0]])
        count, last, words = 0, -inf, ""
        for each in sorted(self.removals, key=lambda each: (ended_at(each), each.id)):
            if (each.farmer, each.disk) != place or each.outcome == "running" or each.entry != entry:
                continue
            if each.outcome == "finished":
                count = 0
            elif ended_at(each) > self._facts.kicked:
                count, last, words = count + 1, ended_at(each), each.error or "no word why"
        return Setback(count, self._facts.wall_age(last), words) if count else None


def may_have_removed(removal: Removal) -> bool:
    """Is the plot gone, or may it be?"""
    return removal.outcome != "failed" or removal.kind is None or removal.step == DOUBTFUL


def ended_at(removal: Removal) -> float:
    """Wall clock of a removal's end, as far as its log tells."""
    return removal.ended or removal.since.at


def room_to_make(archive: Archive) -> int:
    """Bytes that must be free beside a new plot, where others give way to it."""
    assert archive.replace is not None
    return archive.floor + archive.replace.keep_free
