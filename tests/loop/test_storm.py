"""Everything goes wrong at once, in any order: no limit is exceeded, no plot lost, and the work ends."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Literal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reconciler.simulate import Crash, Fate, Pace
from reconciler.simulate.disks import Disks
from reconciler.simulate.faults import fill
from reconciler.simulate.plotting import PlotJob
from reconciler.simulate.processes import Process
from tests.loop.farm import DISKS, DSTS, GB, LOGS, TMPS, Farm

PLACES = (*TMPS, *DSTS, *DISKS, LOGS)
LASTS = 400.0
"""Seconds after which a fault of a place is over."""
LONG = 2400.0
"""Seconds for which it storms."""

Blow = Callable[[Farm], None]


class Storm:
    """What the running loop asks at each of its steps: has it been killed meanwhile?"""

    def __init__(self) -> None:
        self.struck = False

    def __call__(self, name: str) -> None:
        if self.struck:
            self.struck = False
            raise Crash(name)


def _disks(path: str, farm: Farm) -> Disks:
    return farm.farms[-1] if path in DISKS else farm.computer.disks


def _hang(path: str, farm: Farm) -> None:
    device = _disks(path, farm).device(path)
    device.hung = True
    farm.computer.clock.later(LASTS, partial(setattr, device, "hung", False))


def _unmount(path: str, farm: Farm) -> None:
    device = _disks(path, farm).device(path)
    device.mounted = False
    farm.computer.clock.later(LASTS, partial(setattr, device, "mounted", True))


def _fill(path: str, farm: Farm) -> None:
    disks = _disks(path, farm)
    fill(disks, path, 10 * GB)
    farm.computer.clock.later(LASTS, partial(setattr, disks.device(path), "others", 0))


def _cut(link: Literal["down", "silent"], farm: Farm) -> None:
    """The link to a farmer, where there is one."""
    for host in farm.hosts.values():
        host.link = link
        farm.computer.clock.later(LASTS, partial(setattr, host, "link", "up"))


def _blind(farm: Farm) -> None:
    farm.computer.faults.process_table = "permission denied"
    farm.computer.clock.later(LASTS, partial(setattr, farm.computer.faults, "process_table", None))


def _kill_process(which: int, farm: Farm) -> None:
    living = farm.computer.processes.living
    if living:
        farm.computer.processes.kill(living[which % len(living)])


def _hide_log(which: int, farm: Farm) -> None:
    living = [process for process in farm.computer.processes.living if process.output is not None]
    if living:
        output = living[which % len(living)].output
        assert output is not None
        output.readable = False
        farm.computer.clock.later(LASTS, partial(setattr, output, "readable", True))


def _stop_by_hand(which: int, farm: Farm) -> None:
    if farm.computer.jobs:
        process, _ = farm.computer.jobs[which % len(farm.computer.jobs)]
        farm.computer.processes.stop(process)
        farm.computer.clock.later(LASTS, partial(farm.computer.processes.go_on, process))


def _jump(seconds: float, farm: Farm) -> None:
    farm.computer.clock.jump(seconds)


def _slow(seconds: float, farm: Farm) -> None:
    farm.computer.faults.exec_delay = seconds


def _doom(phase: str, farm: Farm) -> None:
    """The next job dies at that phase."""

    def fate(process: Process) -> Fate | None:
        if not isinstance(process.doing, PlotJob):
            return None
        farm.computer.faults.fate = lambda _: None
        return Fate(at=phase, words="Error: no such luck")

    farm.computer.faults.fate = fate


_places = st.sampled_from(PLACES)
_numbers = st.integers(0, 9)
_blows: st.SearchStrategy[Blow | None] = st.one_of(
    st.none(),
    st.builds(partial, st.just(_hang), _places),
    st.builds(partial, st.just(_unmount), _places),
    st.builds(partial, st.just(_fill), st.sampled_from((*TMPS, *DISKS))),
    st.builds(partial, st.just(_cut), st.sampled_from(["down", "silent"])),
    st.just(_blind),
    st.builds(partial, st.just(_kill_process), _numbers),
    st.builds(partial, st.just(_hide_log), _numbers),
    st.builds(partial, st.just(_stop_by_hand), _numbers),
    st.builds(partial, st.just(_jump), st.sampled_from([-86400.0, -600.0, 600.0, 86400.0])),
    st.builds(partial, st.just(_slow), st.sampled_from([0.0, 0.5, 3.0])),
    st.builds(partial, st.just(_doom), st.sampled_from(["1:0", "1:3", "3:5", "5:0"])),
)
"""None: the loop is killed."""


@pytest.mark.parametrize("hosts", [(), ("far.lan",)])
@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.tuples(st.floats(1.0, LONG), _blows), max_size=12), st.integers(0, 3))
def test_no_storm_breaks_a_limit_or_loses_a_plot_and_the_farm_recovers(
    hosts: tuple[str, ...], blows: list[tuple[float, Blow | None]], seed: int
) -> None:
    farm = Farm(
        pace=Pace(k32=600.0, copy=2e9),
        seed=seed,
        hosts=hosts,
        plotting={"stop_after": 5},
        clean={"orphans_after": "10m"},
    )
    farm.computer.disks.mount(LOGS, 10**9)
    storm = Storm()
    for moment, blow in blows:
        strike = partial(setattr, storm, "struck", True) if blow is None else partial(blow, farm)
        farm.computer.clock.later(moment, strike)

    def recovered() -> bool:
        calm = farm.computer.clock.time > LONG + LASTS
        return calm and len(farm.stored()) >= 5 and not farm.waiting() and not farm.computer.processes.living

    for _ in range(20):
        try:
            farm.run(farm.loop(step=storm), hours=48, done=recovered)
        except Crash:
            continue
        break
    assert recovered()
    assert not [breach for breach in farm.broken if "was full" not in breach]
