"""Limit: every job on a tmp or tmp2 device can finish, and the new one too, above the floor."""

from __future__ import annotations

from reconciler import courses, reserve
from reconciler.facts import Facts
from reconciler.spec.units import show_duration, show_size
from reconciler.want import Admitted, Spawn, Verdict, Want


def judge(facts: Facts, admitted: Admitted, want: Want) -> Verdict | None:
    """Room now, less what is promised and what this job takes at its most, stays above the floor.

    Where that is not so, it may be enough that it never comes all at once: as jobs like these went here, the room
    stays above the floor at every moment, and from every moment on one after the other could finish.
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
    resumed = {steer.job.id for steer in admitted.steers if steer.kind == "resume"}
    stopped = (job for job in facts.on_device.get(device, ()) if job.suspended_by == "space")
    waits = next((job for job in stopped if job.run == "suspended" and job.id not in resumed), None)
    if waits is not None:
        text = f"job {waits.id[:8]} stands still on {path} for want of room, and goes first"
        return Verdict(rule="tmp_space", ok=False, text=text)
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
    ahead = courses.with_spawn(facts, admitted, device, want)
    if ahead is None:
        return None
    floor, margin = facts.floor(device), courses.MARGIN * need
    left = int(ahead.room - margin) + floor
    safe = ahead.slack >= margin
    text = (
        f"{show_size(facts.free(device))} free on {want.tmp}, {show_size(max(0, left))} of it left in"
        f" {show_duration(ahead.moment)} as jobs went here, above the floor of {show_size(floor)}"
    )
    if left >= floor and not safe:
        text += "; but not every job could finish if the others stood still"
    return Verdict(rule="tmp_space", ok=safe, text=text, value=left, limit=floor, unit="bytes")
