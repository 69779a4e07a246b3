"""The loop may end at any step: whoever comes after it finds the world, and loses or doubles nothing."""

from __future__ import annotations

from typing import Any

import pytest

from reconciler.simulate import Crash, Fuse, Pace
from tests.loop.farm import Farm

QUICK = Pace(k32=600.0, copy=2e9)


def _farm(**changes: Any) -> Farm:
    return Farm(pace=QUICK, plotting={"stop_after": 3}, scheduling={"tick": "2m", "max_jobs": 3}, **changes)


def _steps(farm: Farm) -> list[str]:
    fuse = Fuse()
    farm.run_to_the_end(step=fuse)
    return fuse.steps


def test_a_crash_at_any_step_loses_no_plot_and_starts_none_too_many() -> None:
    steps = _steps(_farm())
    assert {"start: log written", "start: log published", "start: forked", "archive: performed"} <= set(steps)
    for number, name in enumerate(steps):
        farm = _farm()
        assert farm.run_to_the_end(step=Fuse(number)) == 2, (number, name)
        assert not farm.broken, (number, name, farm.broken)
        assert len(farm.begun) == 3, (number, name)
        assert not farm.leftovers(), (number, name)


@pytest.mark.parametrize(
    "name",
    [
        "spawn: asked for",
        "start: log written",
        "start: log published",
        "start: forked",
        "start: started",
        "spawn: performed",
    ],
)
def test_with_a_slow_exec_and_one_job_allowed_there_is_never_a_second(name: str) -> None:
    farm = Farm(pace=QUICK, plotting={"stop_after": 3}, scheduling={"max_jobs": 1, "stagger": 0})
    farm.computer.faults.exec_delay = 3.0
    fuse = Fuse(name)
    farm.run_to_the_end(step=fuse)
    assert fuse.at is None
    assert not farm.broken
    assert len(farm.begun) == 3


@pytest.mark.parametrize("every", [4, 5, 7])
def test_crash_after_crash_still_ends_well(every: int) -> None:
    farm = _farm()
    passed = 0

    def step(name: str) -> None:
        nonlocal passed
        passed += 1
        if passed % every == 0:
            raise Crash(name)

    assert farm.run_to_the_end(step=step) > 3
    assert not farm.broken
    assert len(farm.begun) == 3
