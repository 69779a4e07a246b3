"""What is not known is no ground for an action; the rest goes on, and all goes on once it is known again."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from reconciler.loop import Ticked
from reconciler.simulate.faults import garble
from tests.loop.farm import DISKS, DSTS, LOGS, TMPS, Farm, actions, rules

WANTED = 12


class Ticks:
    """Remembers every tick, for a look at those that came after a moment."""

    def __init__(self) -> None:
        self.all: list[Ticked] = []

    def __call__(self, event: object) -> None:
        if isinstance(event, Ticked):
            self.all.append(event)

    def actions(self) -> list[str]:
        return [kind for ticked in self.all for kind in actions(ticked)]


def _half_way() -> tuple[Farm, Ticks]:
    farm = Farm(plotting={"stop_after": WANTED})
    farm.run(farm.loop(), done=lambda: len(farm.waiting()) == 2)
    return farm, Ticks()


def _some_time(farm: Farm, ticks: Ticks, hours: float = 1.0) -> None:
    end = farm.computer.clock.time + hours * 3600
    loop = farm.loop(report=ticks)
    farm.run(loop, done=lambda: farm.computer.clock.time >= end)


def test_a_hung_tmp_gets_no_job_and_the_others_do() -> None:
    farm, ticks = _half_way()
    farm.computer.disks.device(TMPS[0]).hung = True
    begun = len(farm.begun)
    _some_time(farm, ticks)
    assert len(farm.begun) > begun
    assert all(each.tmp != TMPS[0] for each in farm.begun[begun:])
    assert "known" in rules(ticks.all[-1])
    farm.computer.disks.device(TMPS[0]).hung = False
    farm.run(farm.loop())
    assert not farm.broken
    assert len(farm.begun) == WANTED


def test_while_the_process_table_cannot_be_read_nothing_is_started_and_movers_under_way_go_on() -> None:
    farm, ticks = _half_way()
    farm.computer.faults.process_table = "permission denied"
    begun, moving = len(farm.begun), len(farm.computer.moves)
    _some_time(farm, ticks)
    assert not ticks.actions()
    assert len(farm.begun) == begun
    assert len(farm.stored()) == moving > 0
    farm.computer.faults.process_table = None
    farm.run(farm.loop())
    assert not farm.broken
    assert len(farm.begun) == WANTED


def test_while_the_journal_cannot_be_read_nothing_at_all_is_done() -> None:
    farm, ticks = _half_way()
    logs = farm.computer.disks.mount(LOGS, 10**9)
    logs.hung = True
    begun = len(farm.begun)
    loop = farm.loop(report=ticks)
    for _ in range(30):
        loop.tick()
        farm.advance(60.0)
    assert not ticks.actions()
    assert len(farm.begun) == begun
    assert any(condition.type == "JournalUnknown" for condition in ticks.all[-1].plan.conditions)


def test_a_hung_farm_disk_gets_nothing_and_the_others_do() -> None:
    farm, ticks = _half_way()
    stuck = [move.errand.plot for _, move in farm.computer.moves if move.errand.disk == DISKS[2]]
    farm.computer.disks.device(DISKS[2]).hung = True
    here = sum(1 for _ in farm.computer.disks.listing(DISKS[2]))
    _some_time(farm, ticks)
    assert sum(1 for _ in farm.computer.disks.listing(DISKS[2])) == here
    assert len(farm.stored()) > len(stuck)
    assert all(outcome.result != "failed" for ticked in ticks.all for outcome in ticked.outcomes)
    farm.computer.disks.device(DISKS[2]).hung = False
    farm.run(farm.loop())
    assert not farm.broken


def test_a_hung_dst_gets_no_plot_and_gives_none() -> None:
    farm, ticks = _half_way()
    farm.computer.disks.device(DSTS[0]).hung = True
    _some_time(farm, ticks, hours=0.5)
    for ticked in ticks.all:
        for outcome in ticked.outcomes:
            assert getattr(outcome.action, "dst", getattr(outcome.action, "source", None)) != DSTS[0]
    farm.computer.disks.device(DSTS[0]).hung = False
    farm.run(farm.loop())
    assert not farm.broken


def test_a_mover_whose_log_cannot_be_read_may_have_any_plot() -> None:
    farm, ticks = _half_way()
    ((mover, _),) = farm.computer.moves
    assert mover.output is not None
    mover.output.readable = False
    farm.run(farm.loop(report=ticks), done=lambda: not farm.computer.moves)
    assert "archive" not in ticks.actions()
    assert rules(ticks.all[-1], "archive") == {"known"}
    farm.run(farm.loop())
    assert not farm.broken


def _hide(farm: Farm, path: str) -> None:
    file = farm.computer.disks.file(path)
    assert file is not None
    file.readable = False


def _garble(farm: Farm, path: str) -> None:
    file = farm.computer.disks.file(path)
    assert file is not None
    garble(file, bytes(range(256)) * 8)


def _remove(farm: Farm, path: str) -> None:
    farm.computer.disks.remove(path)


@pytest.mark.parametrize("spoil", [_hide, _garble, _remove])
def test_a_log_that_cannot_be_read_costs_its_job_nothing_but_its_phase(
    spoil: Callable[[Farm, str], None],
) -> None:
    farm, ticks = _half_way()
    for process, _ in farm.computer.jobs[:2]:
        assert process.output is not None
        assert process.output.path is not None
        spoil(farm, process.output.path)
    _some_time(farm, ticks, hours=0.2)
    assert "kill" not in ticks.actions()
    assert not farm.broken
    # stop_after counts by the journal, so what a lost log has finished is made once more.
    farm.run(
        farm.loop(), done=lambda: len(farm.stored()) >= WANTED and not (farm.waiting() or farm.computer.jobs)
    )
    assert not farm.broken
    assert len(farm.begun) - WANTED <= 2
    assert not farm.leftovers()


@pytest.mark.parametrize("path", [*TMPS[:1], *DSTS[:1], *DISKS[:1], LOGS])
@pytest.mark.parametrize("fault", ["mounted", "writable"])
def test_no_directory_that_vanishes_or_turns_read_only_ends_the_loop(path: str, fault: str) -> None:
    farm, ticks = _half_way()
    if path == LOGS:
        farm.computer.disks.mount(LOGS, 10**9)
    setattr(farm.computer.disks.device(path), fault, False)
    loop = farm.loop(report=ticks)
    for _ in range(20):
        loop.tick()
        farm.advance(60.0)
    assert len(ticks.all) == 20
    assert not [breach for breach in farm.broken if "was full" not in breach]
