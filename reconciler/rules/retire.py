"""Proposer: let old plots give way to new ones, where the spec asks for it and no disk has room any more."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from itertools import accumulate
from typing import TypeAlias

from reconciler import reserve
from reconciler.facts import Facts
from reconciler.farmer import OldPlot
from reconciler.replacing import room_to_make
from reconciler.state import Known, Plot
from reconciler.want import Admitted, Move, Place, Retire

ALL = ("paused", "in_all")
SHARED: Mapping[str, Callable[[Retire], Hashable]] = {
    **dict.fromkeys(("transfers", "per_link", "retire_cap"), lambda want: want.heir.farmer),
    **dict.fromkeys(
        ("quarantine", "archive_backoff", "per_disk", "retire_turn", "retire_backoff"),
        lambda want: want.heir.place,
    ),
    "per_source": lambda want: want.heir.plot.directory,
}
"""Limits that, once they have refused a candidate, refuse in this tick all others, or those that share so much."""

TRIES = 10
"""New plots that are refused for a reason of their own before the others wait for the next tick: how long one takes
must not grow with the backlog."""

Rank: TypeAlias = tuple[int, int, int, float, Place]
GB = 1_000_000_000


def propose(facts: Facts, admitted: Admitted) -> Iterator[Retire]:
    """For each waiting plot that no disk has room for, one old plot on each disk that can make room, best first.

    Where it needs several old plots, they go one after the other, each once the last is seen to be gone.
    """
    old = {place: plots for place, plots in facts.replacing.old.items() if plots}
    shut: set[Hashable] = set()
    tries = 0
    rooms = _rooms(facts, admitted) if old else {}
    for heir in _heirs(facts, admitted) if old else ():
        places = [place for place in old if not shut & {place, place[0]}]
        if not places or tries == TRIES:
            return
        if heir.directory in shut or _fits(facts, heir, rooms):
            continue
        before, unapproved = len(admitted.retires), False
        for want in _candidates(facts, heir, {place: old[place] for place in places}, rooms):
            if shut & {want.heir.farmer, want.heir.place}:
                continue
            yield want
            if len(admitted.retires) > before:
                shut.add(want.heir.place)
                rooms = _rooms(facts, admitted)
                break
            if admitted.refused_by in ALL:
                return
            if admitted.refused_by == "approval":
                # What was approved may be its next place: that was its best while others took the first.
                unapproved = True
                continue
            if admitted.refused_by not in SHARED:
                tries += 1
                break
            shut.add(SHARED[admitted.refused_by](want))
        tries += unapproved


def _heirs(facts: Facts, admitted: Admitted) -> Sequence[Plot]:
    """The plots that wait, go nowhere yet and have no old plot giving way to them, oldest first.

    What has begun to move has its room already.
    """
    traffic = facts.traffic
    served = {move.plot.name for move in admitted.moves} | {each.heir for each in facts.replacing.open}
    heirs = [p for name, p in traffic.waiting.items() if name not in served and name not in traffic.bound]
    return sorted(heirs, key=lambda plot: (plot.modified, plot.name))


def _rooms(facts: Facts, admitted: Admitted) -> Mapping[Place, int]:
    """Bytes that are left on each disk after all that is promised, its farmer's floor not counted, where known."""
    return {
        place: disk.space.value.free - reserve.promised(facts, admitted, disk.space.value.device)
        for place, disk in facts.disks.items()
        if isinstance(disk.space, Known) and disk.space.value.writable and not disk.boundless
    }


def _fits(facts: Facts, heir: Plot, rooms: Mapping[Place, int]) -> bool:
    """Is there room for it on any disk of a farmer that takes it, though another limit may hold it?"""
    floors = {archive.name: archive.floor for archive in facts.traffic.takers(heir)}
    for place, disk in facts.disks.items():
        if place[0] not in floors:
            continue
        move = Move(plot=heir, farmer=place[0], disk=place[1])
        # What an earlier try has left there is promised to it already.
        floor = 0 if reserve.kept(facts, move) else floors[place[0]]
        if disk.boundless or (place in rooms and rooms[place] - reserve.of_move(facts, move) >= floor):
            return True
    return False


def _candidates(
    facts: Facts, heir: Plot, old: Mapping[Place, Sequence[OldPlot]], rooms: Mapping[Place, int]
) -> Sequence[Retire]:
    """By farmers' priority, then where the fewest plots and bytes must go (to the GB), then the oldest."""
    found: list[tuple[Rank, Retire]] = []
    for archive in facts.traffic.takers(heir):
        for place, plots in old.items():
            if archive.replace is None or place[0] != archive.name or place not in rooms:
                continue
            move = Move(plot=heir, farmer=place[0], disk=place[1])
            need = reserve.of_move(facts, move) + room_to_make(archive) - rooms[place]
            chosen = choose(plots, need)
            if chosen is not None:
                first, count, total = chosen
                note = "no disk has room" + (f"; {count} must go, one after the other" if count > 1 else "")
                rank = (-archive.priority, count, total // GB, first.modified, place)
                found.append((rank, Retire(plot=first, heir=move, count=count, note=note)))
    return [want for _, want in sorted(found, key=lambda each: each[0])]


def choose(plots: Sequence[OldPlot], need: int) -> tuple[OldPlot, int, int] | None:
    """(the first to go, how many in all, their bytes) to make so many bytes free; None: all of them are too few.

    As few as can be; of those ways one with the fewest bytes, to the GB, and there the one that begins with the oldest.
    """
    sizes = sorted((plot.bytes for plot in plots), reverse=True)
    count = next((n for n, total in enumerate(accumulate(sizes), 1) if total >= need), None)
    if count is None or need <= 0:
        return None
    least, others = sizes[count - 1], sum(sizes[: count - 1])
    # One that is not among the largest takes the place of the least of those.
    totals = ((others + min(plot.bytes, least), plot) for plot in plots)
    total, first = min(
        ((total, plot) for total, plot in totals if total >= need),
        key=lambda each: (each[0] // GB, each[1].modified, each[1].name),
    )
    return first, count, total
