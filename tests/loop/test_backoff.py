"""Failures hold their place back, longer each time, and say until when."""

from __future__ import annotations

from itertools import pairwise

import pytest

from reconciler.loop import Ticked
from reconciler.plan import Hold
from reconciler.simulate import Fate, Pace
from reconciler.simulate.moving import Move
from reconciler.simulate.plotting import PlotJob
from reconciler.simulate.processes import Process
from tests.loop.farm import DSTS, LOGS, PEAK, TMPS, Farm, actions, rules, wish


def _dies(process: Process) -> Fate | None:
    job = process.doing
    if isinstance(job, PlotJob) and job.tmp == TMPS[0]:
        return Fate(at="1:1", words="Caught plotting error: Bad file read")
    return None


def _alone() -> Farm:
    """One tmp, on which every job dies at once."""
    farm = Farm(directories={"tmp": [TMPS[0]]}, scheduling={"stagger": 0, "tick": "10s"})
    farm.computer.faults.fate = _dies
    return farm


def _crash_hold(ticked: Ticked) -> Hold:
    return next(hold for hold in ticked.plan.holds if hold.rule == "crash")


def test_crashing_jobs_come_further_and_further_apart_and_the_next_try_is_told() -> None:
    farm = _alone()
    farm.run(farm.loop(), done=lambda: len(farm.begun) == 9)
    gaps = [later.time - earlier.time for earlier, later in pairwise(farm.begun)]
    assert max(gaps[:2]) < 30
    for gap, wait in zip(gaps[2:], (60, 120, 240, 480, 960, 1920), strict=True):
        assert wait <= gap <= wait + 30
    farm.advance(30.0)
    hold = _crash_hold(farm.loop().tick())
    assert hold.next_at is not None
    assert 3500 < hold.next_at - farm.computer.clock.at < 3600
    assert "Bad file read" in hold.text


@pytest.mark.parametrize("hours", [0.5, 2.0, 8.0])
def test_jobs_that_fail_after_hours_count_as_much_as_those_that_fail_at_once(hours: float) -> None:
    farm = Farm(
        pace=Pace(k32=hours * 3600, copy=1e9),
        tmp_bytes=20 * PEAK,
        directories={"tmp": [TMPS[0]]},
        scheduling={"stagger": 0, "max_jobs": 1, "tick": "5m"},
    )
    farm.computer.faults.fate = lambda _: Fate(at="5:0", words="Caught plotting error: Bad file read")
    farm.run(farm.loop(), done=lambda: len(farm.begun) == 4, hours=100)
    gap = farm.begun[3].time - farm.begun[2].time
    assert 60 <= gap - hours * 3600 * 0.99 <= 60 + 330
    farm.run(farm.loop(), done=lambda: not farm.computer.jobs)
    farm.advance(10.0)
    assert "4 jobs" in _crash_hold(farm.loop().tick()).text


def test_jobs_that_a_reboot_ended_are_no_failures_of_their_directories() -> None:
    farm = Farm(directories={"dst": [DSTS[0]]})
    farm.run(farm.loop(), done=lambda: len(farm.computer.jobs) == 3)
    farm.advance(130.0)
    farm.computer.reboot()
    assert "spawn" in actions(farm.loop().tick())


def test_a_kick_forgets_failures() -> None:
    farm = _alone()
    loop = farm.loop()
    farm.run(loop, done=lambda: len(farm.begun) == 6)
    farm.advance(20.0)
    _crash_hold(loop.tick())
    wish(farm, "kick", "all")
    assert "crash" not in rules(loop.tick())
    assert len(farm.begun) == 7


def test_a_tmp_that_fails_does_not_hold_the_others() -> None:
    farm = Farm(plotting={"stop_after": 6})
    farm.computer.faults.fate = _dies
    farm.run(farm.loop())
    assert not farm.broken
    assert sum(begun.tmp != TMPS[0] for begun in farm.begun) == 6


@pytest.mark.parametrize("phase", ["1:0", "1:4", "2:0", "3:3", "5:0"])
def test_what_dead_jobs_leave_is_cleaned_once_it_is_old_enough(phase: str) -> None:
    farm = Farm(plotting={"stop_after": 4}, clean={"orphans_after": "1h"})
    first = True

    def once(process: Process) -> Fate | None:
        nonlocal first
        strikes, first = first and isinstance(process.doing, PlotJob), False
        return Fate(at=phase, words="Error: no such luck") if strikes else None

    farm.computer.faults.fate = once
    farm.run(farm.loop(), done=lambda: farm.finished() and not farm.leftovers())
    assert len(farm.begun) == 5
    assert not farm.broken


