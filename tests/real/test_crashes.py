"""The loop may be killed anywhere: whoever comes after it finds the world, and loses or doubles nothing.

The steps are those of a loop that was left alone, so that a new step is tested by itself.
"""

from __future__ import annotations

import os
import random
import signal
import sys
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

from reconciler.state import Known

from .conftest import Make
from .driver import Place
from .farm import Farm, finish
from .sight import state, until, whole

START = ["start: log written", "start: log published", "start: forked", "start: started"]


def places(steps: Iterable[str]) -> Iterator[Place]:
    """Each step's first time and, where there is one, its second."""
    times: Counter[str] = Counter()
    for step in steps:
        times[step] += 1
        if times[step] <= 2:
            yield Place(step, times[step])


def test_a_loop_killed_at_any_step_of_a_start_is_followed_by_exactly_one_job(make: Make) -> None:
    changes = {"plotting": {"stop_after": 1}, "scheduling": {"max_jobs": 1}, "archive": None}
    steps = make("clean", **changes).steps()
    assert steps == ["spawn: asked for", *START, "spawn: performed"]
    make("clean", **changes).settle()
    for place in places(steps):
        farm = make(place.step, **changes)
        with farm.watched() as most:
            farm.dies(place)
            farm.settle()
        assert [whole(path) for path in farm.landed()] == [True], place
        assert most.jobs <= 1 and len(most.logs) <= 1, place


def test_with_a_slow_exec_no_second_job_is_started_whenever_the_loop_is_killed(make: Make) -> None:
    farm = make()
    plotting = {"stop_after": 3, "executable": str(farm.script(f'sleep 1\nexec {sys.executable} "$@"'))}
    farm.write(plotting=plotting, scheduling={"max_jobs": 1}, archive=None)
    with farm.watched() as most:
        for step in ("start: forked", "start: started", "spawn: performed"):
            farm.dies(Place(step), once=False)
        farm.settle()
    assert most.jobs <= 1
    assert len(farm.started()) == len(farm.landed()) == 3


def test_a_loop_killed_at_any_step_of_a_transfer_is_followed_by_exactly_one_plot_at_the_farm(
    make: Make, plot: Path
) -> None:
    clean = make("clean", plotting=None)
    clean.land(plot)
    steps = clean.steps()
    assert steps == ["archive: asked for", *START, "archive: performed"]
    for place in places(steps):
        farm = make(place.step, plotting=None)
        farm.land(plot)
        with farm.watched() as most:
            farm.dies(place)
            farm.kick()
            farm.settle()
        assert most.transfers <= 1, place
        assert_stored(farm, plot)


@pytest.mark.parametrize("line", ["locked", "copying", "verified"])
def test_a_mover_that_is_killed_is_followed_by_another_that_ends_its_work(
    make: Make, plot: Path, line: str
) -> None:
    farm = make(plotting=None)
    farm.land(plot)
    loop = farm.start()
    until(lambda: farm.started("move"))
    log = farm.started("move")[0]
    until(lambda: f'"{line}"' in log.read_text())
    for mover in farm.running("move"):
        os.kill(mover.pid, signal.SIGKILL)
    until(lambda: not farm.running("move"))
    farm.kick()
    finish(loop)
    assert_stored(farm, plot)


def test_a_loop_killed_at_any_step_of_suspend_or_resume_is_followed_by_what_was_asked_for(make: Make) -> None:
    farm = make(plotting={"k": 24, "stop_after": 1}, archive=None)
    farm.tick()
    pid = farm.running()[0].pid
    until(lambda: [job.run for job in farm.jobs()] == ["running"])
    job = farm.jobs()[0]
    farm.wish("suspend", job)
    stopping = farm.steps()
    assert "suspend: noted" in stopping
    until(lambda: state(pid) == "T")
    farm.withdraw("suspend", job)
    going_on = farm.steps()
    assert "resume: signalled" in going_on
    for step, stops in [*((step, True) for step in stopping), *((step, False) for step in going_on)]:
        farm.wish("suspend", job)
        if stops:
            farm.dies(Place(step))
        farm.tick()
        # A busy machine lets a process run for a moment before it takes the signal.
        until(lambda: state(pid) == "T")
        farm.withdraw("suspend", job)
        if not stops:
            farm.dies(Place(step))
        farm.tick()
        assert state(pid) not in ("T", ""), step
        assert not (farm.logs / f"{job.id}.suspended").exists(), step
    assert [running.pid for running in farm.running()] == [pid]


