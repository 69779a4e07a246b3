"""Proposer: stop jobs, because a person asked, or so that those which go on can finish."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from reconciler import courses
from reconciler.facts import Facts
from reconciler.spec.units import show_size
from reconciler.state import Job
from reconciler.want import Admitted, Steer


def propose(facts: Facts, admitted: Admitted) -> Iterator[Steer]:
    """Wishes first; then, on each device below its floor, or where not every job could finish, as many as must.

    How many depends on what the jobs may still grow by and on the room that is left, never on how often
    one looks: until those that go on have room for all that they may take, or, as jobs went here, until
    each could still finish from every moment on. The job with most to grow stops first. One of a device always
    goes on, be it one that takes no more, so that space is always on its way to be freed. A job that a person
    resumed for a time is left running for that time. Of jobs that do not count only those of wishes are stopped.
    """
    for job in facts.all_jobs:
        wish = facts.wish(job)
        if wish is not None and wish.verb == "suspend" and job.run == "running":
            why = f": {wish.why}" if wish.why else ""
            yield Steer(kind="suspend", job=job, by="override", note=f"asked for by {wish.who}{why}")
    directories = facts.spec.directories
    tmps = {d.path for d in directories.tmp} | {d.path for d in directories.tmp2} | facts.draining
    for device in sorted(facts.devices):
        here = [path for path in facts.devices[device] if path in tmps]
        if here:
            yield from _make_room(facts, admitted, device, here)


def _make_room(facts: Facts, admitted: Admitted, device: str, here: Sequence[str]) -> Iterator[Steer]:
    """here: its tmp and tmp2 directories."""
    floor = max(facts.floor_of(path) for path in here)
    free = facts.free(device)
    if free >= floor and _promised(facts, device):
        return
    stopped = {steer.job.id for steer in admitted.steers if steer.kind in ("suspend", "kill")}
    moving = {job.id for job in facts.jobs if job.run == "running"} - stopped
    if free >= floor and _safe(facts, device, moving):
        return
    going = [job for job in _by_growth(facts, device) if job.run == "running" and job.id not in stopped]
    growing = sum(facts.claims[job.id].get(device, 0) for job in going)
    room = free if free < floor else free - floor
    resumed = {steer.job.id for steer in admitted.steers if steer.kind == "resume"}
    ends = any(not facts.claims[job].get(device) for job in facts.holders(device) & (moving | resumed))
    for job in going if ends else going[:-1]:
        if growing <= room or (free >= floor and courses.going(facts, device, moving).slack >= 0):
            return
        wish = facts.wish(job)
        if wish is not None and wish.until is not None:
            continue
        grows = facts.claims[job.id].get(device, 0)
        growing -= grows
        moving.discard(job.id)
        yield Steer(
            kind="suspend",
            job=job,
            by="space",
            note=f"{_shortage(free, floor, here[0])}, {show_size(grows)} still to grow",
        )


def _promised(facts: Facts, device: str) -> bool:
    """Is there room for all that jobs there may take, above the floor?"""
    return facts.promised.get(device, 0) <= facts.free(device) - facts.floor(device)


def _safe(facts: Facts, device: str, moving: Collection[str]) -> bool:
    """Could each job there finish, one after the other, above the floor, also when these went on for a while?"""
    return not facts.courses(device) or courses.spare(facts, device, moving) >= 0


def _shortage(free: int, floor: int, path: str) -> str:
    if free < floor:
        return f"{show_size(free)} free < floor {show_size(floor)} on {path}"
    return f"{show_size(free)} free on {path}, where not every job could finish above the floor of {show_size(floor)}"


def _by_growth(facts: Facts, device: str) -> Sequence[Job]:
    """Jobs that still take room on a device, the one with most to grow first."""
    growing = [job for job in facts.jobs if facts.claims[job.id].get(device, 0) > 0]
    return sorted(growing, key=lambda job: (-facts.claims[job.id][device], job.id))
