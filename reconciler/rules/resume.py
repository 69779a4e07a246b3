"""Proposer: let jobs go on that a person resumes, or that were stopped for want of room and have it now."""

from __future__ import annotations

from collections.abc import Iterator

from reconciler.facts import Facts
from reconciler.spec.units import show_size
from reconciler.state import Job
from reconciler.want import Admitted, Steer


def propose(facts: Facts, _admitted: Admitted) -> Iterator[Steer]:
    """Wishes first; then jobs whose reason to stand still has passed, the one with least to grow first.

    Only jobs with a note of ours are resumed unasked: who stopped a job by hand keeps it stopped.
    Above the mark jobs go on as far as the room above the floor carries all of them, but at least one.
    """
    stopped = [job for job in facts.jobs if job.run == "suspended"]
    for job in stopped:
        wish = facts.wish(job)
        if wish is not None and wish.verb == "resume":
            yield Steer(kind="resume", job=job, by="override", note=f"asked for by {wish.who}")
        elif wish is None and job.suspended_by == "override":
            yield Steer(kind="resume", job=job, by="override", note="the wish that stopped it is over")
    room = {device: _room(facts, device) for device in facts.devices}
    moving = {device: _moving(facts, device) for device in facts.devices}
    waiting = [job for job in stopped if job.suspended_by == "space" and facts.wish(job) is None]
    for job in sorted(waiting, key=lambda job: (sum(facts.claims[job.id].values()), job.id)):
        claims = {device: size for device, size in facts.claims[job.id].items() if size > 0}
        if any(room[device] is None for device in claims):
            continue
        if all(claims[device] <= (room[device] or 0) or not moving[device] for device in claims):
            for device, size in claims.items():
                room[device] = (room[device] or 0) - size
                moving[device] = True
            yield Steer(kind="resume", job=job, by="space", note=_note(facts, job))


def _room(facts: Facts, device: str) -> int | None:
    """Bytes above the floor that no running job may still take; None below the mark."""
    free = facts.free(device)
    if free < facts.mark(device):
        return None
    taken = sum(facts.claims[job.id].get(device, 0) for job in facts.jobs if job.run != "suspended")
    return free - taken - facts.floor(device)


def _moving(facts: Facts, device: str) -> bool:
    return any(job.run != "suspended" and facts.claims[job.id].get(device, 0) > 0 for job in facts.jobs)


def _note(facts: Facts, job: Job) -> str:
    devices = [device for device, size in facts.claims[job.id].items() if size > 0]
    if not devices:
        return "it takes no more room"
    device = min(devices, key=lambda device: (facts.free(device), device))
    free, mark = show_size(facts.free(device)), show_size(facts.mark(device))
    return f"{free} free >= {mark} on {facts.devices[device][0]}"
