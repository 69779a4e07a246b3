"""What a loop keeps from look to look is a cache: every tick sees and plans what a new program would."""

from __future__ import annotations

import gc
import weakref
from dataclasses import replace

import pytest

from reconciler import reserve
from reconciler.events import Event, Planned
from reconciler.facts import Facts
from reconciler.observe import Observer
from reconciler.plan import plan_facts
from reconciler.simulate import SimulatedMachine, SimulatedWorld
from reconciler.spec.loading import parse
from tests.loop.farm import DSTS, TMPS, Farm, job_of, plotters, spec_text, wish


class Check:
    """Hears a loop, and compares each of its ticks with what is seen and planned anew."""

    def __init__(self, farm: Farm) -> None:
        self.ticks = 0
        self._farm = farm

    def __call__(self, event: Event) -> None:
        if not isinstance(event, Planned):
            return
        self.ticks += 1
        kept = event.facts
        fresh = Facts(kept.spec, kept.seen, plotters())
        assert replace(plan_facts(fresh), spec=event.plan.spec) == event.plan
        assert dict(kept.claims) == {job.id: reserve.of_job(fresh, job) for job in fresh.jobs}
        world = SimulatedWorld(SimulatedMachine(self._farm.computer))
        assert Observer(world, plotters()).look(kept.spec) == kept.seen


def test_what_a_tick_has_seen_is_freed_without_a_search_for_rings() -> None:
    farm = Farm()
    farm.run(farm.loop(), done=lambda: len(farm.begun) == 3)
    ticked = farm.loop().tick()
    traffic, facts = ticked.facts.traffic, weakref.ref(ticked.facts)
    gc.disable()
    try:
        ticked.facts.forget()
        assert ticked.facts.traffic is not traffic
        ticked.facts.forget()
        del ticked, traffic
        assert facts() is None
    finally:
        gc.enable()


@pytest.mark.parametrize("auto", [False, True])
def test_every_tick_plans_what_a_new_program_would(auto: bool) -> None:
    scheduling = {"tmp": {"max_jobs": "auto", "stagger": "auto"}} if auto else {}
    farm = Farm(plotting={"stop_after": 8}, scheduling=scheduling, clean={"orphans_after": "10m"})
    check = Check(farm)
    farm.run(farm.loop(report=check))
    assert check.ticks > 30


def test_also_while_spec_mounts_jobs_and_wishes_change() -> None:
    farm = Farm(plotting={"stop_after": 8})
    check = Check(farm)
    loop = farm.loop(report=check)
    farm.run(loop, done=lambda: len(farm.begun) == 3)
    process, job = farm.computer.jobs[0]
    seen = job_of(loop.tick(), job)
    wish(farm, "suspend", seen)
    farm.run(loop, done=lambda: process.stopped)
    loop.tick()
    farm.computer.disks.device(TMPS[2]).mounted = False
    farm.computer.disks.device(DSTS[0]).hung = True
    loop.tick()
    farm.computer.faults.process_table = "permission denied"
    loop.tick()
    farm.computer.faults.process_table = None
    farm.source.loaded = parse(spec_text(plotting={"stop_after": 8}, space={"floor": "40GB"}), "farm.yaml")
    loop.tick()
    farm.computer.clock.jump(-3600.0)
    loop.tick()
    farm.computer.disks.device(TMPS[2]).mounted = True
    farm.computer.disks.device(DSTS[0]).hung = False
    wish(farm, "resume", seen)
    farm.computer.processes.kill(farm.computer.jobs[-1][0])
    farm.run(loop, done=lambda: not process.stopped)
    before = check.ticks
    farm.run(loop)
    assert check.ticks > before + 10