def test_a_loop_killed_at_any_step_of_a_kill_is_followed_by_the_end_of_that_job_and_its_files_alone(
    make: Make,
) -> None:
    farm = make(
        tmps=1,
        archive=None,
        plotting={"k": 24},
        scheduling={"tmp": {"stagger": {"until": "1:1", "at_most": 2}}},
    )
    other = farm.by_hand(k=24)
    theirs = other_files(farm)
    # It need not get on, only be there.
    other.send_signal(signal.SIGSTOP)
    with farm.watched() as most:
        steps = killed(farm, None)
        assert {"kill: noted", "kill: terminate sent", "kill: ended", "kill: file removed"} <= set(steps)
        # Whether a process that was told to end is still there for another signal is the kernel's to say.
        sure = [place for place in places(steps) if place != Place("signal: sent", 2)]
        for place in sure:
            killed(farm, place)
            assert other.poll() is None, place
            assert list(farm.tmps[0].glob(theirs)), place
    assert most.jobs <= 1


def test_a_loop_killed_at_any_step_of_a_cleaning_is_followed_by_the_end_of_these_files_alone(
    make: Make,
) -> None:
    farm = make(plotting=None, clean={"orphans_after": "1h"}, deletions={"per_tick": 100, "per_day": 100})
    kinds = ("sort", "table1", "table2")
    old, new = (
        [farm.tmps[0] / f"plot-k18-2026-01-01-00-00-{two * 32}.plot.{kind}.tmp" for kind in kinds]
        for two in ("0a", "0b")
    )

    def litter() -> None:
        for path in (*old, *new):
            path.write_bytes(b"left")
        for path in old:
            os.utime(path, (time.time() - 7200, time.time() - 7200))

    litter()
    steps = farm.steps()
    assert "clean: file removed" in steps
    for place in places(steps):
        litter()
        farm.dies(place)
        farm.tick()
        assert sorted(farm.tmps[0].iterdir()) == sorted(new), place


def test_loops_killed_at_any_moment_lose_and_double_nothing(make: Make) -> None:
    farm = make(plotting={"stop_after": 5})
    chance = random.Random(20260102)
    with farm.watched() as most:
        for _ in range(10):
            loop = farm.start()
            time.sleep(chance.uniform(0.02, 0.8))
            loop.kill()
            loop.join()
        farm.kick()
        farm.settle()
    assert most.jobs <= 2
    assert max(most.tmps.values()) <= 1
    assert most.transfers <= 2
    assert len(most.logs) <= len(farm.stored()) == 5
    assert farm.left() == []


def assert_stored(farm: Farm, plot: Path) -> None:
    """The plot stands at the farm, once, and nothing else anywhere."""
    assert farm.stored() == [plot.name]
    assert farm.left() == []
    there = next(disk / plot.name for disk in farm.disks if (disk / plot.name).exists())
    assert there.read_bytes() == plot.read_bytes()


def other_files(farm: Farm) -> str:
    """The pattern of the temporary files of the one job that runs."""
    until(lambda: list(farm.tmps[0].glob("*.tmp")))
    return f"{next(farm.tmps[0].glob('*.tmp')).name.partition('.plot')[0]}.*"


def started(farm: Farm) -> bool:
    """Does a job of the tool's own write its plot? One tick is given to start it."""
    farm.tick()
    return any(job.ours and isinstance(job.plot_id, Known) for job in farm.jobs())


def killed(farm: Farm, place: Place | None) -> list[str]:
    """Have the tool's own job killed, by a loop that is killed at that place, and its followers; the first's steps."""
    until(lambda: started(farm))
    job = next(job for job in farm.jobs() if job.ours)
    assert isinstance(job.plot_id, Known)
    files = f"*{job.plot_id.value}*"
    until(lambda: len(list(farm.tmps[0].glob(files))) > 1)
    farm.wish("kill", job)

    def over() -> bool:
        return all(job.id != each.id for each in farm.jobs()) and not list(farm.tmps[0].glob(files))

    def followed() -> bool:
        # Threads of an ended process may keep its log's lock for another moment: then a later tick ends the work.
        farm.tick()
        return over()

    if place is None:
        steps = farm.steps()
        until(over)
        return steps
    farm.dies(place)
    until(followed)
    return []
