"""Limit: the finished plot has a place to land."""

from __future__ import annotations

from reconciler import reserve
from reconciler.facts import Facts
from reconciler.spec.units import show_duration, show_size
from reconciler.state import Known
from reconciler.want import Admitted, Spawn, Verdict, Want


def judge(facts: Facts, admitted: Admitted, want: Want) -> Verdict | None:
    """Room now, less every plot bound for it, holds one more above the floor.

    What farmers take until the plot lands is counted on in part, as far as the last day has shown how much that is,
    and while one of them is known to be good.
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
    text = (
        f"{show_size(free)} free on {want.dst}, {show_size(promised)} promised,"
        f" needs {show_size(need)} above the floor of {show_size(floor)}"
    )
    if left < floor and facts.rhythm is not None:
        waiting = promised + _lying(facts, device)
        leaves = facts.drain.leaves(facts.rhythm.seconds, waiting)
        if leaves > 0:
            left += leaves
            text += f"; {show_size(leaves)} leave in {show_duration(facts.rhythm.seconds)}"
    return Verdict(rule="dst_space", ok=left >= floor, text=text, value=left, limit=floor, unit="bytes")


def _lying(facts: Facts, device: str) -> int:
    """Bytes of the whole plots that wait there."""
    return sum(
        plot.bytes
        for path in facts.devices[device]
        if (directory := facts.directory(path)) is not None and isinstance(directory.plots, Known)
        for plot in directory.plots.value
        if plot.state == "ready"
    )
