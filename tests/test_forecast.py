"""Jobs played on to their end: never less room than the sum of their ways leaves, and an order in which all finish."""

from __future__ import annotations

from itertools import pairwise, permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler import forecast
from reconciler.forecast import SURE, Course, Way, outlook, slack, way
from reconciler.plotters import Plotters
from reconciler.state import Instant, Outcome, Phase, Start

CHIA = Plotters.load()["chia"]
ENDS = {1: 8135.0, 2: 11440.0, 3: 17955.0, 4: 18380.0, 5: 18558.0}
PEAK = CHIA.peak(32, False).tmp
ROOM = 6.0 * PEAK


def whole(left: int = 0) -> Way:
    made = way(CHIA.course(32), ENDS, left, lambda phase: CHIA.growth(32, phase, False).tmp)
    assert made is not None
    return made


def still(held: int, claim: int) -> Course:
    """A job that holds so much all the time, and may take so much until its end."""
    return Course(Way(((0.0, held), (100.0, held)), 0, {}, ((100.0, claim),)), 50.0)


WAY = whole()
COURSES = st.lists(st.builds(Course, st.just(WAY), st.floats(0, WAY.seconds), st.booleans()), max_size=8)
STILL = st.lists(st.builds(still, st.integers(0, 200), st.integers(0, 200)), max_size=5)


def test_a_way_lasts_as_long_as_the_phases_and_never_holds_more_than_the_peak() -> None:
    assert WAY.seconds == ENDS[5]
    assert max(held for _, held in WAY.knots) == PEAK
    assert [seconds for seconds, _ in WAY.knots] == sorted(seconds for seconds, _ in WAY.knots)
    assert WAY.at(WAY.seconds + 1) == 0
    assert whole(left=7).at(WAY.seconds + 1) == 7


def test_each_phase_lasts_from_its_beginning_to_the_next() -> None:
    spans = [WAY.spans[phase] for phase in sorted(WAY.spans)]
    assert spans[0][0] == 0 and spans[-1][1] == ENDS[5]
    assert all(before[1] == after[0] for before, after in pairwise(spans))
    assert WAY.spans[Phase(3, 1)][0] == pytest.approx(ENDS[2])


@given(st.floats(0, 1e5), st.sampled_from(sorted(WAY.spans)))
def test_a_job_is_where_its_phase_says_however_old_it_is(age: float, phase: Phase) -> None:
    begins, until = WAY.spans[phase]
    assert begins <= WAY.passed(phase, age) <= until


def test_a_new_job_alone_will_take_its_peak_and_leaves_nothing_at_its_end() -> None:
    ahead = outlook(ROOM, [Course(WAY, 0.0)])
    assert ahead.room == ROOM - PEAK
    assert WAY.at(ahead.moment) == pytest.approx(PEAK)
    assert WAY.claim(0.0) == PEAK and WAY.claim(WAY.seconds + 1) == 0


@given(COURSES, st.floats(0, 2e4))
def test_no_moment_is_worse_than_the_outlook_says(courses: list[Course], later: float) -> None:
    """At a moment in between, with each job looked up by itself."""
    ahead = outlook(ROOM, courses)
    then = [Course(each.way, each.passed + later * each.moves, each.moves) for each in courses]
    left = ROOM - sum(each.then(0.0)[1] for each in then) + sum(each.then(0.0)[1] for each in courses)
    assert left >= ahead.room - 1
    assert slack(left, then) >= ahead.slack - 1


def test_jobs_well_apart_fit_where_their_peaks_do_not() -> None:
    apart = [Course(WAY, WAY.seconds * number / 6) for number in range(6)]
    held = sum(each.then(0.0)[1] for each in apart)
    assert outlook(4.8 * PEAK - held, apart).room > 0
    together = [Course(WAY, 0.0)] * 6
    assert outlook(ROOM, together).room == pytest.approx(0.0)


@given(st.integers(0, 600), STILL)
def test_whoever_needs_least_goes_first_and_that_finds_an_order_wherever_there_is_one(
    room: int, jobs: list[Course]
) -> None:
    def works(order: tuple[Course, ...]) -> bool:
        left = float(room)
        for job in order:
            claim, held = job.then(0.0)
            if claim > left:
                return False
            left += SURE * held
        return True

    assert (slack(room, jobs) >= 0) == any(map(works, permutations(jobs)))


@given(st.data(), st.integers(0, 600), STILL)
def test_what_is_safe_stays_safe_by_as_much_as_jobs_took_meanwhile(
    data: st.DataObject, room: int, jobs: list[Course]
) -> None:
    """Whichever jobs go on between two looks, and whatever they take of their claims."""
    took = [data.draw(st.integers(0, job.then(0.0)[0])) for job in jobs]
    then = [
        still(int(held) + more, claim - more)
        for more, (claim, held) in zip(took, (job.then(0.0) for job in jobs), strict=True)
    ]
    assert slack(room - sum(took), then) >= slack(room, jobs) - sum(took) - 1e-6


@given(COURSES, st.floats(0, 600))
def test_no_job_takes_more_unseen_than_is_reckoned_with(courses: list[Course], late: float) -> None:
    for course in courses:
        claim, held = course.then(0.0)
        assert min(claim, course.then(late)[1] - held) <= course.grows(late) + 1
        assert 0 <= course.grows(late) <= (claim if course.moves else 0)


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
    assert ends == {} and way(CHIA.course(32), ends, 0, lambda _: 0) is None
    assert way((), ENDS, 0, lambda _: 0) is None
