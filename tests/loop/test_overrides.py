"""A person's wish edits the desired state: the loop keeps it instead of undoing it, until it is over."""

from __future__ import annotations

import pytest

from reconciler.loop import Loop, Ticked
from reconciler.simulate import Fuse
from reconciler.simulate.plotting import PlotJob
from reconciler.simulate.processes import Process
from tests.loop.farm import DSTS, TMPS, Farm, actions, job_of, rules, wish


def _running(stop_after: int = 6) -> tuple[Farm, Loop, Ticked]:
    farm = Farm(plotting={"stop_after": stop_after})
    loop = farm.loop()
    farm.run(loop, done=lambda: len(farm.begun) == 3)
    farm.advance(240.0)
    return farm, loop, loop.tick()


def _first(farm: Farm) -> tuple[Process, PlotJob]:
    return farm.computer.jobs[0]


def _temps(job: PlotJob, farm: Farm) -> list[str]:
    names = [name for path in (*TMPS, *DSTS) for name, _ in farm.computer.disks.listing(path)]
    return [name for name in names if job.plot_id in name]


def test_a_suspended_job_stays_so_until_it_is_asked_to_go_on() -> None:
    farm, loop, seen = _running()
    process, job = _first(farm)
    wish(farm, "suspend", job_of(seen, job))
    assert actions(loop.tick())[0] == "suspend"
    for _ in range(5):
        farm.advance(60.0)
        ticked = farm.loop().tick()
        assert not {"resume", "suspend"} & set(actions(ticked))
        assert process.stopped
    wish(farm, "resume", job_of(ticked, job))
    assert "resume" in actions(loop.tick())
    assert not process.stopped


def test_a_suspension_for_a_time_ends_by_itself() -> None:
    farm, loop, seen = _running()
    process, job = _first(farm)
    wish(farm, "suspend", job_of(seen, job), seconds=600)
    end = farm.computer.clock.time + 600
    farm.run(loop, done=lambda: process.stopped)
    farm.run(loop, done=lambda: not process.stopped)
    assert end <= farm.computer.clock.time <= end + 60
    farm.run(loop)
    assert len(farm.begun) == 6


def test_a_killed_job_is_gone_with_its_files_and_only_with_its_own() -> None:
    farm, loop, seen = _running()
    process, job = _first(farm)
    others = [other for _, other in farm.computer.jobs[1:]]
    assert _temps(job, farm)
    wish(farm, "kill", job_of(seen, job))
    assert actions(loop.tick())[0] == "kill"
    assert farm.computer.processes.get(process.ident) is None
    assert not _temps(job, farm)
    assert all(_temps(other, farm) for other in others)
    farm.run(loop)
    assert len(farm.begun) == 7
    assert not farm.broken
    assert not farm.leftovers()


def test_a_stopped_job_can_be_killed() -> None:
    farm, loop, seen = _running()
    process, job = _first(farm)
    farm.computer.processes.stop(process)
    wish(farm, "kill", job_of(seen, job))
    loop.tick()
    assert farm.computer.processes.get(process.ident) is None
    assert not _temps(job, farm)


def test_a_crash_at_any_step_of_a_kill_ends_with_the_job_and_its_files_gone_and_no_other_touched() -> None:
    farm, _, seen = _running(3)
    wish(farm, "kill", job_of(seen, _first(farm)[1]))
    clean = Fuse()
    farm.run(farm.loop(step=clean), done=lambda: "kill: performed" in clean.steps)
    steps = clean.steps[: clean.steps.index("kill: performed") + 1]
    assert len(steps) >= 8
    for number, name in enumerate(steps):
        farm, _, seen = _running(3)
        wish(farm, "kill", job_of(seen, _first(farm)[1]))
        assert farm.run_to_the_end(step=Fuse(number)) == 2
        assert len(farm.begun) == 4, name
        assert not farm.broken, name
        assert not farm.leftovers(), name


def test_a_pause_holds_its_kind_of_work_and_no_other() -> None:
    farm, loop, _ = _running()
    wish(farm, "pause", "plotting", seconds=3 * 3600)
    begun = len(farm.begun)
    farm.run(loop, done=lambda: not farm.computer.processes.living and len(farm.stored()) == begun)
    assert rules(loop.tick()) == {"paused"}
    end = farm.computer.clock.time
    farm.run(loop)
    assert len(farm.begun) == 6
    assert farm.begun[begun].time > end


def test_a_pause_of_archiving_lets_jobs_go_on() -> None:
    farm, loop, _ = _running(4)
    wish(farm, "pause", "archiving")
    farm.run(loop, done=lambda: len(farm.waiting()) == 4 and not farm.computer.processes.living)
    assert not farm.stored()
    assert rules(loop.tick(), "archive") == {"paused"}


def test_an_ignored_job_makes_room_for_another() -> None:
    farm = Farm(plotting={"stop_after": 3}, scheduling={"max_jobs": 1, "stagger": 0})
    loop = farm.loop()
    farm.run(loop, done=lambda: len(farm.begun) == 1)
    farm.advance(60.0)
    seen = loop.tick()
    assert "spawn" not in actions(seen)
    wish(farm, "ignore", job_of(seen, _first(farm)[1]))
    assert "spawn" in actions(loop.tick())


ENDLESS = b"""{"verb": "suspend", "target": "abc", "since": {"at": 1, "up": 1, "boot": "b"}, "who": "me",
  "ident": {"boot": "b", "pid": 1e999, "start": 1}}"""


@pytest.mark.parametrize(
    "junk", [b"", b"{", b"[]", b'{"verb": "dance"}', b"\xff\xfe\x00", b"[" * 100_000, ENDLESS]
)
def test_a_file_that_holds_no_wish_stops_nothing(junk: bytes) -> None:
    farm, loop, _ = _running()
    farm.computer.disks.create("/home/farm/logs/state/overrides/run.abc.json", junk)
    farm.run(loop)
    assert len(farm.begun) == 6
    assert [c.type for c in loop.tick().plan.conditions] == ["OverrideUnreadable"]


@pytest.mark.parametrize("time", ["20260230T030405", "20269999T999999", "00000101T000000"])
def test_a_log_whose_name_tells_no_time_stops_nothing(time: str) -> None:
    farm, loop, _ = _running()
    farm.computer.disks.create(f"/home/farm/logs/{time}.{'a' * 12}.plot.log", b"")
    farm.run(loop)
    assert len(farm.begun) == 6


@pytest.mark.parametrize("at", ["1" * 400, "NaN", "1e999"], ids=["huge", "none", "endless"])
def test_a_log_whose_record_has_no_time_stops_nothing(at: str) -> None:
    farm, loop, _ = _running()
    line = f'{{"plotman": 1, "kind": "plot", "id": "{"a" * 12}", "host": "h", "at": {at}, "up": 1, "boot": "b"}}\n'
    farm.computer.disks.create(f"/home/farm/logs/20260102T030405.{'a' * 12}.plot.log", line.encode())
    farm.run(loop)
    assert len(farm.begun) == 6
    assert not any(condition.type == "ClockSetBack" for condition in loop.tick().plan.conditions)
