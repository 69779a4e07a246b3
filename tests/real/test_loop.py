"""The loop on a real machine: it needs no memory, obeys limits, and nothing that it meets ends it."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest

from reconciler.errors import LockHeld
from reconciler.loop import Ticked
from reconciler.machine import LocalMachine
from reconciler.plan import plan
from reconciler.state import Known

from .conftest import Make
from .driver import plotters
from .farm import Farm, finish
from .hand import TWINS, Idle, children
from .sight import PATIENCE, state, until

ONE = {"plotting": {"k": 24, "stop_after": 1}, "archive": None}
"""A farm with one job that takes long."""


def tick(farm: Farm) -> Ticked:
    """One tick of a new loop in this process."""
    loop = farm.loop()
    with loop.locks():
        return loop.tick()


def results(ticked: Ticked) -> list[tuple[str, str]]:
    return [(outcome.action.kind, outcome.result) for outcome in ticked.outcomes]


def rules(ticked: Ticked) -> set[str]:
    return {hold.rule for hold in ticked.plan.holds}


def test_the_second_tick_finds_nothing_to_do_and_says_what_holds(make: Make) -> None:
    farm = make(plotting={"k": 24, "stop_after": 5}, archive=None)
    loop = farm.loop()
    with loop.locks():
        assert results(loop.tick()) == [("spawn", "done"), ("spawn", "done")]
        second = loop.tick()
    for planned in (second.plan, plan(farm.spec, farm.look(), plotters())):
        assert not planned.actions
        assert {hold.rule for hold in planned.holds} == {"max_jobs"}
    assert len(farm.running()) == 2


def test_a_job_that_its_owner_stopped_is_counted_and_left_alone(make: Make) -> None:
    farm = make(**ONE)
    farm.tick()
    until(lambda: [job.run for job in farm.jobs()] == ["running"])
    pid = farm.running()[0].pid
    os.kill(pid, signal.SIGSTOP)
    until(lambda: state(pid) == "T")
    ticked = tick(farm)
    assert [job.run for job in ticked.facts.jobs] == ["suspended"]
    assert not ticked.plan.actions
    assert state(pid) == "T"


def test_jobs_that_were_started_by_hand_count_show_their_phase_and_are_left_alone(make: Make) -> None:
    farm = make(
        archive=None,
        plotting={"k": 24, "stop_after": 9},
        scheduling={"max_jobs": 3, "tmp": {"max_jobs": 3, "stagger": {"until": "1:1", "at_most": 3}}},
    )
    hands = [farm.by_hand(k=24, tmp=tmp) for tmp in farm.tmps]
    until(lambda: len(farm.jobs()) == 2 and all(isinstance(job.plot_id, Known) for job in farm.jobs()))
    for job in farm.jobs():
        assert isinstance(job.phase, Known) and job.phase.value.major == 1
        assert not job.ours
    ticked = tick(farm)
    assert results(ticked) == [("spawn", "done")]
    assert "3 of 3 jobs" in next(hold.text for hold in ticked.plan.holds if hold.rule == "max_jobs")
    assert not tick(farm).plan.actions
    assert len(farm.running()) == 1
    assert [hand.poll() for hand in hands] == [None, None]


def test_a_suspend_that_broke_off_half_way_and_is_not_wanted_any_more_is_taken_back(make: Make) -> None:
    farm = make(**ONE)
    parent = Idle(farm, body=TWINS)
    until(lambda: children(parent.pid))
    job = farm.jobs()[0]
    note = farm.logs / f"{job.id}.suspended"
    note.write_text('{"by": "space"}')
    parent.stop(parent.pid)
    assert tick(farm).facts.jobs[0].run == "running"
    assert not note.exists()
    until(lambda: state(parent.pid) != "T")


def test_a_second_loop_is_refused_and_told_who_holds_the_lock(make: Make) -> None:
    farm = make(**ONE)
    with farm.loop().locks(), pytest.raises(LockHeld, match=rf"pid {os.getpid()}\b"), farm.loop().locks():
        pass
    with farm.loop(works=("plotting",)).locks():
        assert f"pid {os.getpid()}" in farm.says("apply", "--once", code=5)
        assert not farm.running()


def test_a_loop_whose_locks_were_removed_takes_them_anew_or_gives_way_to_whoever_has_them(make: Make) -> None:
    farm = make(plotting={"state": "drained"}, archive=None)
    loop = farm.start(for_ever=True)
    lock, other = farm.logs / "state" / "plotting.lock", farm.logs / "state" / "other.lock"
    until(farm.listens)
    farm.logs.rename(farm.root / "away")
    until(farm.listens)
    assert f"(pid {loop.pid}, " in farm.says("plot", "--once", code=5)
    with LocalMachine().lock(str(other), "plotting"):
        other.replace(lock)
        loop.join(PATIENCE)
        assert loop.exitcode == 1


def test_a_plotting_and_an_archiving_loop_do_their_work_beside_each_other(make: Make) -> None:
    farm = make(plotting={"stop_after": 1})
    plotting = farm.start(works=("plotting",))
    until(farm.running)
    archiving = farm.start(works=("archiving",))
    finish(plotting)
    finish(archiving)
    assert len(farm.stored()) == 1
    assert farm.left() == []


def test_a_plotter_that_dies_at_once_is_started_no_faster_than_the_stagger_and_then_left_alone(
    make: Make,
) -> None:
    farm = make(
        tmps=1,
        archive=None,
        plotting={"executable": shutil.which("false"), "stop_after": 9},
        scheduling={"stagger": "0.4s"},
    )
    until(lambda: "crash" in rules(tick(farm)))
    began = [start.since.up for start in farm.starts()]
    assert len(began) == 3
    assert min(late - early for early, late in pairwise(began)) >= 0.4
    held = tick(farm)
    hold = next(hold for hold in held.plan.holds if hold.rule == "crash")
    assert not held.plan.actions
    assert hold.next_at is not None and 40 < hold.next_at - held.facts.now.at <= 60
    assert {start.outcome for start in farm.starts()} == {"failed"}


def test_an_executable_that_does_not_exist_is_named_in_the_outcome_the_history_and_the_hold(
    make: Make,
) -> None:
    farm = make(tmps=1, archive=None, plotting={"executable": "/nowhere/chia"})
    told = tick(farm).outcomes[0]
    assert told.result == "failed"
    assert "could not start /nowhere/chia: no such file or directory" in told.text
    assert [start.error for start in farm.starts()] == [
        "could not start /nowhere/chia: no such file or directory"
    ]
    until(lambda: "crash" in rules(tick(farm)))
    hold = next(hold for hold in tick(farm).plan.holds if hold.rule == "crash")
    assert "/nowhere/chia: no such file" in hold.text


@pytest.fixture
def small(make: Make, tmp_path: Path) -> Iterator[Farm]:
    """A farm whose logs lie on a disk of 100 kB of their own."""
    farm = make()
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=100k", "tmpfs", str(farm.logs)], capture_output=True, check=False
    )
    if done.returncode:
        pytest.skip(f"cannot mount: {done.stderr.decode().strip()}")
    yield farm
    farm.close()
    subprocess.run(["umount", "-l", str(farm.logs)], check=True)


def test_a_full_log_disk_holds_or_refuses_starts_and_ends_nothing(small: Farm) -> None:
    small.write(**ONE)
    held = tick(small)
    assert rules(held) == {"log_space"}
    assert not held.plan.actions
    small.write(**ONE, directories={**small.places, "logs": {"path": str(small.logs), "floor": 0}})
    filler = small.logs / "filler"
    with pytest.raises(OSError, match="No space"):
        filler.write_bytes(bytes(200_000))
    loop = small.loop()
    with loop.locks():
        refused = loop.tick()
        assert results(refused) == [("spawn", "failed")]
        assert "no space left on device; make room on its disk" in refused.outcomes[0].text
        assert not small.running()
        filler.unlink()
        assert results(loop.tick()) == [("spawn", "done")]
    assert len(small.running()) == 1
