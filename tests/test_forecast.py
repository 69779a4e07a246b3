"""Jobs played on to their end: never less room than the sum of their ways leaves, and an order in which all finish."""

from __future__ import annotations

from itertools import pairwise, permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler import forecast
from reconciler.courses import SURE, _finish
from reconciler.forecast import Course, Way, most, way
from reconciler.plotters import Plotters
from reconciler.state import Instant, Outcome, Phase, Start

CHIA = Plotters.load()["chia"]
ENDS = {1: 8135.0, 2: 11440.0, 3: 17955.0, 4: 18380.0, 5: 18558.0}
PEAK = CHIA.peak(32, False).tmp


def whole(left: int = 0) -> Way:
    made = way(CHIA.course(32), ENDS, left)
    assert made is not None
    return made


WAY = whole()
COURSES = st.lists(st.builds(Course, st.just(WAY), st.floats(0, WAY.seconds), st.booleans()), max_size=8)


def test_a_way_lasts_as_long_as_the_phases_and_never_holds_more_than_the_peak() -> None:
    assert WAY.seconds == ENDS[5]
    assert max(held for _, held in WAY.knots) == PEAK
    assert [seconds for seconds, _ in WAY.knots] == sorted(seconds for seconds, _ in WAY.knots)
    assert WAY.at(WAY.seconds + 1) == 0
    assert whole(left=7).at(WAY.seconds) == 7


def test_each_phase_lasts_from_its_beginning_to_the_next() -> None:
    spans = [WAY.spans[phase] for phase in sorted(WAY.spans)]
    assert spans[0][0] == 0 and spans[-1][1] == ENDS[5]
    assert all(before[1] == after[0] for before, after in pairwise(spans))
    assert WAY.spans[Phase(3, 1)][0] == pytest.approx(ENDS[2])


@given(st.floats(0, 1e5), st.sampled_from(sorted(WAY.spans)))
def test_a_job_is_where_its_phase_says_however_old_it_is(age: float, phase: Phase) -> None:
    begins, until = WAY.spans[phase]
    assert begins <= WAY.passed(phase, age) <= until


def test_a_new_job_alone_will_take_its_peak() -> None:
    more, moment = most([Course(WAY, 0.0)])
    assert more == PEAK
    assert WAY.at(moment) == pytest.approx(PEAK)


@given(COURSES, st.floats(0, 2e4))
def test_no_moment_takes_more_than_is_forecast(courses: list[Course], later: float) -> None:
    """At a moment in between two knots, each job looked up by itself."""
    more, _ = most(courses)
    taken = sum(course.way.at(course.passed + later) - course.held for course in courses if course.moves)
    assert taken <= more + 1


def test_jobs_well_apart_fit_where_their_peaks_do_not() -> None:
    apart = [Course(WAY, WAY.seconds * number / 6) for number in range(6)]
    more, _ = most(apart)
    assert sum(course.held for course in apart) + more < 0.8 * 6 * PEAK
    together = [Course(WAY, 0.0)] * 6
    assert most(together)[0] == pytest.approx(6 * PEAK)


@given(
    st.floats(0, 3 * PEAK),
    st.lists(st.tuples(st.floats(0, WAY.seconds), st.integers(0, PEAK)), max_size=5),
)
def test_whoever_needs_least_goes_first_and_that_finds_an_order_wherever_there_is_one(
    room: float, jobs: list[tuple[float, int]]
) -> None:
    courses = [(Course(WAY, passed), claim) for passed, claim in jobs]

    def works(order: tuple[tuple[Course, int], ...]) -> bool:
        left = room
        for course, claim in order:
            if claim > left:
                return False
            left += SURE * course.held
        return True

    assert _finish(room, courses) == any(map(works, permutations(courses)))


def start(tmp: str, *milestones: float, outcome: Outcome = "finished") -> Start:
    return Start(
        id="a" * 12, since=Instant(1e9, 1e5, "b"), plotter="chia", k=32, tmp=tmp, dst="/d",
        outcome=outcome, ended=1e9 + 1000, milestones=milestones, log="/l",
    )  # fmt: skip


def test_what_happened_on_the_same_tmp_counts_before_all_else() -> None:
    fast, slow = start("/fast", 100, 200, 300, 400), start("/slow", 500, 600, 700, 800)
    assert forecast.ends([fast, slow], CHIA, 32, "/fast")[1] == 100
    assert forecast.ends([fast, slow], CHIA, 32, "/slow")[1] == 500
    assert forecast.ends([fast, slow], CHIA, 32, "/new")[1] == 300
    assert forecast.ends([fast], CHIA, 32, "/fast") == {1: 100, 2: 200, 3: 300, 4: 400, 5: 1000}


def test_without_a_finished_job_there_is_no_way() -> None:
    ends = forecast.ends([start("/t", 100, outcome="failed")], CHIA, 32, "/t")
    assert ends == {} and way(CHIA.course(32), ends, 0) is None
    assert way((), ENDS, 0) is None
