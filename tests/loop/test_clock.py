"""The wall clock may be set while the loop runs: starts come neither in a burst nor to a stop."""

from __future__ import annotations

from functools import partial
from itertools import pairwise
from math import inf

import pytest

from reconciler.simulate import Fuse
from tests.loop.farm import Farm

DAY = 86400.0


@pytest.mark.parametrize(("jump", "after"), [(DAY, 130.0), (-DAY, 1000.0), (-1800.0, 1000.0), (30.0, 2600.0)])
def test_a_clock_that_jumps_once_changes_nothing_that_is_done(jump: float, after: float) -> None:
    clean = Farm(plotting={"stop_after": 6})
    clean.run(clean.loop())
    farm = Farm(plotting={"stop_after": 6})
    farm.computer.clock.later(after, lambda: farm.computer.clock.jump(jump))
    farm.run(farm.loop())
    assert not farm.broken
    assert len(farm.begun) == 6
    assert farm.computer.clock.time < clean.computer.clock.time + 600


@pytest.mark.parametrize("jump", [DAY, -DAY])
def test_a_new_loop_after_a_jump_starts_no_job_too_many(jump: float) -> None:
    for at in ("start: log published", "start: forked", "spawn: performed", "archive: performed"):
        farm = Farm(plotting={"stop_after": 6})
        fuse = Fuse(at)

        def step(name: str, farm: Farm = farm, fuse: Fuse = fuse) -> None:
            if name == fuse.at:
                farm.computer.clock.jump(jump)
            fuse(name)

        farm.run_to_the_end(step=step)
        assert not farm.broken
        assert len(farm.begun) == 6


def test_a_clock_that_will_not_stand_still_breaks_no_limit() -> None:
    farm = Farm(plotting={"stop_after": 6})
    for number in range(1, 60):
        by = -DAY * number if number % 2 else DAY * number
        farm.computer.clock.later(97.0 * number, partial(farm.computer.clock.jump, by))
    farm.run(farm.loop())
    assert not farm.broken
    assert len(farm.begun) == 6


@pytest.mark.parametrize("jump", [0.0, DAY, -DAY])
@pytest.mark.parametrize("after", [1.0, 1500.0])
def test_after_a_reboot_the_work_goes_on_whatever_the_clock_says_then(jump: float, after: float) -> None:
    farm = Farm(plotting={"stop_after": 6}, clean={"orphans_after": "10m"})
    farm.run(farm.loop(), done=lambda: farm.computer.clock.time >= after)
    lost = len(farm.computer.jobs)
    farm.computer.reboot()
    farm.computer.clock.jump(jump)
    begun = farm.computer.clock.time
    farm.run(farm.loop(), done=lambda: len(farm.begun) > lost)
    # A start that is dated after now is long past; nothing waits for a clock to catch up.
    assert farm.computer.clock.time <= begun + 120
    if jump == -DAY:
        farm.computer.clock.later(600.0, partial(farm.computer.clock.jump, DAY))
    farm.run(farm.loop(), done=lambda: farm.finished() and not farm.leftovers())
    # Between two boots only the wall clock tells how long ago something was.
    assert not [breach for breach in farm.broken if jump == 0 or "a start only" not in breach]
    assert len(farm.begun) == 6 + lost


def test_no_tick_follows_another_without_a_reason() -> None:
    farm = Farm(plotting={"stop_after": 6})
    moments: list[float] = []
    farm.run(farm.loop(report=lambda event: moments.append(farm.computer.clock.time)))
    waits = [later - earlier for earlier, later in pairwise(moments) if later > earlier]
    assert min(waits, default=inf) > 0.049
    assert len(waits) < (moments[-1] - moments[0]) / 60.0 + 60
