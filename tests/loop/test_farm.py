"""The loop makes a farm what its spec says, and looks the same whoever looks."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest

from reconciler import documents
from reconciler.loop import Ticked
from reconciler.observe import Observer
from reconciler.plan import plan
from reconciler.simulate import Pace, SimulatedMachine, SimulatedWorld
from tests.loop.farm import GB, PEAK, PLOT, Farm, actions, plotters


@pytest.mark.parametrize(
    ("seed", "changes"),
    [
        (0, {}),
        (1, {"scheduling": {"stagger": "auto"}}),
        (2, {"archive": [{"name": "farm", "disks": "/farm/*", "limits": {"transfers": 1}}]}),
        (3, {"archive": [{"name": "farm", "disks": "/farm/*", "limits": {"per_source": 2, "per_disk": 2}}]}),
        (
            4,
            {
                "scheduling": {
                    "max_jobs": 6,
                    "tmp": {"max_jobs": "auto", "stagger": {"until": "1:4", "at_most": 1}},
                }
            },
        ),
    ],
)
def test_every_plot_is_made_and_archived_exactly_once_within_all_limits(
    seed: int, changes: dict[str, Any]
) -> None:
    farm = Farm(seed=seed, plotting={"stop_after": 9}, **changes)
    farm.run(farm.loop())
    assert not farm.broken
    assert len(farm.stored()) == len(farm.begun) == 9
    assert not farm.leftovers()


def test_no_device_falls_below_its_floor_when_all_jobs_take_their_most() -> None:
    farm = Farm(
        tmp_bytes=3 * PEAK // 2,
        plotting={"stop_after": 12},
        scheduling={"max_jobs": 12, "stagger": 0, "tmp": {"max_jobs": "auto"}},
    )
    farm.run(farm.loop())
    assert not farm.broken
    assert all(device.lowest >= 20 * GB for device in farm.computer.disks.devices)


def test_jobs_wait_while_dst_cannot_take_their_plots_and_go_on_once_the_farm_is_back() -> None:
    farm = Farm(plotting={"stop_after": 12}, pace=Pace(k32=600.0, copy=1e9))
    for path in ("/farm/0", "/farm/1", "/farm/2"):
        farm.computer.disks.device(path).mounted = False
    loop = farm.loop()
    farm.run(loop, done=lambda: not farm.computer.processes.living and len(farm.waiting()) == 6)
    assert all(device.lowest >= 20 * GB for device in farm.computer.disks.devices)
    for path in ("/farm/0", "/farm/1", "/farm/2"):
        farm.computer.disks.device(path).mounted = True
    farm.run(loop)
    assert not farm.broken


def test_a_fresh_observer_sees_what_the_kept_one_sees_and_json_carries_all_of_it() -> None:
    farm = Farm(plotting={"stop_after": 5}, clean={"orphans_after": "6h"}, scheduling={"tick": "3m"})
    ticks = 0

    def compare(event: object) -> None:
        nonlocal ticks
        if not isinstance(event, Ticked):
            return
        ticks += 1
        warm = kept.look(farm.spec)
        cold = Observer(SimulatedWorld(SimulatedMachine(farm.computer)), plotters()).look(farm.spec)
        assert warm == cold
        if ticks % 5 == 0:
            told = documents.observation_from_json(documents.to_json(warm), "observation.json")
            assert told == warm
            assert plan(farm.spec, told, plotters()) == plan(farm.spec, warm, plotters())

    kept = Observer(SimulatedWorld(farm.machine), plotters())
    farm.run(farm.loop(report=compare))
    assert ticks > 15


def test_a_second_tick_right_after_the_first_has_only_holds() -> None:
    farm = Farm(plotting={"stop_after": 6})
    loop = farm.loop()
    acted = 0
    with loop.locks():
        while not farm.finished():
            acted += len(loop.tick().outcomes)
            again = loop.tick()
            assert not actions(again), farm.summary()
            assert again.plan.holds
            farm.advance(60.0)
    assert acted == 12


def test_a_loop_that_runs_until_settled_ends_when_all_is_done_and_not_while_that_is_unknown() -> None:
    farm = Farm(plotting={"stop_after": 3})
    farm.loop().run(lambda: False, until_settled=True)
    assert farm.finished()
    farm.computer.faults.process_table = "permission denied"
    farm.computer.clock.later(7200.0, partial(setattr, farm.computer.faults, "process_table", None))
    before = farm.computer.clock.time
    farm.loop().run(lambda: False, until_settled=True)
    assert farm.computer.clock.time >= before + 7200


def test_a_plot_larger_than_any_farm_disk_stays_where_it_landed() -> None:
    farm = Farm(plotting={"stop_after": 1})
    for path in ("/farm/0", "/farm/1", "/farm/2"):
        farm.computer.disks.device(path).others = 8 * PLOT - PLOT // 2
    farm.run(farm.loop(), done=lambda: len(farm.waiting()) == 1 and not farm.computer.processes.living)
    held = farm.loop().tick()
    assert [hold.rule for hold in held.plan.holds if hold.kind == "archive"] == ["farm_room"]
