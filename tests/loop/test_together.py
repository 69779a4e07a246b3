"""Several programs on one machine: loops beside each other, people, and jobs of other tools."""

from __future__ import annotations

import pytest

from reconciler.errors import LockHeld
from reconciler.loop import Loop
from reconciler.plotters import Order
from tests.loop.farm import DSTS, TMPS, Farm, actions, plotters, rules


def test_of_two_loops_one_is_refused_with_the_holders_name() -> None:
    farm = Farm()
    with (
        farm.loop().locks(),
        pytest.raises(LockHeld, match="plotting"),
        farm.loop(works=["plotting"]).locks(),
    ):
        pass
    with farm.loop(works=["plotting"]).locks(), pytest.raises(LockHeld), farm.loop().locks():
        pass
    with farm.loop().locks():
        pass


@pytest.mark.parametrize("plots_first", [True, False])
def test_plot_and_archive_side_by_side_do_everything_once(plots_first: bool) -> None:
    farm = Farm(plotting={"stop_after": 6})
    plotting, archiving = farm.loop(works=["plotting"]), farm.loop(works=["archiving"])
    order: list[Loop] = [plotting, archiving] if plots_first else [archiving, plotting]
    with plotting.locks(), archiving.locks():
        for _ in range(400):
            for loop in order:
                loop.tick()
                farm.advance(17.0)
            if farm.finished():
                break
    assert farm.finished()
    assert not farm.broken
    assert len(farm.begun) == 6
    assert not farm.leftovers()


def test_each_loop_acts_only_by_its_own_kind_of_work() -> None:
    farm = Farm(plotting={"stop_after": 2})
    plotting, archiving = farm.loop(works=["plotting"]), farm.loop(works=["archiving"])
    farm.run(plotting, done=lambda: len(farm.waiting()) == 2 and not farm.computer.processes.living)
    assert not farm.stored()
    farm.run(archiving)
    assert len(farm.begun) == 2


def _by_hand(farm: Farm, tmp: str, *, log: str | None = None) -> None:
    """Start a job as another tool would."""
    argv = plotters()["chia"].build(
        Order(k=32, tmp=tmp, tmp2=None, dst=DSTS[0], farmer_key="8d3e", pool_key="aa11")
    )
    output = farm.computer.disks.create(log) if log is not None else None
    farm.computer.run(argv, output=output)


@pytest.mark.parametrize("logged", [True, False])
def test_jobs_of_other_tools_count_against_every_limit_and_their_plots_are_archived(logged: bool) -> None:
    farm = Farm(scheduling={"stagger": "5m"}, plotting={"stop_after": 6})
    farm.computer.disks.make_folder("/home/farm/old")
    for number, tmp in enumerate((TMPS[0], TMPS[1], TMPS[2])):
        _by_hand(farm, tmp, log=f"/home/farm/old/{number}.log" if logged else None)
        farm.advance(301.0)
    loop = farm.loop()
    with loop.locks():
        ticked = loop.tick()
    assert len(ticked.facts.jobs) == 3
    # What no log tells counts as being early, on every tmp.
    assert rules(ticked) == ({"max_jobs"} if logged else {"phase_stagger"})
    farm.run(loop, done=lambda: len(farm.stored()) == len(farm.begun) >= 6 and not farm.computer.jobs)
    assert not farm.broken
    assert not farm.leftovers()


def test_a_plot_that_a_person_put_into_dst_is_archived_once_it_has_settled() -> None:
    farm = Farm(plotting={"state": "drained"})
    name = f"plot-k32-2026-01-01-00-00-{'ab' * 32}.plot"
    head = b"Proof of Space Plot" + bytes.fromhex("ab" * 32) + bytes([32])
    farm.computer.disks.create(f"{DSTS[0]}/{name}", head, size=108_840_000_000)
    loop = farm.loop()
    with loop.locks():
        assert not actions(loop.tick())
    farm.run(loop, done=lambda: farm.stored() == [name] and not farm.waiting())
    assert not farm.leftovers()


def test_half_a_plot_is_never_archived() -> None:
    farm = Farm(plotting={"state": "drained"})
    name = f"plot-k32-2026-01-01-00-00-{'ab' * 32}.plot"
    head = b"Proof of Space Plot" + bytes.fromhex("ab" * 32) + bytes([32])
    farm.computer.disks.create(f"{DSTS[0]}/{name}", head, size=54_000_000_000)
    loop = farm.loop()
    end = farm.computer.clock.time + 7200
    farm.run(loop, done=lambda: farm.computer.clock.time > end)
    assert not farm.stored()
    assert farm.waiting() == [name]
