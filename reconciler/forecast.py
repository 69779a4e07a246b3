"""How much room there will be: every job played on to its end, as jobs like it went here. Pure.

A job's way is a line through what its plotter's definition says that it holds, phase by phase, stretched to the
times that finished jobs took here. What nothing is known of is no part of it: it counts with all that it may take.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache
from itertools import pairwise
from statistics import median

from reconciler.noun import noun
from reconciler.plotters import Leg, Plotter
from reconciler.state import Phase, Start

Knot = tuple[float, float]
"""Seconds from the start, and bytes held then; the line between two knots is straight."""
SURE = 0.8
"""The part of what a job is thought to hold that is counted on to come free at its end."""


@noun
class Way:
    """What one kind of job holds on one device from its start to its end.

    knots: ascending. left: bytes that stay. spans: from when to when each phase lasts, in seconds.
    claims: when each phase ends, and the most bytes that a job in it may still take; ascending.
    """

    knots: tuple[Knot, ...]
    left: int
    spans: Mapping[Phase, tuple[float, float]]
    claims: tuple[tuple[float, int], ...] = ()

    @property
    def seconds(self) -> float:
        """How long it takes."""
        return self.knots[-1][0]

    def at(self, seconds: float) -> float:
        """Bytes held that long after the start; what comes free at the end is still held at that very moment."""
        if seconds > self.seconds:
            return float(self.left)
        after = max(1, bisect_left(self.knots, (seconds,)))
        (since, held), (until, then) = self.knots[after - 1], self.knots[after]
        return held + (then - held) * (seconds - since) / (until - since) if until > since else then

    def claim(self, seconds: float) -> int:
        """The most bytes that may still come, that long after the start."""
        after = bisect_left(self.claims, (seconds,))
        return self.claims[after][1] if after < len(self.claims) else 0

    def passed(self, phase: Phase | None, age: float) -> float:
        """Seconds that are behind a job of this phase and age: its age, as far as the phase agrees."""
        begins, until = self.spans.get(phase, (0.0, 0.0)) if phase is not None else (0.0, 0.0)
        return min(max(age, begins), until)

    def fastest(self, passed: float) -> float:
        """Bytes a second by which it grows at most from then on."""
        steepest = _steepest(self.knots)
        after = bisect_right(steepest, passed, key=_until)
        return steepest[after][1] if after < len(steepest) else 0.0


@lru_cache(maxsize=256)
def _steepest(knots: tuple[Knot, ...]) -> tuple[Knot, ...]:
    """When each line ends, and bytes a second of the steepest from it on; 0 where all go down."""
    found: list[Knot] = []
    most = 0.0
    for (since, held), (until, then) in reversed([*pairwise(knots)]):
        if until > since:
            most = max(most, (then - held) / (until - since))
            found.append((until, most))
    return tuple(reversed(found))


def _until(line: Knot) -> float:
    return line[0]


@noun
class Course:
    """One job on its way. passed: seconds of the way that are behind it. moves: it does not stand still."""

    way: Way
    passed: float
    moves: bool = True

    def going(self, moves: bool) -> Course:
        """The same, if it moves, or stands still."""
        return self if moves == self.moves else Course(self.way, self.passed, moves)

    def then(self, seconds: float) -> tuple[int, float]:
        """The most bytes that it may still take that long from now, and those that it holds then."""
        passed = self.passed + seconds if self.moves else self.passed
        return self.way.claim(passed), self.way.at(passed)

    def grows(self, seconds: float) -> float:
        """Bytes that it takes at most within that time."""
        if not self.moves:
            return 0.0
        return min(self.way.claim(self.passed), seconds * self.way.fastest(self.passed))


@noun
class Outlook:
    """What jobs that go on together leave of some room, at the worst moment of each.

    room: bytes, moment: in how many seconds. slack: bytes that are left over even if, from some moment on, one job
    after the other takes all that it may while the others stand still; negative: not every job could finish.
    """

    room: float
    moment: float
    slack: float


def outlook(room: float, courses: Sequence[Course]) -> Outlook:
    """Play these jobs on to their ends, beginning with so much room."""
    ends = {
        end - course.passed
        for course in courses
        if course.moves
        for end, _ in course.way.claims
        if end > course.passed
    }
    held = sum(course.then(0.0)[1] for course in courses)
    least = Outlook(room, 0.0, slack(room, courses))
    # Between two ends of phases all lines are straight, and no claim changes: the worst lies at one of the ends.
    for moment in sorted(ends):
        then = [course.then(moment) for course in courses]
        left = room + held - sum([holds for _, holds in then])
        # Whoever may take most leaves the least, were it the first: mostly that is more than at another moment.
        spare = left - max([claim for claim, _ in then], default=0)
        if spare < least.slack:
            spare = _slack(left, zip(then, courses, strict=True))
        if left < least.room:
            least = Outlook(left, moment, min(spare, least.slack))
        elif spare < least.slack:
            least = Outlook(least.room, least.moment, spare)
    return least


def slack(room: float, courses: Sequence[Course]) -> float:
    """The banker's rule: bytes left over if one job after the other takes all that it may, and then ends.

    Whoever may take least goes first, and what it holds comes free for the next.
    """
    return _slack(room, ((course.then(0.0), course) for course in courses))


def _slack(room: float, jobs: Iterable[tuple[tuple[int, float], Course]]) -> float:
    least = room
    for claim, frees in sorted((claim, held - course.way.left) for (claim, held), course in jobs):
        least = min(least, room - claim)
        room += SURE * max(0.0, frees)
    return least


def way(
    legs: Sequence[Leg], ends: Mapping[int, float], left: int, claims: Callable[[Phase], int]
) -> Way | None:
    """A way through these legs. ends: seconds until the end of each major phase; None: one is missing.

    claims: the most bytes that a job may still take from any moment of a phase on.
    """
    begins = _begins(legs, ends)
    if begins is None:
        return None
    knots: list[Knot] = [(0.0, 0.0)]
    held = 0
    for leg, (since, until) in zip(legs, pairwise(begins), strict=True):
        if until == since:
            continue
        if leg.held < held:
            knots.append((since, float(held)))
        knots.append((until, float(leg.held)))
        held = leg.held
    spans = {leg.phase: span for leg, span in zip(legs, pairwise(begins), strict=True)}
    may_take = tuple((until, claims(phase)) for phase, (since, until) in spans.items() if until > since)
    return Way(tuple(knots), left, spans, may_take)


def _begins(legs: Sequence[Leg], ends: Mapping[int, float]) -> list[float] | None:
    """When each leg begins, and when the last one ends: the shares within a major phase, stretched to its time."""
    majors = sorted({leg.phase.major for leg in legs})
    if not legs or any(major not in ends for major in majors):
        return None
    first = [min(leg.begins for leg in legs if leg.phase.major == major) for major in majors]
    shares = [*first, 1.0]
    times = [0.0, *(ends[major] for major in majors)]

    def seconds(leg: Leg) -> float:
        at = majors.index(leg.phase.major)
        width = shares[at + 1] - shares[at]
        part = (leg.begins - shares[at]) / width if width > 0 else 0.0
        return times[at] + (times[at + 1] - times[at]) * part

    return [*map(seconds, legs), times[-1]]


def ends(starts: Iterable[Start], plotter: Plotter, k: int, tmp: str) -> Mapping[int, float]:
    """Seconds that finished jobs of this kind took until the end of each major phase, in the middle.

    Those on the same tmp count, where there are any. What no milestone tells of ends with the job.
    """
    alike = [
        start
        for start in starts
        if start.plotter == plotter.name and start.k == k and start.outcome == "finished" and start.milestones
    ]
    mine = [start for start in alike if start.tmp == tmp] or alike
    told = [_told(start) for start in mine]
    found: dict[int, float] = {}
    least = 0.0
    for number, major in enumerate(sorted({phase.major for phase in plotter.phases}) if told else ()):
        took = (each[min(number, len(each) - 1)] for each in told)
        found[major] = least = max(least, median(took))
    return found


def _told(start: Start) -> tuple[float, ...]:
    """Seconds until the end of each phase and of the job.

    What a log says of its phases cannot have taken longer than the job lasted.
    """
    said = (*start.milestones, max(start.seconds or 0.0, start.milestones[-1]))
    lasted = start.ended - start.since.at if start.ended is not None else 0.0
    if lasted <= 0:
        return said
    shorter = min(1.0, lasted / said[-1]) if said[-1] > 0 else 1.0
    return (*(each * shorter for each in start.milestones), lasted)
