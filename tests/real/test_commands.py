"""The commands on real plots."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

from reconciler.state import Known

from .conftest import Make
from .farm import Farm, state, until, whole


def job_seen(farm: Farm) -> str:
    """The id of the one job, once it writes its plot."""
    until(lambda: any(isinstance(job.plot_id, Known) for job in farm.jobs()))
    return farm.jobs()[0].id


def test_plan_then_apply_once_then_plan_shows_actions_then_does_them_then_only_holds(make: Make) -> None:
    farm = make(plotting={"k": 21, "stop_after": 5}, archive=None)
    assert "Plan: 2 to spawn" in farm.says("plan", "--detailed-exitcode", code=2)
    assert not farm.running()
    farm.says("apply", "--once")
    assert len(farm.running()) == 2
    told = farm.says("plan", "--detailed-exitcode")
    assert "No changes." in told
    assert "2 of 2 jobs" in told
    assert len(farm.running()) == 2


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_loop_that_is_told_to_end_leaves_its_job_running_and_the_next_one_restarts_nothing(
    make: Make, number: signal.Signals
) -> None:
    farm = make(plotting={"stop_after": 1, "k": 19}, archive=None)
    loop = farm.command("apply")
    job_id = job_seen(farm)
    pid = farm.running()[0].pid
    loop.send_signal(number)
    loop.communicate(timeout=20)
    assert loop.returncode == 0
    assert [running.pid for running in farm.running()] == [pid]
    follower = farm.command("apply")
    until(farm.landed)
    until(lambda: not farm.running())
    follower.send_signal(signal.SIGTERM)
    told = follower.communicate(timeout=20)[0]
    assert follower.returncode == 0, told
    assert [path.name for path in farm.started()] == [path.name for path in farm.started() if job_id in path.name]
    assert [whole(path) for path in farm.landed()] == [True]


def test_a_suspended_job_stands_still_until_it_is_resumed_and_then_finishes_its_plot(make: Make) -> None:
    farm = make(plotting={"stop_after": 1, "k": 19}, archive=None)
    loop = farm.command("apply")
    job_id = job_seen(farm)
    running = farm.running()[0]
    assert "is suspended" in farm.says("suspend", job_id)
    assert state(running.pid) == "T"
    size = Path(running.log).stat().st_size
    farm.says("kick")
    assert farm.jobs()[0].run == "suspended"
    assert (state(running.pid), Path(running.log).stat().st_size) == ("T", size)
    assert "runs" in farm.says("resume", job_id)
    assert state(running.pid) != "T"
    until(farm.landed)
    until(lambda: not farm.running())
    loop.terminate()
    assert "suspend" in loop.communicate(timeout=20)[0]
    assert [whole(path) for path in farm.landed()] == [True]


def test_a_killed_job_takes_its_own_files_along_and_leaves_those_of_its_neighbour(make: Make) -> None:
    farm = make(tmps=1, plotting={"k": 19, "stop_after": 1}, archive=None)
    neighbour = farm.by_hand(k=19)
    theirs = job_seen(farm)
    farm.write(
        plotting={"k": 22}, scheduling={"tmp": {"stagger": {"until": "1:1", "at_most": 2}}},
        archive=None, directories={"tmp": str(farm.tmps[0]), "logs": str(farm.logs), "dst": str(farm.dsts[0])},
    )
    farm.tick()
    until(lambda: all(isinstance(job.plot_id, Known) for job in farm.jobs()) and len(farm.jobs()) == 2)
    mine = next(job for job in farm.jobs() if job.id != theirs)
    assert isinstance(mine.plot_id, Known)
    until(lambda: list(farm.tmps[0].glob(f"*{mine.plot_id.value}*")))
    told = farm.says("kill", "-f", mine.id)
    assert "temporary files removed" in told
    assert not farm.running()
    assert not list(farm.tmps[0].glob(f"*{mine.plot_id.value}*"))
    assert list(farm.tmps[0].glob("*.tmp"))
    assert neighbour.wait(60) == 0
    assert [whole(path) for path in farm.landed()] == [True]


def test_a_changed_spec_is_in_force_at_once_and_a_wrong_one_leaves_the_last_good_one(make: Make) -> None:
    farm = make(plotting={"stop_after": 1}, archive=None)
    loop = farm.command("apply")
    until(farm.landed)
    farm.path.write_text("version: 3\ndirectories: 7\n")
    os.kill(loop.pid, signal.SIGWINCH)
    farm.says("version")
    farm.write(plotting={"stop_after": 2}, archive=None)
    until(lambda: len(farm.landed()) == 2)
    loop.terminate()
    told = loop.communicate(timeout=20)[0]
    assert "the last good one goes on" in told
    assert "directories" in told
    assert "usable again" in told
    assert loop.returncode == 0
