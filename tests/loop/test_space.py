"""Low space stops jobs and lets them go on again, the same however often one looks."""

from __future__ import annotations

from functools import partial
from random import Random

import pytest

from reconciler import journal
from reconciler.loop import Loop, Ticked
from reconciler.simulate import Fuse, Pace
from reconciler.simulate.faults import fill
from reconciler.simulate.processes import Process
from tests.loop.farm import GB, LOGS, PEAK, TMPS, Farm, actions, job_of, wish

TMP = TMPS[0]


def _crowded(count: int = 3, *, floor: int = 20, tmp_bytes: int = 0) -> tuple[Farm, Loop]:
    """One tmp with so many jobs, the youngest with nearly all still to grow."""
    farm = Farm(
        pace=Pace(k32=6000.0, copy=1e9),
        tmp_bytes=tmp_bytes or (count + 1) * PEAK,
        directories={"tmp": [{"path": TMP, "floor": f"{floor}GB", "resume": f"{floor + 40}GB"}]},
        plotting={"stop_after": count},
        scheduling={
            "tick": "60s",
            "max_jobs": count,
            "stagger": 0,
            "tmp": {"max_jobs": count, "stagger": {"until": "1:4", "at_most": 1}},
        },
    )
    loop = farm.loop()
    farm.run(loop, done=lambda: len(farm.begun) == count)
    farm.advance(600.0)
    return farm, loop


def _stopped(farm: Farm) -> list[str]:
    return [job.plot_id for process, job in farm.computer.jobs if process.stopped]


def _ring(farm: Farm) -> None:
    assert farm.machine.ring(journal.wake_path(LOGS, "plotting"))


def _by_hand(farm: Farm, process: Process) -> None:
    farm.computer.processes.stop(process)


def test_the_job_with_most_to_grow_stops_first_and_one_always_goes_on() -> None:
    farm, loop = _crowded()
    oldest = farm.computer.jobs[0][1].plot_id
    fill(farm.computer.disks, TMP, 15 * GB)
    assert actions(loop.tick()) == ["suspend", "suspend"]
    assert oldest not in _stopped(farm)
    assert len(_stopped(farm)) == 2


@pytest.mark.parametrize("leave", [200, 250, 300, 350, 400])
def test_jobs_stop_only_as_far_as_those_that_go_on_can_finish(leave: int) -> None:
    farm, loop = _crowded(floor=500, tmp_bytes=8 * PEAK)
    fill(farm.computer.disks, TMP, leave * GB)
    loop.tick()
    grows = {job.plot_id: job.plotter.growth(32, job.phase, False).tmp for _, job in farm.computer.jobs}
    going = sorted(grows.values())
    while len(going) > 1 and sum(going) > leave * GB:
        going.pop()
    assert sorted(grows[plot_id] for plot_id in grows if plot_id not in _stopped(farm)) == going


def test_between_floor_and_mark_nothing_changes_above_it_jobs_go_on() -> None:
    farm, loop = _crowded()
    disks = farm.computer.disks
    fill(disks, TMP, 15 * GB)
    loop.tick()
    stopped = _stopped(farm)
    for leave in (21 * GB, 40 * GB, 59 * GB):
        fill(disks, TMP, leave)
        assert not actions(loop.tick())
        assert _stopped(farm) == stopped
    fill(disks, TMP, 4 * PEAK)
    assert actions(loop.tick()) == ["resume", "resume"]
    assert not _stopped(farm)


def test_stopped_jobs_go_on_once_the_first_has_freed_its_room_and_all_end_well() -> None:
    farm, loop = _crowded()
    fill(farm.computer.disks, TMP, 19 * GB)
    device = farm.computer.disks.device(TMP)
    loop.tick()
    device.others -= PEAK
    farm.run(loop)
    assert len(farm.stored()) == 3


