"""The commands on real plots."""

from __future__ import annotations

import signal
from pathlib import Path

from reconciler.state import Known

from .conftest import Make
from .farm import Farm
from .sight import state, until, whole


def job_seen(farm: Farm) -> str:
    """The id of the one job, once it writes its plot."""
    until(lambda: any(isinstance(job.plot_id, Known) for job in farm.jobs()))
    return farm.jobs()[0].id


def test_plan_then_apply_once_then_plan_shows_actions_then_does_them_then_only_holds(make: Make) -> None:
    farm = make(plotting={"k": 24, "stop_after": 5}, archive=None)
    assert "Plan: 2 to spawn" in farm.says("plan", "--detailed-exitcode", code=2)
    assert not farm.running()
    farm.says("apply", "--once")
    assert len(farm.running()) == 2
    told = farm.says("plan", "--detailed-exitcode")
    assert "No changes." in told
    assert "2 of 2 jobs" in told
    assert len(farm.running()) == 2


def test_a_loop_that_is_told_to_end_leaves_its_job_running_and_the_next_one_restarts_nothing(
    make: Make,
) -> None:
    farm = make(plotting={"stop_after": 1, "k": 24}, archive=None)
    pids = []
    for number in (signal.SIGTERM, signal.SIGINT):
        loop = farm.command("apply")
        job_id = job_seen(farm)
        # From then on it has been through a tick.
        until(farm.listens)
        assert loop.ended(number) == 0
        assert "the jobs run on" in loop.told
        pids += [running.pid for running in farm.running()]
    assert len(pids) == 2 and len(set(pids)) == 1
    assert [job_id in path.name for path in farm.started()] == [True]


def test_a_suspended_job_stands_still_until_it_is_resumed_and_then_finishes_its_plot(make: Make) -> None:
    farm = make(plotting={"stop_after": 1, "k": 20}, archive=None)
    loop = farm.command("apply")
    job_id = job_seen(farm)
    running = farm.running()[0]
    assert "is suspended" in farm.says("suspend", job_id)
    assert state(running.pid) == "T"
    size = Path(running.log).stat().st_size
    assert "a running loop looks now" in farm.says("kick")
    assert "STP" in farm.says("status")
    assert (state(running.pid), Path(running.log).stat().st_size) == ("T", size)
    assert "runs" in farm.says("resume", job_id)
    assert state(running.pid) != "T"
    until(lambda: farm.landed() and not farm.running())
    assert loop.ended(signal.SIGTERM) == 0
    assert "suspend" in loop.told and "resume" in loop.told
    assert [whole(path) for path in farm.landed()] == [True]


def test_a_killed_job_takes_its_own_files_along_and_leaves_those_of_its_neighbour(make: Make) -> None:
    farm = make(tmps=1, plotting={"k": 24, "stop_after": 1}, archive=None)
    neighbour = farm.by_hand(k=24)
    theirs = job_seen(farm)
    farm.write(
        plotting={"k": 24},
        scheduling={"tmp": {"stagger": {"until": "1:1", "at_most": 2}}},
        archive=None,
    )
    farm.tick()
    until(lambda: all(isinstance(job.plot_id, Known) for job in farm.jobs()) and len(farm.jobs()) == 2)
    mine = next(job for job in farm.jobs() if job.id != theirs)
    assert isinstance(mine.plot_id, Known)
    files = f"*{mine.plot_id.value}*"
    until(lambda: list(farm.tmps[0].glob(files)))
    told = farm.says("kill", "-f", mine.id)
    assert "temporary files removed" in told
    assert not farm.running()
    assert not list(farm.tmps[0].glob(files))
    assert list(farm.tmps[0].glob("*.tmp"))
    assert neighbour.poll() is None


def test_a_changed_spec_is_in_force_soon_and_a_wrong_one_leaves_the_last_good_one(make: Make) -> None:
    farm = make(plotting={"stop_after": 1}, archive=None)
    loop = farm.command("apply")
    until(farm.landed)
    farm.path.write_text("version: 3\ndirectories: 7\n")
    until(lambda: "the last good one goes on" in loop.told)
    assert "spec.yaml:2:14: directories:" in loop.told
    farm.write(plotting={"stop_after": 2}, archive=None)
    until(lambda: len(farm.landed()) == 2)
    assert "in force again" in loop.told
    farm.write(directories={**farm.places, "logs": str(farm.root / "other")}, archive=None)
    until(lambda: "the journal cannot move under a running loop" in loop.told)
    assert loop.ended(signal.SIGTERM) == 0
    assert not (farm.root / "other").exists()


def test_options_that_the_plotter_does_not_take_are_refused_at_their_place_and_start_nothing(
    make: Make,
) -> None:
    farm = make(plotting={"options": {"threads": 1, "bufer": 300}}, archive=None)
    for words in (("plan",), ("apply", "--once"), ("config", "validate", str(farm.path))):
        told = farm.says(*words, code=65)
        assert (
            "plotting.options.bufer: option bufer is not known to this plotter; did you mean buffer?" in told
        )
    assert not farm.started()
