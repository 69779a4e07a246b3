"""An action is performed only if a fresh observation asks for it; how fresh, and which are looked at again."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from reconciler import overrides
from reconciler.events import Event, Planned
from reconciler.execute import FRESH
from reconciler.loop import Loop
from tests.loop.farm import LOGS, TMPS, Farm, actions, job_of, wish


class Looks:
    """A loop of a farm that counts its looks, and lets something happen between its plan and its actions."""

    def __init__(self, farm: Farm, monkeypatch: pytest.MonkeyPatch) -> None:
        self.count = 0
        self.meanwhile: Callable[[], None] = lambda: None
        self.loop: Loop = farm.loop(report=self._hear)
        machine = self.loop._world.machine
        processes = machine.processes

        def counted(wanted: Callable[..., bool]) -> object:
            self.count += 1
            return processes(wanted)

        monkeypatch.setattr(machine, "processes", counted)

    def _hear(self, event: Event) -> None:
        if isinstance(event, Planned):
            self.meanwhile()


def test_what_was_planned_together_needs_no_other_look(monkeypatch: pytest.MonkeyPatch) -> None:
    farm = Farm(scheduling={"stagger": "0s"})
    looks = Looks(farm, monkeypatch)
    with looks.loop.locks():
        ticked = looks.loop.tick()
    assert actions(ticked) == ["spawn"] * len(TMPS)
    assert [outcome.result for outcome in ticked.outcomes] == ["done"] * len(TMPS)
    assert looks.count == 1
    assert not farm.broken


def test_after_what_did_not_go_as_planned_it_is_looked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    farm = Farm(scheduling={"stagger": "0s"})
    looks = Looks(farm, monkeypatch)
    farm.computer.faults.no_exec = "Exec format error"
    with looks.loop.locks():
        ticked = looks.loop.tick()
    assert actions(ticked) == ["spawn"] * len(TMPS)
    assert ticked.outcomes[0].result == "failed"
    assert looks.count == len(TMPS)


def test_what_was_seen_too_long_ago_is_looked_at_again(monkeypatch: pytest.MonkeyPatch) -> None:
    farm = Farm()
    looks = Looks(farm, monkeypatch)

    def late() -> None:
        farm.computer.faults.process_table = "permission denied"
        farm.advance(2 * FRESH)

    looks.meanwhile = late
    with looks.loop.locks():
        ticked = looks.loop.tick()
    assert actions(ticked) == ["spawn"]
    assert [outcome.result for outcome in ticked.outcomes] == ["refused"]
    assert not farm.computer.processes.living


def test_before_a_job_is_killed_it_is_looked_again_in_any_case(monkeypatch: pytest.MonkeyPatch) -> None:
    farm = Farm(plotting={"stop_after": 6})
    farm.run(farm.loop(), done=lambda: len(farm.begun) == 1)
    farm.advance(60.0)
    looks = Looks(farm, monkeypatch)
    process, job = farm.computer.jobs[0]
    seen = job_of(looks.loop.tick(), job)
    wish(farm, "kill", seen)

    def withdrawn() -> None:
        assert overrides.withdraw(farm.machine, LOGS, "kill", seen.id)

    looks.meanwhile = withdrawn
    ticked = looks.loop.tick()
    assert actions(ticked)[0] == "kill"
    assert ticked.outcomes[0].result == "refused"
    assert process in farm.computer.processes.living
