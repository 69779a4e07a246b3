"""Limit: every job on a tmp or tmp2 device can finish, and the new one too, above the floor."""

from __future__ import annotations

from reconciler import reserve
from reconciler.facts import Facts
from reconciler.spec.units import show_size
from reconciler.want import Admitted, Spawn, Verdict, Want


def judge(facts: Facts, admitted: Admitted, want: Want) -> Verdict | None:
    """Room now, less what is promised and what this job takes at its most, stays above the floor."""
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
    return Verdict(
        rule="tmp_space",
        ok=left >= floor,
        text=f"{show_size(free)} free on {path}, {show_size(promised)} promised,"
        f" needs {show_size(need)} above the floor of {show_size(floor)}",
        value=left,
        limit=floor,
        unit="bytes",
    )
