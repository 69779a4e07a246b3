"""Every job of a device played on to its end: how much room that takes, and whether each could finish. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from reconciler import forecast, reserve
from reconciler.forecast import Course
from reconciler.state import Absent, Job, Known
from reconciler.want import Admitted, Spawn

if TYPE_CHECKING:
    from reconciler.facts import Facts

SURE = 0.8
"""The part of what a job is thought to hold that is counted on to come free at its end."""
LATE = 5.0
"""Ticks within which what goes another way than forecast is seen and answered."""


@dataclass(frozen=True, slots=True)
class Prospect:
    """What a device will see, if all goes on as it is.

    more: bytes that its jobs take more than now, at most at once; moment: in how many seconds.
    fixed: bytes that are promised whatever the time, or may be taken before anybody looks again.
    safe: beside all that, one job after the other could finish while the others stand still.
    """

    more: float
    moment: float
    fixed: int
    safe: bool


def prospect(facts: Facts, admitted: Admitted, device: str, want: Spawn) -> Prospect | None:
    """With that job, too; None: it cannot be told how it would go."""
    own = of_spawn(facts, want, device)
    if own is None:
        return None
    courses = [(own, reserve.of_spawn(facts, want).get(device, 0))]
    for started in admitted.spawns:
        course, claim = of_spawn(facts, started, device), reserve.of_spawn(facts, started).get(device, 0)
        if course is not None and claim:
            courses.append((course, claim))
    courses += _running(facts, device)
    fixed = reserve.promised(facts, admitted, device) - sum(claim for _, claim in courses[1:])
    fixed += _unseen(facts, courses)
    more, moment = forecast.most([course for course, _ in courses])
    room = facts.free(device) - facts.floor(device) - fixed
    return Prospect(more, moment, fixed, _finish(room, courses))


def safe(facts: Facts, device: str) -> bool:
    """Could each of its jobs finish, one after the other, above the floor?"""
    claims = facts.promised.get(device, 0)
    room = facts.free(device) - facts.floor(device)
    if claims <= room:
        return True
    courses = _running(facts, device)
    if not courses:
        return True
    fixed = claims - sum(claim for _, claim in courses) + _unseen(facts, courses)
    return _finish(room - fixed, courses)


def _unseen(facts: Facts, courses: Sequence[tuple[Course, int]]) -> int:
    """Bytes that jobs may take before anybody has looked at them and stopped them."""
    late = LATE * facts.spec.scheduling.tick
    return round(
        sum(
            claim * min(1.0, late / max(1.0, course.way.seconds)) for course, claim in courses if course.moves
        )
    )


def _finish(room: float, courses: Sequence[tuple[Course, int]]) -> bool:
    """The banker's rule: is there an order in which every job gets all that it may take?

    Whoever takes least goes first, and what it holds comes free for the next.
    """
    for course, claim in sorted(courses, key=lambda each: each[1]):
        if claim > room:
            return False
        room += SURE * max(0.0, course.held - course.way.left)
    return True


def _running(facts: Facts, device: str) -> list[tuple[Course, int]]:
    """The jobs of a device whose course is known, each with what it may still take at most."""
    found = []
    for job in facts.jobs:
        claim = facts.claims[job.id].get(device, 0)
        course = of_job(facts, job, device) if claim else None
        if course is not None:
            found.append((course, claim))
    return found


def of_job(facts: Facts, job: Job, device: str) -> Course | None:
    """How a job goes on, on that device; None: that cannot be told."""
    if not (isinstance(job.tmp, Known) and isinstance(job.tmp2, Absent) and isinstance(job.k, Known)):
        return None
    if facts.device(job.tmp.value) != device or not isinstance(job.phase, Known):
        return None
    stays = any(facts.device(path) == device for path in job.dsts or (job.tmp.value,))
    way = facts.way(job.plotter, job.k.value, job.tmp.value, job.options, stays=stays)
    if way is None or job.phase.value not in way.spans:
        return None
    goes = job.run == "running" and job.health == "running"
    return Course(way, way.passed(job.phase.value, facts.age(job.since)), goes)


def of_spawn(facts: Facts, want: Spawn, device: str) -> Course | None:
    """How a new job would go, on that device; None: that cannot be told."""
    if want.tmp2 is not None or facts.device(want.tmp) != device or facts.spec.plotting is None:
        return None
    stays = facts.device(want.dst) == device
    way = facts.way(want.plotter, want.k, want.tmp, facts.spec.plotting.options, stays=stays)
    return None if way is None else Course(way, 0.0)
