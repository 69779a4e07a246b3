"""How much room there will be: every job played on to its end, as jobs like it went here. Pure.

A job's way is a line through what its plotter's definition says that it holds, phase by phase, stretched to the
times that finished jobs took here. What nothing is known of is no part of it: it counts with all that it may take.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median

from reconciler.plotters import Leg, Plotter
from reconciler.state import Phase, Start

Knot = tuple[float, float]
"""Seconds from the start, and bytes held then; the line between two knots is straight."""


@dataclass(frozen=True, slots=True)
class Way:
    """What one kind of job holds on one device from its start to its end.

    knots: ascending. left: bytes that stay. spans: from when to when each phase lasts, in seconds.
    """

    knots: tuple[Knot, ...]
    left: int
    spans: Mapping[Phase, tuple[float, float]]

    @property
    def seconds(self) -> float:
        """How long it takes."""
        return self.knots[-1][0]

    def at(self, seconds: float) -> float:
        """Bytes held that long after the start."""
        if seconds >= self.seconds:
            return float(self.left)
        after = bisect_right(self.knots, (seconds, float("inf")))
        (since, held), (until, then) = self.knots[max(0, after - 1)], self.knots[after]
        return held + (then - held) * (seconds - since) / (until - since) if until > since else then

    def passed(self, phase: Phase | None, age: float) -> float:
        """Seconds that are behind a job of this phase and age: its age, as far as the phase agrees."""
        begins, until = self.spans.get(phase, (0.0, 0.0)) if phase is not None else (0.0, 0.0)
        return min(max(age, begins), until)


@dataclass(frozen=True, slots=True)
class Course:
    """One job on its way. passed: seconds of the way that are behind it. moves: it does not stand still."""

    way: Way
    passed: float
    moves: bool = True

    @property
    def held(self) -> float:
        """Bytes that it holds now."""
        return self.way.at(self.passed)

    def changes(self) -> tuple[Knot, ...]:
        """Seconds from now, and how many bytes more it holds then than now; it ends with what stays for good."""
        if not self.moves:
            return ()
        now = self.held
        ahead = [
            (seconds - self.passed, held - now) for seconds, held in self.way.knots if seconds > self.passed
        ]
        end = max(0.0, self.way.seconds - self.passed)
        return ((0.0, 0.0), *ahead, (end, self.way.left - now))


def most(courses: Iterable[Course]) -> tuple[float, float]:
    """The most bytes that they together ever hold more than now, and in how many seconds that is."""
    changes = [found for course in courses if (found := course.changes())]
    moments = sorted({seconds for change in changes for seconds, _ in change})
    # At the end of a job two values meet: the one before what it frees is gone is the larger.
    totals = [(sum(_value(change, moment) for change in changes), moment) for moment in moments]
    more, moment = max(totals, key=lambda total: (total[0], -total[1]), default=(0.0, 0.0))
    return max(0.0, more), moment


def _value(change: Sequence[Knot], seconds: float) -> float:
    """The line's value at a moment; the first of several that stand there."""
    if seconds >= change[-1][0]:
        return change[-1][1] if seconds > change[-1][0] else change[-2][1]
    after = bisect_right(change, (seconds, float("inf")))
    (since, held), (until, then) = change[after - 1], change[after]
    return held + (then - held) * (seconds - since) / (until - since) if until > since else held


def way(legs: Sequence[Leg], ends: Mapping[int, float], left: int) -> Way | None:
    """A way through these legs. ends: seconds until the end of each major phase; None: one is missing."""
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
    return Way(tuple(knots), left, spans)


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
