"""Limit: every job on a tmp or tmp2 device can finish, and the new one too, above the floor."""

from __future__ import annotations

from reconciler import courses, reserve
from reconciler.facts import Facts
from reconciler.spec.units import show_duration, show_size
from reconciler.want import Admitted, Spawn, Verdict, Want

MARGIN = 0.1
"""How much more than predicted jobs may take, as a part of the new job's most."""


def judge(facts: Facts, admitted: Admitted, want: Want) -> Verdict | None:
    """Room now, less what is promised and what this job takes at its most, stays above the floor.

    Where that is not so, it may be enough that it never comes all at once: as jobs like these went here, the room
    stays above the floor at every moment, and even if all stood still, one after the other could finish.
    """
    if not isinstance(want, Spawn):
        return None
    verdicts = [_one(facts, admitted, want, path) for path in (want.tmp, want.tmp2) if path is not None]
    return next((verdict for verdict in verdicts if not verdict.ok), verdicts[0])


def _one(facts: Facts, admitted: Admitted, want: Spawn, path: str) -> Verdict:
    device = facts.device(path)
    if device is None:
        return Verdict(rule="tmp_space", ok=False, text=f"{path}: its device is not known")
    need = reserve.of_spawn(facts, want).get(device, 0)
    free = facts.free(device)
    promised = reserve.promised(facts, admitted, device)
    floor = facts.floor(device)
    left = free - promised - need
    if left < floor and (verdict := _in_time(facts, admitted, want, device, need)) is not None:
        return verdict
    return Verdict(
        rule="tmp_space",
        ok=left >= floor,
        text=f"{show_size(free)} free on {path}, {show_size(promised)} promised,"
        f" needs {show_size(need)} above the floor of {show_size(floor)}",
        value=left,
        limit=floor,
        unit="bytes",
    )


def _in_time(facts: Facts, admitted: Admitted, want: Spawn, device: str, need: int) -> Verdict | None:
    """The same by how jobs like these went here; None: that is not known."""
    ahead = courses.prospect(facts, admitted, device, want)
    if ahead is None:
        return None
    floor = facts.floor(device)
    left = int(facts.free(device) - ahead.fixed - ahead.more - MARGIN * need)
    enough = left >= floor
    text = (
        f"{show_size(facts.free(device))} free on {want.tmp}, {show_size(max(0, left))} of it left in"
        f" {show_duration(ahead.moment)} as jobs went here, above the floor of {show_size(floor)}"
    )
    if enough and not ahead.safe:
        text += "; but not every job could finish if the others stood still"
    return Verdict(
        rule="tmp_space", ok=enough and ahead.safe, text=text, value=left, limit=floor, unit="bytes"
    )
