"""Farmers on other machines: what is not known of them moves nothing, and what breaks is taken up again."""

from __future__ import annotations

from functools import partial
from typing import Literal

import pytest

from reconciler.loop import Event, Ticked
from reconciler.simulate import Crash, Fuse, Pace
from reconciler.simulate.network import Host
from reconciler.transports.names import part_name
from tests.loop.farm import DISKS, DSTS, PLOT, TMPS, Farm, actions, rules

Link = Literal["up", "down", "silent"]

FAR, NEAR = "far.lan", "near.lan"
SWIFT = Pace(k32=600.0, copy=2e9)


def _until(farm: Farm, seconds: float, host: Host, link: Link) -> None:
    farm.computer.clock.later(seconds, partial(setattr, host, "link", link))


def test_plots_reach_the_farmers_and_every_limit_holds() -> None:
    farm = Farm(pace=SWIFT, hosts=(FAR, NEAR), plotting={"stop_after": 8})
    farm.run_to_the_end()
    assert not farm.broken
    assert len(farm.stored()) == 8
    assert not farm.leftovers()
    assert len(farm.hosts) == 2


def test_the_first_tick_waits_for_no_farmer_and_the_answer_wakes_the_loop() -> None:
    farm = Farm(pace=SWIFT, hosts=(FAR,), plotting={"stop_after": 1})
    farm.run(farm.loop(), done=lambda: bool(farm.waiting()) and not farm.computer.jobs)
    farm.advance(100.0)
    loop = farm.loop()
    before = farm.computer.clock.time
    ticked = loop.tick()
    assert "archive" not in actions(ticked)
    assert "known" in rules(ticked, "archive")
    farm.run(loop, done=lambda: bool(farm.computer.moves))
    assert farm.computer.clock.time - before < 5.0, "the answer rang the bell"


@pytest.mark.parametrize("link", ["down", "silent"])
def test_a_farmer_that_is_away_holds_nothing_but_its_own_plots(link: Link) -> None:
    farm = Farm(pace=SWIFT, hosts=(FAR, NEAR), plotting={"stop_after": 6})
    farm.hosts[FAR].link = link
    farm.run_to_the_end()
    assert not farm.broken
    assert all(name.endswith(".plot") for path in DISKS for name, _ in farm.hosts[NEAR].disks.listing(path))
    assert sum(len(list(farm.hosts[NEAR].disks.listing(path))) for path in DISKS) == 6


@pytest.mark.parametrize("link", ["down", "silent"])
def test_a_farmer_that_is_asked_again_is_waited_for_and_not_looked_at_all_the_time(link: Link) -> None:
    farm = Farm(pace=SWIFT, hosts=(FAR,), plotting={"stop_after": 1})
    farm.hosts[FAR].link = link
    farm.run(farm.loop(), done=lambda: bool(farm.waiting()) and not farm.computer.jobs)
    ticks = 0

    def count(event: Event) -> None:
        nonlocal ticks
        ticks += isinstance(event, Ticked)

    end = farm.computer.clock.time + 3600.0
    farm.loop(report=count).run(lambda: farm.computer.clock.time > end)
    assert ticks < 100, "one a minute, and one for each try"


@pytest.mark.parametrize("moment", [400.0, 700.0, 760.0, 900.0])
def test_a_farmer_that_reboots_midway_gets_every_plot_exactly_once(moment: float) -> None:
    farm = Farm(pace=SWIFT, hosts=(FAR,), plotting={"stop_after": 4})
    _until(farm, moment, farm.hosts[FAR], "down")
    _until(farm, moment + 300.0, farm.hosts[FAR], "up")
    farm.run_to_the_end()
    assert not farm.broken
    assert not farm.leftovers()


