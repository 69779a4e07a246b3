"""The real loop on a described machine: what comes of it is exact, and the same however one waits."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from reconciler.commands.simulating import played
from reconciler.description.work import CHIAPOS
from reconciler.errors import UsageError
from reconciler.simulate.outcome import Result, result
from reconciler.simulate.running import Run
from reconciler.spec.judge import plain

from .machines import MANUAL, machine, plotters, run, spec

PLOT = 108_840_000_000
DAY = 86400.0


def _summary(found: Run) -> Result:
    return replace(result(found), looks=0)


def test_the_same_seed_makes_the_same_run_and_another_another() -> None:
    described = machine(spread=0.05)
    first, again, other = (run(described, days=1.2, seed=seed) for seed in (1, 1, 2))
    assert result(first) == result(again)
    assert first.watch.begun == again.watch.begun
    assert first.watch.begun != other.watch.begun


TICK = 60.0
BY_HAND = [MANUAL, {"max_jobs": 3, "stagger": "1h"}, {"max_jobs": 9, "stagger": 0, "tmp": {"max_jobs": 4}}]


@pytest.mark.parametrize("scheduling", BY_HAND)
def test_jumping_from_event_to_event_does_what_looking_again_and_again_does(
    scheduling: dict[str, Any],
) -> None:
    described = machine()
    scheduling = {**scheduling, "tick": f"{TICK:g}s"}
    jumping, polling = (run(described, scheduling, days=0.6, polling=each) for each in (None, TICK))
    assert len(jumping.watch.begun) == len(polling.watch.begun) > 5
    # One start can wait for the one before it, so that each may add its look.
    for number, ((early, tmp), (late, same)) in enumerate(
        zip(jumping.watch.begun, polling.watch.begun, strict=True), 1
    ):
        assert tmp == same
        assert -TICK * number <= late - early <= TICK * number
    assert _summary(jumping).archived == _summary(polling).archived > 0
    assert jumping.watch.ticks * 5 < polling.watch.ticks


def test_every_byte_and_second_that_plots_take_was_given_and_no_more() -> None:
    found = run(machine(), days=1.5)
    computer, hardware = found.computer, found.hardware
    computer.fluid.measure()
    done = result(found)
    assert len(_stored(found)) == done.archived > 0
    jobs = [job for _, job in computer.jobs]
    whole = done.archived + done.waiting
    seconds = sum(phase.cpu_seconds for phase in CHIAPOS.phases)
    assert whole * seconds <= hardware.cpu.spent <= (whole + len(jobs)) * (seconds + 100)
    link = hardware.links["lan"].spent
    assert (
        done.archived * PLOT * (1 - 1e-9) <= link <= (done.archived + len(computer.moves)) * PLOT * (1 + 1e-9)
    )
    for resource in hardware.resources:
        assert resource.spent <= resource.capacity * found.days * DAY * (1 + 1e-9)
        assert 0 <= resource.busy <= found.days * DAY * (1 + 1e-9)


def _stored(found: Run) -> list[str]:
    """Names of all plots at the farmer."""
    disks = found.computer.network["farmer1.lan"].disks
    return [name for path in disks.points for name, _ in disks.listing(path) if name.endswith(".plot")]


def test_disks_never_hold_more_than_they_can_and_what_they_hold_is_their_files() -> None:
    described = machine()
    made = Run(described, spec(described, **MANUAL), plotters(), days=1)
    broken: list[str] = []

    def check() -> None:
        hosts = [made.computer.disks, *(host.disks for host in made.computer.network.values())]
        broken.extend(device.number for disks in hosts for device in disks.devices if device.room < -1)

    made.computer.clock.watchers.append(check)
    played(made)
    assert not broken
    tmp = made.computer.disks.device("/mnt/tmp/00")
    files = sum(file.size for _, file in made.computer.disks.listing("/mnt/tmp/00") if file is not None)
    assert tmp.used == files
    assert made.hardware.lost == made.hardware.stalled == 0


def test_plots_a_day_come_near_the_bound_that_binds_and_never_pass_it() -> None:
    found = result(run(machine(), days=4))
    assert found.binds == "cpu"
    assert found.bound == pytest.approx(4 * DAY / 25_700, rel=0.01)
    assert 0.9 * found.bound <= found.plots_a_day <= 1.02 * found.bound
    assert found.busy["cpu"] > 0.95
    assert {wait.rule for wait in found.waits if wait.kind == "spawn"} & {"max_jobs", "stagger"}


def test_a_slow_link_binds_and_plots_pile_up_behind_it() -> None:
    found = result(run(machine(links={"lan": "8MB/s"}), days=4))
    assert found.binds == "network"
    assert found.waiting > 5
    # In two days that count, one plot more or less is a question of when they begin.
    assert abs(found.archived_a_day - found.bound) <= 0.5 + 0.05 * found.bound


def test_faults_cost_plots_and_never_a_job() -> None:
    described = machine()
    calm, troubled = (result(run(described, days=4, faults=faults)) for faults in (False, True))
    assert troubled.lost == 0
    assert 0.3 * calm.archived < troubled.archived <= calm.archived
    assert troubled.archived + troubled.waiting + troubled.running <= calm.started + 1


def test_harsh_contention_makes_crowded_machines_slower() -> None:
    described = machine()
    harsh = replace(described, contention=described.contention.harsh)
    mild, hard = (result(run(each, days=3)) for each in (described, harsh))
    assert hard.plots_a_day < mild.plots_a_day


def test_a_spec_that_names_what_the_machine_does_not_have_is_refused_with_all_of_it() -> None:
    described = machine()
    loaded = spec(described)
    bare = machine(farmers=[], drives=[{**plain(described.drives[0]), "tmp": ["/mnt/elsewhere"]}])
    with pytest.raises(UsageError) as refused:
        Run(bare, loaded, plotters(), days=1)
    assert "/mnt/tmp/00 lies on no drive" in str(refused.value)
    assert "/mnt/dst/00 lies on no drive" in str(refused.value)
    assert "farmer1.lan, which is no farmer" in str(refused.value)


def test_the_machine_tells_how_busy_it_is() -> None:
    found = run(machine(), days=0.5)
    busy = found.world.machine.busy()
    assert busy.fact == "known"
    assert 0.9 < busy.value.cpu <= 1.0
    assert set(busy.value.drives) == {"8:1", "8:2"}
