"""Limit: the finished plot has a place to land."""

from __future__ import annotations

from reconciler import reserve
from reconciler.facts import Facts
from reconciler.spec.units import show_size
from reconciler.want import Admitted, Spawn, Verdict, Want


def judge(facts: Facts, admitted: Admitted, want: Want) -> Verdict | None:
    """Room on dst now, less every plot bound for it, holds one more above the floor.

    No drain is credited: a plot that lands waits there for as long as the farmers may be away.
    """
    if not isinstance(want, Spawn):
        return None
    device = facts.device(want.dst)
    if device is None:
        return Verdict(rule="dst_space", ok=False, text=f"{want.dst}: its device is not known")
    if device in (facts.device(want.tmp), facts.device(want.tmp2) if want.tmp2 else None):
        return Verdict(rule="dst_space", ok=True, text=f"{want.dst} shares its disk with the temporary files")
    need = reserve.of_spawn(facts, want).get(device, 0)
    free = facts.free(device)
    promised = reserve.promised(facts, admitted, device)
    floor = facts.floor(device)
    left = free - promised - need
    return Verdict(
        rule="dst_space",
        ok=left >= floor,
        text=f"{show_size(free)} free on {want.dst}, {show_size(promised)} promised,"
        f" needs {show_size(need)} above the floor of {show_size(floor)}",
        value=left,
        limit=floor,
        unit="bytes",
    )