def test_with_all_farmers_away_plotting_stops_before_dst_is_full_and_goes_on_by_itself() -> None:
    farm = Farm(pace=SWIFT, hosts=(FAR,), plotting={"stop_after": 14}, directories={"dst": [DSTS[0]]})
    farm.hosts[FAR].link = "down"
    loop = farm.loop()
    farm.run(loop, done=lambda: bool(farm.waiting()) and not farm.computer.jobs)
    farm.advance(60.0)
    assert "dst_space" in rules(loop.tick())
    assert not farm.broken, "no drive was filled"
    made = len(farm.waiting())
    assert 1 <= made < 14
    _until(farm, 10.0, farm.hosts[FAR], "up")
    farm.run_to_the_end()
    assert not farm.broken
    assert len(farm.stored()) == 14


def test_no_plot_lands_below_a_mount_point_whose_disk_did_not_come_up() -> None:
    farm = Farm(pace=SWIFT, hosts=(FAR,), plotting={"stop_after": 3})
    gone = farm.hosts[FAR].disks.device(DISKS[0])
    gone.mounted = False
    farm.run_to_the_end()
    assert not farm.broken
    assert not list(farm.hosts[FAR].disks.listing(DISKS[0]))


def test_another_plotters_parts_are_room_that_is_taken() -> None:
    farm = Farm(
        pace=SWIFT,
        hosts=(FAR,),
        plotting={"stop_after": 2},
        archive=[{"name": "far", "host": FAR, "disks": "/farm/*", "limits": {"per_disk": 2}}],
    )
    disks = farm.hosts[FAR].disks
    for path in DISKS:
        device = disks.device(path)
        device.others = device.total - 2 * PLOT + PLOT // 2
    for number, path in enumerate(DISKS[:2]):
        name = f"plot-k32-2026-01-01-00-0{number}-{'ab' * 32}.plot"
        disks.create(f"{path}/{part_name(name, PLOT, 'other.lan')}", size=PLOT // 10)
    farm.run(farm.loop(), done=lambda: len(farm.stored()) == 1 and not farm.computer.moves)
    farm.run(farm.loop(), done=lambda: not farm.computer.jobs)
    farm.advance(30.0)
    loop = farm.loop()
    loop.tick()
    farm.advance(2.0)
    assert {"farm_room"} == rules(loop.tick(), "archive")
    assert len(list(disks.listing(DISKS[2]))) == 1
    assert not farm.broken


def test_killed_at_every_step_the_loop_and_its_followers_bring_every_plot_once() -> None:
    fuse = Fuse()
    farm = Farm(pace=SWIFT, hosts=(FAR,), plotting={"stop_after": 2}, directories={"tmp": [TMPS[0]]})
    farm.run(farm.loop(step=fuse))
    for number in range(0, len(fuse.steps), 3):
        farm = Farm(pace=SWIFT, hosts=(FAR,), plotting={"stop_after": 2}, directories={"tmp": [TMPS[0]]})
        trap = Fuse(at=number)
        farm.run_to_the_end(step=trap)
        assert not farm.broken, f"killed at {number}"
        assert not farm.leftovers(), f"killed at {number}"
        assert trap.at is None or len(trap.steps) <= number


def test_the_folder_on_each_disk_is_made_by_the_first_plot() -> None:
    farm = Farm(
        pace=SWIFT,
        hosts=(FAR,),
        plotting={"stop_after": 2},
        archive=[{"name": "far", "host": FAR, "disks": "/farm/*", "path": "plots"}],
    )
    disks = farm.hosts[FAR].disks
    farm.run(farm.loop(), done=lambda: sum(len(list(disks.listing(f"{path}/plots"))) for path in DISKS) == 2)
    farm.run(farm.loop(), done=lambda: not farm.computer.processes.living)
    assert not farm.waiting()


def test_a_crash_between_copy_and_removal_ends_in_one_plot() -> None:
    farm = Farm(pace=SWIFT, hosts=(FAR,), plotting={"stop_after": 1})
    struck = False

    def once(_name: str) -> None:
        nonlocal struck
        if farm.computer.moves and farm.stored() and not struck:
            struck = True
            farm.computer.processes.kill(farm.computer.moves[0][0])
            raise Crash("now")

    farm.computer.clock.watchers.append(lambda: once("") if not struck else None)
    farm.run_to_the_end()
    assert not farm.broken
    assert len(farm.stored()) == 1
