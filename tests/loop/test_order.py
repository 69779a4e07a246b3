"""The order of reading: whatever ends while we look, no plot is missed and none is taken for one that waits."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from reconciler.facts import Facts
from reconciler.observe import Observer
from reconciler.simulate import SimulatedMachine, SimulatedWorld
from reconciler.state import Known, Plot
from tests.loop.farm import DSTS, Farm, plotters


def looked(farm: Farm, monkeypatch: pytest.MonkeyPatch, meanwhile: Callable[[], None]) -> Facts:
    """A look during which that happens, just before the process table is read."""
    machine = SimulatedMachine(farm.computer)
    processes = machine.processes

    def late(wanted: Callable[..., bool]) -> object:
        meanwhile()
        return processes(wanted)

    monkeypatch.setattr(machine, "processes", late)
    return Facts(farm.spec, Observer(SimulatedWorld(machine), plotters()).look(farm.spec), plotters())


def plots(facts: Facts) -> list[Plot]:
    listed = [facts.seen.directories[path].plots for path in DSTS]
    return [plot for found in listed if isinstance(found, Known) for plot in found.value]


def test_a_job_that_ends_while_we_look_has_left_its_plot(monkeypatch: pytest.MonkeyPatch) -> None:
    farm = Farm(plotting={"stop_after": 1}, archive=None)
    farm.run(farm.loop(), done=lambda: len(farm.computer.processes.living) == 1)

    def ends() -> None:
        while farm.computer.processes.living:
            farm.advance(60.0)

    facts = looked(farm, monkeypatch, ends)
    assert facts.all_jobs == ()
    assert [plot.state for plot in plots(facts)] == ["ready"]


def test_a_mover_that_ends_while_we_look_has_left_no_plot_to_move(monkeypatch: pytest.MonkeyPatch) -> None:
    farm = Farm(plotting={"stop_after": 1})
    farm.run(farm.loop(), done=lambda: bool(moving(farm)))

    def ends() -> None:
        while farm.computer.processes.living:
            farm.advance(60.0)

    facts = looked(farm, monkeypatch, ends)
    assert not facts.moving
    assert plots(facts) == [] and not facts.traffic.waiting


def moving(farm: Farm) -> tuple[object, ...]:
    seen = Observer(SimulatedWorld(SimulatedMachine(farm.computer)), plotters()).look(farm.spec)
    return tuple(Facts(farm.spec, seen, plotters()).moving)
