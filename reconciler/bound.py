"""Where plots that wait have been on their way already: the place that they go on to, if there is one. Pure.

A plot goes on where it stands already; else where its last transfer was bound, if it left something there or
may have; else where a part of it lies. A target that holds it back for long is given up, but not the one where
it stands: two whole copies would be waste, while none is lost, since a mover removes the source only where it
has compared the whole plot, and of part files only its own.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from reconciler import reserve
from reconciler.errand import NOT_THERE
from reconciler.noun import noun
from reconciler.setbacks import MANY, ended_at
from reconciler.state import Known, Plot, Transfer
from reconciler.want import Place

if TYPE_CHECKING:
    from reconciler.facts import Facts

AWAY = 3600.0
"""Seconds after its last transfer for which a plot waits for a farmer that does not answer."""


@noun
class Bound:
    """A plot's place, and why there, in words."""

    place: Place
    why: str


def bound(facts: Facts) -> Mapping[str, Bound]:
    """That of each plot that waits and has one, by its name."""
    found = {
        name: place
        for name, plot in sorted(facts.traffic.waiting.items())
        if (place := _bound(facts, plot)) is not None
    }
    return dict(_fitting(facts, found))


def _bound(facts: Facts, plot: Plot) -> Bound | None:
    if plot.name not in facts.traffic.met:
        return None
    standing = facts.standing.get(plot.name)
    if standing is not None:
        return Bound(standing, "stands there already")
    last = _last(facts, plot.name)
    takers = {archive.name for archive in facts.traffic.takers(plot)}
    if last is not None and last.farmer in takers and _goes_on(facts, last):
        return Bound((last.farmer, last.disk), "goes on where it broke off")
    for place in facts.traffic.begun.get(plot.name, ()):
        given_up = last is not None and place == (last.farmer, last.disk) and last.kind in NOT_THERE
        if place[0] in takers and not given_up and not _hopeless(facts, place):
            return Bound(place, "part of it lies there")
    return None


def _last(facts: Facts, plot: str) -> Transfer | None:
    """The newest transfer of a plot that tells of its target: one that left nothing tells nothing of those before."""
    last = facts.last_transfer.get(plot)
    if last is None or _tells(last):
        return last
    return next((each for each in reversed(facts.transfers) if each.plot == plot and _tells(each)), last)


def _tells(transfer: Transfer) -> bool:
    return transfer.outcome != "failed" or transfer.kind in NOT_THERE or _may_have_left(transfer)


def _goes_on(facts: Facts, last: Transfer) -> bool:
    """May more of the plot stand at the target of its last transfer than at another place?"""
    place = (last.farmer, last.disk)
    if last.kind in NOT_THERE or _hopeless(facts, place) or facts.traffic.dropped(place):
        return False
    if facts.traffic.shown(last):
        return place in facts.traffic.begun.get(last.plot, ())
    if last.outcome == "failed" and not _may_have_left(last):
        return False
    answers = facts.disk_device(*place) is not None
    return answers or facts.wall_age(ended_at(last)) <= AWAY


def _may_have_left(last: Transfer) -> bool:
    """May something of a failed transfer lie at its target?

    A mover says from time to time how much does. One that was killed may have written more than it had said, from its
    first step on, after which it reserves its room there.
    """
    killed = last.kind is None and last.step != ""
    return last.done > 0 or killed or last.kind == "conflict"


def _hopeless(facts: Facts, place: Place) -> bool:
    """Is it being left alone for having failed too often?"""
    disk, farmer = facts.traffic.setbacks.get(place), facts.traffic.setbacks.get(place[0])
    return (disk is not None and disk.rest > 0) or (
        farmer is not None and farmer.count >= MANY and farmer.wait > 0
    )


def _fitting(facts: Facts, found: Mapping[str, Bound]) -> Iterator[tuple[str, Bound]]:
    """All but those whose part's rest has no room any more, after what is under way and the others in turn."""
    taken: dict[str, int] = defaultdict(int)
    for claims in (*facts.claims.values(), reserve.of_running(facts)):
        for device, size in claims.items():
            taken[device] += size
    for name, place in found.items():
        part = facts.traffic.parts.get((*place.place, name))
        disk = facts.disk(*place.place)
        if part is not None and disk is not None and isinstance(disk.space, Known) and not disk.boundless:
            space = disk.space.value
            rest = reserve.of_part(part)
            if rest > 0 and taken[space.device] + rest > space.free:
                continue
            taken[space.device] += rest
        yield name, place
