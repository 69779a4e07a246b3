"""The search finds what is good, in few trials, and nothing that loses a job."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler.tune.search import search
from reconciler.tune.setting import Group, Setting, Tmp
from reconciler.tune.trial import Trial, best

from .trials import trial

ONE = (Group(("/a", "/b")),)
TWO = (Group(("/a",)), Group(("/b", "/c")))


def run(
    start: list[Setting],
    groups: tuple[Group, ...],
    worth: Callable[[Setting], tuple[float, int]],
    most: int = 30,
) -> list[Trial]:
    """All trials of one search. worth: plots a day and jobs lost."""
    tried: list[Trial] = []
    steps = search(iter(start), groups, most)
    batch = next(steps, None)
    while batch is not None:
        found = [trial(*worth(setting), setting) for setting in batch]
        tried += found
        try:
            batch = steps.send(found)
        except StopIteration:
            batch = None
    return tried


def hill(setting: Setting) -> tuple[float, int]:
    """Best with 12 jobs, one every 2000 s."""
    return 40 - abs(setting.max_jobs - 12) - abs(setting.stagger - 2000) / 200, 0


def test_a_hill_is_climbed_from_afar() -> None:
    found = best(run([Setting(4, 5000, (Tmp(2, 2),))], ONE, hill))
    assert found is not None
    assert found.plots_a_day > 37


def test_what_differs_between_drives_is_found() -> None:
    def worth(setting: Setting) -> tuple[float, int]:
        slow, fast = setting.tmps
        return 40 - abs(slow.jobs - 1) - abs(fast.jobs - 7), 0

    found = best(run([Setting(9, 600, (Tmp(3, 3), Tmp(3, 3)))], TWO, worth))
    assert found is not None
    assert found.setting is not None
    assert [tmp.jobs for tmp in found.setting.tmps] == [1, 7]


def test_whatever_loses_a_job_is_out_however_much_it_makes() -> None:
    def worth(setting: Setting) -> tuple[float, int]:
        return float(setting.max_jobs), int(setting.max_jobs > 10)

    found = best(run([Setting(6, 600, (Tmp(9, 9),))], ONE, worth))
    assert found is not None
    assert found.setting is not None
    assert found.setting.max_jobs == 10


def test_a_search_in_which_all_lose_jobs_has_no_best() -> None:
    assert best(run([Setting(6, 600, (Tmp(9, 9),))], ONE, lambda _: (9.0, 1))) is None


SETTINGS = st.builds(
    Setting,
    st.integers(1, 40),
    st.integers(1, 9000),
    st.tuples(*[st.builds(Tmp, st.integers(1, 12), st.integers(1, 12))] * 2),
)


@settings(max_examples=40, deadline=None)
@given(st.lists(SETTINGS, min_size=1, max_size=4), st.integers(0, 30), st.integers(0, 10**6))
def test_no_setting_is_tried_twice_nor_more_than_asked_for(
    start: list[Setting], most: int, salt: int
) -> None:
    start = [setting.sound(TWO) for setting in start]

    def worth(setting: Setting) -> tuple[float, int]:
        return hash((setting, salt)) % 1000 / 25, hash((salt, setting)) % 5 == 0

    tried = run(start, TWO, worth, most)
    every = [each.setting for each in tried]
    assert len(every) == len(set(every)) <= most
    assert all(setting is not None and setting == setting.sound(TWO) for setting in every)
    assert run(start, TWO, worth, most) == tried


@pytest.mark.parametrize("most", [1, 5, 9])
def test_more_trials_find_no_less(most: int) -> None:
    few, many = (best(run([Setting(4, 5000, (Tmp(2, 2),))], ONE, hill, count)) for count in (most, most + 4))
    assert few is not None
    assert many is not None
    assert many.plots_a_day >= few.plots_a_day * 0.998
