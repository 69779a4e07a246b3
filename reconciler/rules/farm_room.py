"""Limit: the whole plot fits on the disk, after all that is under way to it."""

from __future__ import annotations

from reconciler import reserve
from reconciler.facts import Facts
from reconciler.spec.units import show_size
from reconciler.state import Known
from reconciler.want import Admitted, Move, Verdict, Want


def judge(facts: Facts, admitted: Admitted, want: Want) -> Verdict | None:
    """Room there now, less what is promised, holds the file above the farmer's floor.

    A plot that stands there already, or that has its part there, brings its own reservation.
    """
    if not isinstance(want, Move):
        return None
    disk = facts.disk(want.farmer, want.disk)
    if disk is None or not isinstance(disk.space, Known):
        return Verdict(rule="farm_room", ok=False, text=f"{want.target}: its room is not known")
    floor = facts.spec.archiver(want.farmer).floor
    free = disk.space.value.free
    promised = reserve.promised(facts, admitted, disk.space.value.device)
    need = reserve.of_move(facts, want)
    left = free - promised - need
    return Verdict(
        rule="farm_room",
        ok=left >= floor or need == 0,
        text=f"{show_size(want.plot.bytes)}, {show_size(free)} free there"
        + (f", {show_size(promised)} promised" if promised else "")
        + (f", floor {show_size(floor)}" if floor else ""),
        value=left,
        limit=floor,
        unit="bytes",
    )
