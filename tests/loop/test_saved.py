"""A saved plan is performed exactly as it was shown, or not at all."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from reconciler import documents
from reconciler.errors import StalePlan
from reconciler.execute import Executor, Outcome
from reconciler.observe import Observer
from reconciler.plan import TTL, Plan, plan
from reconciler.simulate import SimulatedMachine, SimulatedWorld
from tests.loop.farm import DSTS, TMPS, Farm, plotters


def _saved() -> tuple[Farm, Plan]:
    """A farm in the midst of its work, and a plan of it that has something of everything to do."""
    farm = Farm(plotting={"stop_after": 8}, scheduling={"stagger": 0})
    loop = farm.loop(works=["plotting"])
    farm.run(loop, done=lambda: len(farm.waiting()) >= 2)
    farm.advance(61.0)
    seen = Observer(SimulatedWorld(farm.machine), plotters()).look(farm.spec)
    return farm, plan(farm.spec, seen, plotters(), farm.source.loaded.digest)


def _apply(farm: Farm, saved: Plan) -> tuple[Outcome, ...]:
    world = SimulatedWorld(SimulatedMachine(farm.computer))
    executor = Executor(world, Observer(world, plotters()), plotters())
    executor.check(farm.spec, farm.source.loaded.digest, saved, saved.actions)
    return executor.perform_exactly(farm.spec, saved.actions, lambda _: None)


def test_a_saved_plan_does_all_that_it_says_even_through_json() -> None:
    farm, saved = _saved()
    kinds = {action.kind for action in saved.actions}
    assert kinds == {"archive", "spawn"}
    farm.advance(1.0)
    outcomes = _apply(farm, documents.plan_from_json(documents.to_json(saved), "saved.json"))
    assert [outcome.result for outcome in outcomes] == ["done"] * len(saved.actions)
    assert not farm.broken


def test_a_plan_that_is_applied_twice_does_nothing_twice() -> None:
    farm, saved = _saved()
    _apply(farm, saved)
    begun, moving = len(farm.computer.jobs), len(farm.computer.moves)
    with pytest.raises(StalePlan):
        _apply(farm, saved)
    assert (len(farm.computer.jobs), len(farm.computer.moves)) == (begun, moving)


def _later(farm: Farm, saved: Plan) -> Plan:
    farm.advance(TTL + 1)
    return saved


def _elsewhere(_farm: Farm, saved: Plan) -> Plan:
    return replace(saved, host="another")


def _other_spec(_farm: Farm, saved: Plan) -> Plan:
    return replace(saved, spec="sha256:" + "0" * 64)


def _rebooted(farm: Farm, saved: Plan) -> Plan:
    farm.computer.clock.boot = "another-boot"
    return saved


def _plot_gone(farm: Farm, saved: Plan) -> Plan:
    name = farm.waiting()[0]
    for path in DSTS:
        if farm.computer.disks.file(f"{path}/{name}") is not None:
            farm.computer.disks.remove(f"{path}/{name}")
    return saved


def _no_room(farm: Farm, saved: Plan) -> Plan:
    for path in TMPS:
        farm.computer.disks.device(path).others = 10**12
    return saved


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (_later, "expired"),
        (_elsewhere, "host       expected another -> found simulated"),
        (_other_spec, "spec       expected sha256:000"),
        (_rebooted, "boot"),
        (_plot_gone, "-> found absent"),
        (_no_room, "held"),
    ],
)
def test_a_plan_that_no_longer_fits_is_refused_with_a_list_and_nothing_is_touched(
    change: Callable[[Farm, Plan], Plan], words: str
) -> None:
    farm, saved = _saved()
    saved = change(farm, saved)
    jobs, moves = farm.computer.jobs, farm.computer.moves
    with pytest.raises(StalePlan) as refused:
        _apply(farm, saved)
    assert words in str(refused.value)
    assert (farm.computer.jobs, farm.computer.moves) == (jobs, moves)