def test_a_job_that_is_stuck_is_told_of_and_left_alone() -> None:
    farm = Farm(plotting={"stop_after": 3})
    words = "Only wrote 1 of 2 bytes at offset 3 to x. Error 28. Retrying in five minutes."

    def stuck(process: Process) -> Fate | None:
        return Fate(at="3:2", how="hangs", words=words) if process.ident.pid == 1001 else None

    farm.computer.faults.fate = stuck
    loop = farm.loop()
    farm.run(loop, done=lambda: len(farm.stored()) == 2 and not farm.computer.moves)
    assert [job.trouble for job in loop.tick().facts.jobs] == [words]
    assert not farm.broken


def test_while_nothing_can_be_started_nothing_is_lost() -> None:
    farm = Farm(plotting={"stop_after": 3})
    farm.computer.faults.no_exec = "permission denied"
    loop = farm.loop()
    end = farm.computer.clock.time + 3600
    farm.run(loop, done=lambda: farm.computer.clock.time > end)
    assert not farm.begun
    assert "permission denied" in _crash_hold(loop.tick()).text
    farm.computer.faults.no_exec = None
    farm.run(farm.loop())
    assert len(farm.begun) == 3


@pytest.mark.parametrize(
    "step", ["locked", "reserved", "copying", "synced", "verified", "published", "removed"]
)
@pytest.mark.parametrize("kind", [None, "broken"])
def test_a_mover_that_fails_at_any_step_is_followed_by_one_that_ends_the_work(
    step: str, kind: str | None
) -> None:
    farm = Farm(plotting={"stop_after": 3})
    failures = 0

    def once(process: Process) -> Fate | None:
        nonlocal failures
        failures += isinstance(process.doing, Move)
        return (
            Fate(at=step, kind=kind, words="I/O error")
            if failures == 1 and isinstance(process.doing, Move)
            else None
        )

    farm.computer.faults.fate = once
    farm.run(farm.loop())
    assert len(farm.begun) == 3
    assert not farm.broken
    assert not farm.leftovers()


def test_a_disk_that_breaks_copies_off_is_tried_less_and_less_while_the_others_fill() -> None:
    farm = Farm(plotting={"stop_after": 9})
    bad, ill = "/farm/0", True

    def refuses(process: Process) -> Fate | None:
        move = process.doing
        strikes = ill and isinstance(move, Move) and move.errand.disk == bad
        return Fate(at="reserved", kind="broken", words="I/O error") if strikes else None

    farm.computer.faults.fate = refuses
    loop = farm.loop()
    farm.run(loop, done=lambda: len(farm.stored()) == 8 and len(farm.computer.processes.living) == 0)
    assert not [name for name, _ in farm.computer.disks.listing(bad) if name.endswith(".plot")]
    tries = sorted(move.since.at for move in loop.tick().facts.transfers if move.disk == bad)
    gaps = [later - earlier for earlier, later in pairwise(tries)]
    waits = (10, 20, 40, 80, 160, 300, 300)
    assert all(gap >= wait for gap, wait in zip(gaps, waits, strict=False))
    assert min(gaps[len(waits) :], default=3600) >= 3600, "then it is in quarantine"
    ill = False
    farm.run(loop)
    assert not farm.broken
    relics = [name for name, _ in farm.computer.disks.listing(bad) if not name.endswith(".plot")]
    assert farm.leftovers() == relics, "parts of plots that went elsewhere"
    told = {each.subject for each in loop.tick().plan.conditions if each.type == "PartLeft"}
    assert told == ({f"farm:{bad}"} if relics else set())


def test_a_full_log_disk_holds_new_jobs_and_nothing_else() -> None:
    farm = Farm(plotting={"stop_after": 6})
    logs = farm.computer.disks.mount(LOGS, 10**9)
    loop = farm.loop()
    farm.run(loop, done=lambda: len(farm.waiting()) == 2)
    begun = len(farm.begun)
    logs.others = logs.total - logs.used
    for _ in range(40):
        farm.advance(60.0)
        ticked = loop.tick()
    assert len(farm.begun) == begun
    assert "log_space" in rules(ticked)
    logs.others = 0
    # Jobs whose last words were lost do not count as finished, so that others take their place.
    farm.run(
        farm.loop(), done=lambda: len(farm.stored()) == len(farm.begun) > begun and not farm.computer.jobs
    )
    assert 6 <= len(farm.begun) <= 6 + begun
    assert not [breach for breach in farm.broken if "was full" not in breach]
    assert not farm.leftovers()
