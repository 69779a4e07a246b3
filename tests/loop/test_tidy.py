"""What the loop puts away is history only: nothing that is done depends on it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial

import pytest

from reconciler import tidy
from reconciler.simulate import Fate, Fuse
from reconciler.simulate.machine import SimulatedMachine
from reconciler.simulate.plotting import PlotJob
from reconciler.simulate.processes import Process
from reconciler.spec.loading import parse
from reconciler.state import Fact, Unknown
from reconciler.world import Ask, Survey
from tests.loop.farm import LOGS, Farm, rules, spec_text


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let logs be shelved as soon as they may."""
    monkeypatch.setattr(tidy, "FEW", 0)
    monkeypatch.setattr(tidy, "RECENT", 0.0)


def _logs(farm: Farm, folder: str = LOGS) -> list[str]:
    return [
        name
        for name, file in farm.computer.disks.listing(folder)
        if file is not None and name.endswith(".log")
    ]


@pytest.mark.usefixtures("hasty")
def test_shelved_logs_still_count_for_stop_after_and_stagger() -> None:
    farm = Farm(plotting={"stop_after": 6})
    farm.run(farm.loop())
    assert len(farm.begun) == 6
    assert not farm.broken
    assert len(_logs(farm, f"{LOGS}/2027-01")) >= 10


@pytest.mark.usefixtures("hasty")
def test_shelved_logs_that_do_not_answer_cause_no_plot_more_than_stop_after(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    farm = Farm(plotting={"stop_after": 6})
    farm.run(farm.loop())
    assert _logs(farm, f"{LOGS}/2027-01")
    survey = SimulatedMachine.survey

    def silent(machine: SimulatedMachine, asks: Sequence[Ask]) -> Mapping[str, Fact[Survey]]:
        hung = Unknown("has not answered yet")
        return {path: hung if "/2027-" in path else told for path, told in survey(machine, asks).items()}

    monkeypatch.setattr(SimulatedMachine, "survey", silent)
    loop = farm.loop()
    for _ in range(10):
        farm.advance(600.0)
        ticked = loop.tick()
    assert len(farm.begun) == 6
    assert rules(ticked) == {"known"}


@pytest.mark.usefixtures("hasty")
def test_a_crash_at_any_shelving_or_cleaning_loses_nothing() -> None:
    def farm_with_leftovers() -> Farm:
        farm = Farm(plotting={"stop_after": 3}, clean={"orphans_after": "10m"})
        doomed = True

        def fate(process: Process) -> Fate | None:
            nonlocal doomed
            strikes, doomed = doomed and isinstance(process.doing, PlotJob), False
            return Fate(at="2:1", words="Error: no such luck") if strikes else None

        farm.computer.faults.fate = fate
        return farm

    def recovered(farm: Farm) -> bool:
        return farm.finished() and not farm.leftovers()

    clean = Fuse()
    first = farm_with_leftovers()
    first.run(first.loop(step=clean), done=lambda: recovered(first))
    assert {"shelve: moved", "clean: asked for", "clean: file removed"} <= set(clean.steps)
    for number, name in enumerate(clean.steps):
        if not name.startswith(("shelve", "clean", "remove")):
            continue
        farm = farm_with_leftovers()
        farm.run_to_the_end(step=Fuse(number))
        farm.run(farm.loop(), done=partial(recovered, farm))
        assert len(farm.begun) == 4
        assert not farm.broken


@pytest.mark.usefixtures("hasty")
def test_shelved_logs_go_once_they_are_older_than_the_spec_keeps_them() -> None:
    farm = Farm(
        plotting={"stop_after": 3},
        directories={"logs": {"path": LOGS, "keep": "3d"}},
        scheduling={"tick": "6h"},
    )
    loop = farm.loop()
    farm.run(loop, hours=48)
    end = farm.computer.clock.time
    farm.run(loop, hours=200, done=lambda: farm.computer.clock.time > end + 2 * 86400)
    shelved = set(_logs(farm, f"{LOGS}/2027-01"))
    assert len(shelved) == 6
    farm.run(loop, hours=200, done=lambda: farm.computer.clock.time > end + 5 * 86400)
    left = set(_logs(farm, f"{LOGS}/2027-01"))
    assert left == {name for name in shelved if name.endswith(".plot.finished.log")}, "what stop_after counts"
    assert len(farm.begun) == 3
    changed = {"plotting": {"state": "drained"}, "directories": {"logs": {"path": LOGS, "keep": "3d"}}}
    farm.source.loaded = parse(spec_text(**changed, scheduling={"tick": "6h"}), "farm.yaml")
    farm.run(loop, hours=200, done=lambda: farm.computer.clock.time > end + 7 * 86400)
    assert not shelved & set(_logs(farm, f"{LOGS}/2027-01"))


def test_few_logs_stay_where_they_are() -> None:
    farm = Farm(plotting={"stop_after": 4}, scheduling={"tick": "2h"})
    farm.run(farm.loop())
    end = farm.computer.clock.time + 3 * 86400
    farm.run(farm.loop(), hours=100, done=lambda: farm.computer.clock.time > end)
    assert len(_logs(farm)) == 8
