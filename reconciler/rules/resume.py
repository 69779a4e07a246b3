"""Proposer: let jobs go on that a person resumes, or that were stopped for want of room and have it now."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from reconciler import courses
from reconciler.facts import Facts
from reconciler.spec.units import show_size
from reconciler.state import Job
from reconciler.want import Admitted, Steer


def propose(facts: Facts, _admitted: Admitted) -> Iterator[Steer]:
    """Wishes first; then jobs whose reason to stand still has passed, the one with least to grow first.

    Only jobs with a note of ours are resumed unasked: who stopped a job by hand keeps it stopped.
    Above the mark jobs go on as far as the room above the floor carries all of them, or as jobs went here never come
    so far that one could not finish. Where nothing moves one
    goes on in any case, or else no room would ever come free. A job that was stopped by a wish which is over
    was never the cause of a shortage, and waits only while there is one. A job that does not count goes on when its
    wish says so or is over, and is left alone where the want of room stopped it.
    """
    stopped = [job for job in facts.all_jobs if job.run == "suspended"]
    for job in stopped:
        wish = facts.wish(job)
        if wish is not None and wish.verb == "resume":
            yield Steer(kind="resume", job=job, by="override", note=f"asked for by {wish.who}")
    noted = [job for job in stopped if job.suspended_by is not None and facts.wish(job) is None]
    waiting = [job for job in noted if job.suspended_by != "space" or job.id in facts.claims]
    if not waiting:
        return
    room = {device: _room(facts, device) for device in facts.devices}
    moving = {device: _moving(facts, device) for device in facts.devices}
    resumed: set[str] = set()
    every = {job.id: facts.claims.get(job.id, {}) for job in waiting}
    for job in sorted(waiting, key=lambda job: (sum(every[job.id].values()), job.id)):
        claims = {device: size for device, size in every[job.id].items() if size > 0}
        asked = job.suspended_by != "space"
        if all(
            not moving[device]
            or (facts.free(device) >= facts.floor(device) if asked else size <= room[device])
            or _in_time(facts, device, {*resumed, job.id}, size)
            for device, size in claims.items()
        ):
            for device, size in claims.items():
                room[device] -= size
                moving[device] = True
            for device in facts.devices:
                moving[device] |= job.id in facts.holders(device)
            resumed.add(job.id)
            note = "the wish that stopped it is over" if asked else _note(facts, job)
            yield Steer(kind="resume", job=job, by="override" if asked else "space", note=note)


def _room(facts: Facts, device: str) -> int:
    """Bytes above the floor that no running job may still take; none below the mark."""
    free = facts.free(device)
    if free < facts.mark(device):
        return 0
    taken = sum(facts.claims[job.id].get(device, 0) for job in facts.jobs if job.run != "suspended")
    return free - taken - facts.floor(device)


def _in_time(facts: Facts, device: str, resumed: Collection[str], size: int) -> bool:
    """Would, as jobs went here, each there still be able to finish if these went on, too?"""
    if facts.free(device) < facts.mark(device) or not facts.courses(device):
        return False
    going = {job.id for job in facts.jobs if job.run != "suspended"}.union(resumed)
    return courses.going(facts, device, going).slack >= courses.MARGIN * size


def _moving(facts: Facts, device: str) -> bool:
    """Does any job go on that takes room there, or will leave what it holds?"""
    return any(
        facts.claims[job.id].get(device, 0) > 0 or (job.run == "running" and job.id in facts.holders(device))
        for job in facts.jobs
        if job.run != "suspended"
    )


def _note(facts: Facts, job: Job) -> str:
    devices = [device for device, size in facts.claims[job.id].items() if size > 0]
    if not devices:
        return "it takes no more room"
    device = min(devices, key=lambda device: (facts.free(device), device))
    free, mark, path = facts.free(device), facts.mark(device), facts.devices[device][0]
    if free < mark:
        return f"{show_size(free)} free on {path}, and no other job there is on its way to free more"
    return f"{show_size(free)} free >= {show_size(mark)} on {path}"
