"""Every job of a device played on to its end: how much room that takes, and whether each could finish. Pure."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

from reconciler import reserve
from reconciler.forecast import Course, Outlook, outlook, slack
from reconciler.state import Absent, Job, Known
from reconciler.want import Admitted, Spawn

if TYPE_CHECKING:
    from reconciler.facts import Facts

LATE = 3.0
"""Ticks within which what goes another way than forecast is seen and answered."""

MARGIN = 0.5
"""How much more than predicted is to be left over, as a part of the most that a job which is let go may take.

With less of it, where tmp is what is short, one job that is late makes others stand still, and these make more.
"""


def with_spawn(facts: Facts, admitted: Admitted, device: str, want: Spawn) -> Outlook | None:
    """What a device will see with that job, too, beyond what it may take unseen; None: it cannot be told."""
    own = of_spawn(facts, want, device)
    if own is None:
        return None
    known = [own]
    fixed = reserve.promised(facts, admitted, device)
    for started in admitted.spawns:
        course, claim = of_spawn(facts, started, device), reserve.of_spawn(facts, started).get(device, 0)
        if course is not None:
            known.append(course)
            fixed -= claim
    resumed = {steer.job.id for steer in admitted.steers if steer.kind == "resume"}
    for job, course in facts.courses(device).items():
        known.append(course.going(course.moves or job in resumed))
        fixed -= facts.claims[job].get(device, 0)
    return outlook(_room(facts, device) - fixed - unseen(facts, known), known)


def going(facts: Facts, device: str, jobs: Collection[str]) -> Outlook:
    """What a device will see if only these of its jobs go on, beyond what they may take unseen."""
    known = _only(facts, device, jobs)
    return outlook(_room(facts, device) - _fixed(facts, device) - unseen(facts, known), known)


def spare(facts: Facts, device: str, jobs: Collection[str]) -> float:
    """Bytes that are left over now if one job after the other would take all that it may, as far as it is going.

    Less what these jobs may take until anybody looks again. Negative: these cannot all go on.
    """
    known = _only(facts, device, jobs)
    return slack(_room(facts, device) - _fixed(facts, device), known) - unseen(facts, known)


def unseen(facts: Facts, courses: Collection[Course]) -> float:
    """Bytes that jobs may take before anybody has looked at them and stopped them."""
    late = LATE * facts.spec.scheduling.tick
    return sum(course.grows(late) for course in courses)


def _only(facts: Facts, device: str, jobs: Collection[str]) -> list[Course]:
    return [course.going(job in jobs) for job, course in facts.courses(device).items()]


def _room(facts: Facts, device: str) -> int:
    return facts.free(device) - facts.floor(device)


def _fixed(facts: Facts, device: str) -> int:
    """Bytes that are promised whatever the time: to those of whom it cannot be told how they go on."""
    told = sum(facts.claims[job].get(device, 0) for job in facts.courses(device))
    return facts.promised.get(device, 0) - told


def of_job(facts: Facts, job: Job, device: str) -> Course | None:
    """How a job goes on, on that device; None: that cannot be told."""
    if not (isinstance(job.tmp, Known) and isinstance(job.tmp2, Absent) and isinstance(job.k, Known)):
        return None
    if facts.device(job.tmp.value) != device or not isinstance(job.phase, Known):
        return None
    stays = any(facts.device(path) == device for path in job.dsts or (job.tmp.value,))
    way = facts.past.way(job.plotter, job.k.value, job.tmp.value, job.options, stays=stays)
    if way is None or job.phase.value not in way.spans:
        return None
    age = facts.age(job.since)
    passed = way.passed(job.phase.value, age)
    # What should have ended by now waits for something else, which frees nothing until nobody knows when.
    overdue = passed >= way.seconds and age > way.seconds
    goes = job.run == "running" and job.health == "running" and not overdue
    return Course(way, passed, goes)


def of_spawn(facts: Facts, want: Spawn, device: str) -> Course | None:
    """How a new job would go, on that device; None: that cannot be told."""
    if want.tmp2 is not None or facts.device(want.tmp) != device or facts.spec.plotting is None:
        return None
    stays = facts.device(want.dst) == device
    way = facts.past.way(want.plotter, want.k, want.tmp, facts.spec.plotting.options, stays=stays)
    return None if way is None else Course(way, 0.0)
