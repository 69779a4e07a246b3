"""Limit: the whole plot fits on the disk, after all that is under way to it."""

from __future__ import annotations

from reconciler import reserve
from reconciler.facts import Facts
from reconciler.spec.units import show_size
from reconciler.state import Known
from reconciler.want import Admitted, Move, Verdict, Want


def judge(facts: Facts, admitted: Admitted, want: Want) -> Verdict | None:
    """Room there now, less what is promised, holds the file above the farmer's floor.

    A plot that stands there already needs none; one of which a part lies there may use the floor too, since it
    was begun above it.
    """
    if not isinstance(want, Move):
        return None
    disk = facts.disk(want.farmer, want.disk)
    if disk is None or not isinstance(disk.space, Known):
        return Verdict(rule="farm_room", ok=False, text=f"{want.target}: its room is not known")
    if disk.boundless:
        return Verdict(rule="farm_room", ok=True, text=f"{want.target}: its room is not ours to judge")
    stands, begun = _met(facts, want) if want.plot.name in facts.traffic.met else (False, False)
    floor = 0 if begun else facts.archives[want.farmer].floor
    free = disk.space.value.free
    promised = reserve.promised(facts, admitted, disk.space.value.device)
    left = free - promised - reserve.of_move(facts, want)
    return Verdict(
        rule="farm_room",
        ok=left >= floor or stands,
        text=f"{show_size(want.plot.bytes)}, {show_size(free)} free there"
        + (f", {show_size(promised)} promised" if promised else "")
        + (f", floor {show_size(floor)}" if floor else ""),
        value=left,
        limit=floor,
        unit="bytes",
    )


def _met(facts: Facts, want: Move) -> tuple[bool, bool]:
    """Does that plot stand there, and has it been begun there?"""
    there = (*want.place, want.plot.name)
    return there in facts.traffic.stored, there in facts.traffic.parts or reserve.kept(facts, want)