def test_a_job_that_was_stopped_by_hand_is_left_alone() -> None:
    farm, loop = _crowded()
    process, job = farm.computer.jobs[1]
    _by_hand(farm, process)
    for leave in (15 * GB, 4 * PEAK):
        fill(farm.computer.disks, TMP, leave)
        for _ in range(5):
            loop.tick()
            farm.advance(30.0)
    assert _stopped(farm) == [job.plot_id]


def test_a_job_that_a_person_resumed_for_a_time_goes_on_so_long_whatever_the_room() -> None:
    farm, loop = _crowded()
    seen = loop.tick()
    youngest = farm.computer.jobs[-1][1]
    wish(farm, "resume", job_of(seen, youngest), seconds=300)
    fill(farm.computer.disks, TMP, 15 * GB)
    loop.tick()
    assert youngest.plot_id not in _stopped(farm)
    farm.advance(301.0)
    loop.tick()
    assert youngest.plot_id in _stopped(farm)


def test_a_foreign_stop_of_a_job_with_an_old_note_is_left_alone() -> None:
    farm, loop = _crowded()
    fill(farm.computer.disks, TMP, 15 * GB)
    first = loop.tick()
    stopped = {outcome.action.id for outcome in first.outcomes if outcome.action.kind == "suspend"}
    fill(farm.computer.disks, TMP, 4 * PEAK)
    loop.tick()
    assert not _stopped(farm)
    for job_id in stopped:
        assert farm.computer.disks.file(journal.note_path(LOGS, job_id, "suspended")) is None
    for process, _ in farm.computer.jobs:
        _by_hand(farm, process)
    assert not actions(loop.tick())


@pytest.mark.parametrize(
    "step",
    [
        "suspend: asked for",
        "note: flushed",
        "note: written",
        "suspend: noted",
        "signal: sent",
        "suspend: performed",
    ],
)
def test_a_crash_while_suspending_leaves_no_job_stopped_for_ever(step: str) -> None:
    farm, _ = _crowded()
    device = farm.computer.disks.device(TMP)
    fill(farm.computer.disks, TMP, 15 * GB)
    fuse = Fuse(step)
    freed = False

    def free_later(name: str) -> None:
        nonlocal freed
        fuse(name)
        if name == "suspend: performed" and not freed:
            freed = True
            device.others = 0

    farm.run_to_the_end(step=free_later)
    assert fuse.at is None
    assert len(farm.stored()) == 3


@pytest.mark.parametrize(
    "step", ["resume: asked for", "signal: sent", "resume: signalled", "remove: removed", "resume: performed"]
)
def test_a_crash_while_resuming_lets_all_jobs_end(step: str) -> None:
    farm, loop = _crowded()
    fill(farm.computer.disks, TMP, 15 * GB)
    loop.tick()
    farm.computer.disks.device(TMP).others = 0
    fuse = Fuse(step)
    farm.run_to_the_end(step=fuse)
    assert fuse.at is None
    assert len(farm.stored()) == 3


@pytest.mark.parametrize("seed", range(2))
def test_more_wake_ups_change_neither_who_is_suspended_nor_any_limit(seed: int) -> None:
    outcomes, ticks = [], []
    for ringing in (False, True):
        farm, _ = _crowded(4)
        random = Random(seed)
        fill(farm.computer.disks, TMP, 15 * GB)
        suspended: list[str] = []
        ticks.append(0)

        def note(event: object, suspended: list[str] = suspended) -> None:
            if isinstance(event, Ticked):
                ticks[-1] += 1
                suspended += [o.action.id for o in event.outcomes if o.action.kind == "suspend"]

        if ringing:
            for _ in range(60):
                farm.computer.clock.later(random.uniform(0, 3000), partial(_ring, farm))
        farm.computer.clock.later(1500.0, partial(setattr, farm.computer.disks.device(TMP), "others", 0))
        farm.run(farm.loop(report=note))
        outcomes.append(suspended)
        assert not [breach for breach in farm.broken if "was full" not in breach]
        assert len(farm.begun) == 4
    assert outcomes[0] == outcomes[1]
    assert outcomes[0]
    assert ticks[1] > ticks[0] + 20
