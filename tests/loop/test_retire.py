"""Replotting: a full farm of old plots is replaced one for one, at the last moment, whatever is killed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from reconciler.simulate import Crash, Fate, Fuse
from reconciler.simulate.disks import Disks
from reconciler.simulate.moving import Move
from reconciler.simulate.processes import Process
from reconciler.simulate.removing import Removal
from tests.heads import CONTRACT, format_1
from tests.loop.farm import DISKS, DSTS, GB, PLOT, Farm, actions, wish

DAY = 86400.0
OLD = 7
"""Old plots on each disk."""


class Replot(Farm):
    """A farm whose disks are full of old plots; backlog: new plots that wait in dst. No job runs.

    old: each old plot, and when it went, by the simulation's time. early: those that went while nothing needed
    their room.
    """

    def __init__(self, *, backlog: int = 4, per_day: int = 20, **changes: Any) -> None:
        replace = {"match": {"contract": "none", "before": "2027-01-01"}, "per_day": per_day}
        hosts = changes.pop("hosts", ())
        farmers = [{"name": name, "host": name} for name in hosts] or [{"name": "farm"}]
        changes["archive"] = [
            {**farmer, "disks": "/farm/*", "replace": replace, "limits": {"per_source": 2}}
            for farmer in farmers
        ]
        super().__init__(hosts=hosts, plotting=None, **changes)
        self.old: dict[str, float | None] = {}
        self.early: list[str] = []
        number = 0
        for farm in self.farms:
            for path in DISKS:
                farm.device(path).others = 8 * PLOT - OLD * PLOT - 50 * GB
                for _ in range(OLD):
                    number += 1
                    self.put(farm, path, number, contract="", age=300 * DAY + number)
        for count in range(backlog):
            self.put(self.computer.disks, DSTS[count % len(DSTS)], 1000 + count, contract=CONTRACT, age=7200)
        self.backlog = backlog
        self.computer.clock.watchers.append(self.watch)

    def put(self, disks: Disks, path: str, number: int, *, contract: str, age: float) -> None:
        plot_id = f"{number:064x}"
        name = f"plot-k32-2026-01-01-00-00-{plot_id}.plot"
        memo = bytes.fromhex(contract).ljust(112, b"\1") if contract else b"\2" * 128
        file = disks.create(f"{path}/{name}", format_1(plot_id, 32, memo), size=PLOT)
        file.modified -= age
        if not contract:
            self.old[name] = None

    def watch(self) -> None:
        """After everything that happens: note what went, and whether it went too early."""
        present = {name for farm in self.farms for path in DISKS for name, _ in farm.listing(path)}
        arrived = self.new() | {move.errand.plot for _, move in self.computer.moves}
        for name, gone in self.old.items():
            if gone is None and name not in present:
                self.old[name] = self.computer.clock.time
        # One for one: whatever has gone has an heir, and of those that have not begun to move one a disk at most.
        if len(self.gone()) > min(self.backlog, len(arrived) + len(DISKS) * len(self.farms)):
            self.early += [name for name in self.gone() if name not in self.early]

    def new(self) -> set[str]:
        return {name for name in self.stored() if name not in self.old}

    def gone(self) -> list[str]:
        return [name for name, at in self.old.items() if at is not None]

    def replaced(self) -> bool:
        return len(self.new()) == self.backlog and not self.waiting() and not self.computer.processes.living

    def most_in_a_day(self) -> int:
        times = sorted(at for at in self.old.values() if at is not None)
        return max((sum(begin <= at < begin + DAY for at in times) for begin in times), default=0)


def sound(farm: Replot) -> None:
    assert not farm.broken
    assert not farm.early
    assert len(farm.gone()) == len(farm.new())


@pytest.mark.parametrize("hosts", [(), ("farmer1",)], ids=["here", "at a farmer"])
def test_a_full_farm_is_replaced_one_for_one(hosts: tuple[str, ...]) -> None:
    farm = Replot(backlog=8, hosts=hosts)
    farm.run(farm.loop(), done=farm.replaced)
    sound(farm)
    assert len(farm.gone()) == 8
    kept = [name for name, at in farm.old.items() if at is None]
    assert len(kept) == len(DISKS) * OLD - 8


def test_no_more_go_in_a_day_than_the_spec_lets() -> None:
    farm = Replot(backlog=5, per_day=2, scheduling={"tick": "10m"})
    farm.run(farm.loop(), hours=72, done=farm.replaced)
    sound(farm)
    assert farm.most_in_a_day() == 2


def test_without_a_new_plot_nothing_goes() -> None:
    farm = Replot(backlog=0)
    farm.loop().run(lambda: farm.computer.clock.time > DAY / 6)
    assert not farm.gone()


def test_while_archiving_is_paused_nothing_goes() -> None:
    farm = Replot(backlog=2)
    wish(farm, "pause", "archiving", seconds=3600)
    farm.loop().run(lambda: farm.computer.clock.time > 3000)
    assert not farm.gone()
    farm.run(farm.loop(), done=farm.replaced)
    sound(farm)


def test_a_plan_lists_what_would_go_before_it_goes() -> None:
    farm = Replot(backlog=1)
    loop = farm.loop()
    with loop.locks():
        ticked = loop.tick()
    assert actions(ticked) == ["retire"]
    assert not farm.gone()


@pytest.mark.parametrize("hosts", [(), ("farmer1",)], ids=["here", "at a farmer"])
def test_a_crash_at_any_step_costs_no_plot_more(hosts: tuple[str, ...]) -> None:
    whole = Fuse()
    first = Replot(backlog=2, hosts=hosts)
    first.run(first.loop(step=whole), done=first.replaced)
    for step in range(len(whole.steps)):
        farm, fuse = Replot(backlog=2, hosts=hosts), Fuse(step)
        run_on(farm, fuse)
        sound(farm)


@pytest.mark.parametrize("step", ["removing", "removed"])
@pytest.mark.parametrize("hosts", [(), ("farmer1",)], ids=["here", "at a farmer"])
def test_a_killed_remover_costs_no_plot_more(hosts: tuple[str, ...], step: str) -> None:
    farm = Replot(backlog=3, hosts=hosts)
    fates = [Fate(at=step)]
    farm.computer.faults.fate = lambda process: (
        fates.pop() if fates and isinstance(process.doing, Removal) else None
    )
    farm.run(farm.loop(), done=farm.replaced)
    assert not fates
    sound(farm)


def test_a_mover_that_fails_gets_no_second_room() -> None:
    farm = Replot(backlog=2, hosts=("farmer1",))
    fates = [Fate(at="copying", kind="broken", words="Input/output error")]
    farm.computer.faults.fate = lambda process: (
        fates.pop() if fates and isinstance(process.doing, Move) else None
    )
    farm.run(farm.loop(), done=farm.replaced)
    assert not fates
    sound(farm)


def test_removers_that_die_in_doubt_are_counted_as_if_their_plots_had_gone() -> None:
    farm = Replot(backlog=2, per_day=6, scheduling={"tick": "10m"})
    begun: list[float] = []

    def fate(process: Process) -> Fate | None:
        if isinstance(process.doing, Removal):
            begun.append(farm.computer.clock.time)
        return Fate(at="removing")

    farm.computer.faults.fate = fate
    farm.loop().run(lambda: farm.computer.clock.time > DAY * 0.9)
    assert len(begun) == 6
    assert not farm.gone()


def run_on(farm: Replot, step: Callable[[str], None]) -> None:
    """Run loops one after the other, a new one after a crash."""
    while True:
        try:
            farm.run(farm.loop(step=step), done=farm.replaced)
        except Crash:
            continue
        return
