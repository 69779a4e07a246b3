"""Guardrails in the loop: what is to be approved waits, caps hold however often one looks, whatever is killed."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any

import pytest

from reconciler import journal, overrides
from reconciler.actions import Action, Retire, grant_of
from reconciler.execute import Executor
from reconciler.facts import Facts
from reconciler.loop import Loop, Ticked
from reconciler.observe import Observer
from reconciler.plan import if_approved, plan_facts
from reconciler.simulate import Crash, Fuse, SimulatedMachine, SimulatedWorld
from reconciler.simulate.plotting import PlotJob
from reconciler.spec.loading import parse
from reconciler.state import Override
from tests.loop.farm import DSTS, GB, LOGS, TMPS, Farm, actions, job_of, plotters, rules, wish
from tests.loop.test_retire import Replot

ORPHANS = 4


def begun(**changes: Any) -> tuple[Farm, Loop, Ticked]:
    """A farm with three jobs at work."""
    farm = Farm(plotting={"stop_after": 3}, **changes)
    loop = farm.loop()
    farm.run(loop, done=lambda: len(farm.begun) == 3)
    farm.advance(240.0)
    with loop.locks():
        return farm, loop, loop.tick()


def tick(loop: Loop) -> Ticked:
    with loop.locks():
        return loop.tick()


def approve(farm: Farm, granted: Sequence[Action]) -> None:
    """As `plotman apply PLAN` does beside a loop."""
    now = farm.machine.now()
    asked = Override(
        verb="approve",
        target="a-plan",
        since=now,
        who="rita",
        until=now.at + 600,
        grants=tuple(grant_of(action) for action in granted),
    )
    overrides.write(farm.machine, LOGS, asked)


def offered(ticked: Ticked) -> list[Action]:
    """What a saved plan would hold of the kinds that delete."""
    made = plan_facts(if_approved(ticked.facts)).actions
    return [action for action in made if action.kind in ("kill", "clean", "retire")]


def approvals(farm: Farm) -> list[str]:
    names = [name for name, _ in farm.computer.disks.listing(f"{LOGS}/state/overrides")]
    return [name for name in names if name.startswith("approve")]


def litter(farm: Farm, count: int = ORPHANS) -> None:
    """Temporary files of jobs that are long gone."""
    for number in range(count):
        plot_id = f"{number + 0xABC:064x}"
        name = f"plot-k32-2026-01-01-00-00-{plot_id}.plot.sort.tmp"
        farm.computer.disks.create(f"{TMPS[0]}/{name}", size=GB).modified -= 86400.0


def orphans(farm: Farm) -> int:
    living = {job.plot_id for _, job in farm.computer.jobs}
    names = [name for name, _ in farm.computer.disks.listing(TMPS[0]) if name.endswith(".tmp")]
    return sum(not any(plot_id in name for plot_id in living) for name in names)


# --- approval ------------------------------------------------------------------------------------


def test_a_kill_waits_for_its_approval_and_for_no_other() -> None:
    farm, loop, seen = begun(approve=["kill"])
    (first, job), (second, other) = farm.computer.jobs[:2]
    wish(farm, "kill", job_of(seen, job))
    wish(farm, "kill", job_of(seen, other))
    ticked = tick(loop)
    assert rules(ticked, "kill") == {"approval"}
    assert "kill" not in actions(ticked)
    mine = [action for action in offered(ticked) if action.path == f"jobs.{job_of(seen, job).id}"]
    approve(farm, mine)
    assert actions(tick(loop))[0] == "kill"
    assert farm.computer.processes.get(first.ident) is None
    assert farm.computer.processes.get(second.ident) is not None
    tick(loop)
    assert not approvals(farm), "it is used up"


def test_an_approval_of_what_has_changed_since_is_none() -> None:
    farm, loop, seen = begun(approve=["kill"])
    process, job = farm.computer.jobs[0]
    wish(farm, "kill", job_of(seen, job))
    saved = offered(tick(loop))
    farm.computer.processes.stop(process)
    approve(farm, saved)
    assert rules(tick(loop), "kill") == {"approval"}
    assert farm.computer.processes.get(process.ident) is not None


def test_an_approval_that_is_over_is_none_and_goes() -> None:
    farm, loop, seen = begun(approve=["kill"])
    process, job = farm.computer.jobs[0]
    wish(farm, "kill", job_of(seen, job))
    approve(farm, offered(tick(loop)))
    assert approvals(farm)
    farm.advance(601.0)
    if farm.computer.processes.get(process.ident) is not None:
        assert "kill" not in actions(tick(loop))
    tick(loop)
    assert not approvals(farm)


def test_old_plots_give_way_once_that_is_approved_and_no_others_do() -> None:
    farm = Replot(backlog=3, approve=["retire"], scheduling={"tick": "60s"})
    loop = farm.loop()
    loop.run(lambda: farm.computer.clock.time > 3600)
    assert not farm.gone()
    ticked = tick(loop)
    assert rules(ticked, "retire") == {"approval"}
    mine = [action for action in offered(ticked) if isinstance(action, Retire)][:1]
    approve(farm, mine)
    loop.run(lambda: farm.computer.clock.time > 7200)
    assert farm.gone() == [action.plot for action in mine]
    assert not farm.early
    assert not approvals(farm)


def test_a_plan_that_is_saved_before_its_approval_is_performed_exactly() -> None:
    farm, _, _ = begun(approve=["clean"], clean={"orphans_after": "1h"})
    litter(farm)
    world = SimulatedWorld(SimulatedMachine(farm.computer))
    executor = Executor(world, Observer(world, plotters()), plotters())
    digest = farm.source.loaded.digest
    ticked = tick(farm.loop(works=["plotting"]))
    saved = plan_facts(if_approved(ticked.facts), digest)
    cleans = [action for action in saved.actions if action.kind == "clean"]
    assert len(cleans) == ORPHANS
    executor.check(farm.spec, digest, saved, cleans)
    refused = executor.perform_exactly(farm.spec, cleans[:1], lambda _: None)
    assert [(outcome.result, outcome.rule) for outcome in refused] == [("refused", "approval")]
    approve(farm, cleans[:2])
    done = executor.perform_exactly(farm.spec, cleans, lambda _: None)
    assert [outcome.result for outcome in done] == ["done", "done", "refused", "refused"]
    assert orphans(farm) == ORPHANS - 2


def test_an_action_of_something_that_has_changed_since_the_check_is_refused() -> None:
    farm, _, seen = begun()
    process, job = farm.computer.jobs[0]
    wish(farm, "kill", job_of(seen, job))
    world = SimulatedWorld(SimulatedMachine(farm.computer))
    observer = Observer(world, plotters())
    saved = plan_facts(Facts(farm.spec, observer.look(farm.spec), plotters()))
    farm.computer.processes.stop(process)
    kills = [action for action in saved.actions if action.kind == "kill"]
    refused = Executor(world, observer, plotters()).perform_exactly(farm.spec, kills, lambda _: None)
    assert [outcome.result for outcome in refused] == ["refused"]
    assert farm.computer.processes.get(process.ident) is not None


def _killing(step: Callable[[str], None]) -> tuple[Farm, PlotJob, PlotJob]:
    """Two jobs are to be killed and litter to be cleaned; only one kill and one cleaning are approved."""
    farm, loop, seen = begun(approve=["kill", "clean"], clean={"orphans_after": "1h"}, archive=None)
    litter(farm, 2)
    jobs = [job for _, job in farm.computer.jobs]
    for job in jobs[:2]:
        wish(farm, "kill", job_of(seen, job))
    saved = offered(tick(loop))
    mine = [action for action in saved if action.path == f"jobs.{job_of(seen, jobs[0]).id}"]
    mine += [action for action in saved if action.kind == "clean"][:1]
    assert len(mine) == 2
    approve(farm, mine)
    while True:
        try:
            run = farm.loop(step=step)
            for _ in range(3):
                tick(run)
                farm.advance(61.0)
        except Crash:
            continue
        return farm, jobs[0], jobs[1]


def test_a_crash_at_any_step_does_nothing_that_was_not_approved() -> None:
    whole = Fuse()
    _killing(whole)
    assert {"kill: counted", "kill: ended", "clean: counted", "clean: file removed"} <= set(whole.steps)
    last = max(number for number, name in enumerate(whole.steps) if name.startswith(("kill", "clean")))
    for number in range(last + 1):
        farm, killed, kept = _killing(Fuse(number))
        alive = [job.plot_id for _, job in farm.computer.jobs]
        assert kept.plot_id in alive, number
        assert killed.plot_id not in alive, number
        # What a crash in the midst of its removal has left is other files than those approved.
        left = {name for name, _ in farm.computer.disks.listing(TMPS[0]) if f"{0xABC:x}" in name}
        other = {name for name, _ in farm.computer.disks.listing(TMPS[0]) if f"{0xABD:x}" in name}
        assert len(left) + len(other) >= 1, number
        assert not farm.broken, number


# --- caps ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("every", [0, 7, 11])
def test_no_more_is_cleaned_within_a_tick_or_a_day_than_the_spec_lets_whatever_is_killed(every: int) -> None:
    farm = Farm(
        plotting=None,
        archive=None,
        clean={"orphans_after": "1h"},
        scheduling={"tick": "10m"},
        deletions={"per_tick": 2, "per_day": 7},
    )
    litter(farm, 12)
    gone: list[float] = []

    def watch() -> None:
        while len(gone) < 12 - orphans(farm):
            gone.append(farm.computer.clock.time)

    farm.computer.clock.watchers.append(watch)
    passed = 0

    def step(name: str) -> None:
        nonlocal passed
        watch()
        passed += 1
        if every and passed % every == 0:
            raise Crash(name)

    while farm.computer.clock.time < 30 * 3600:
        try:
            farm.loop(step=step).run(lambda: farm.computer.clock.time >= 30 * 3600)
        except Crash:
            farm.advance(0.05)
    assert len(gone) == 12 if not every else len(gone) > 5
    assert all(sum(at <= each < at + 600 for each in gone) <= 2 for at in gone)
    assert all(sum(at <= each < at + 86400 for each in gone) <= 7 for at in gone)


def test_the_cap_of_a_day_counts_retirements_of_all_farmers_and_tells_when_the_next_may_go() -> None:
    farm = Replot(backlog=5, scheduling={"tick": "10m"}, deletions={"per_tick": 5, "per_day": 2})
    farm.run(farm.loop(), hours=72, done=farm.replaced)
    assert farm.most_in_a_day() == 2
    assert not farm.broken


# --- draining ------------------------------------------------------------------------------------


def test_directories_that_the_spec_names_no_more_are_drained_and_forgotten() -> None:
    farm = Farm(plotting={"stop_after": 6})
    loop = farm.loop()
    farm.run(loop, done=lambda: any(job.dst == DSTS[0] for _, job in farm.computer.jobs))
    wish(farm, "pause", "archiving")
    farm.run(loop, done=lambda: any(name for name, _ in farm.computer.disks.listing(DSTS[0])))
    stranger = farm.computer.disks.create(f"{DSTS[0]}/plot-k32-2026-01-01-00-00-{'e' * 64}.plot", size=GB)
    stranger.modified -= 7200.0
    there = {job.plot_id for _, job in farm.computer.jobs if job.tmp == TMPS[0] or job.dst == DSTS[0]}
    text = farm.source.loaded.text.replace(f'"{TMPS[0]}", ', "").replace(f'"{DSTS[0]}", ', "")
    farm.source.loaded = parse(text, "farm.yaml")
    before = len(farm.begun)
    told = {c.subject: c.message for c in tick(loop).plan.conditions if c.type == "Draining"}
    assert "plot" in told[DSTS[0]]
    overrides.withdraw(farm.machine, LOGS, "pause", "archiving")
    farm.run(loop, done=lambda: len(farm.stored()) == 6 and not farm.computer.processes.living)
    assert not [each for each in farm.begun[before:] if each.tmp == TMPS[0]]
    assert all(any(plot_id in name for name in farm.stored()) for plot_id in there)
    assert stranger in [file for _, file in farm.computer.disks.listing(DSTS[0])], "not ours to move"
    ended = tick(loop)
    assert not [c for c in ended.plan.conditions if c.type == "Draining"]
    assert DSTS[0] not in ended.facts.seen.directories
    assert not farm.broken


def test_a_tmp_directory_in_which_plots_land_no_more_is_drained_too() -> None:
    farm = Farm(plotting={"stop_after": 2}, directories={"dst": []})
    loop = farm.loop()
    wish(farm, "pause", "archiving")
    farm.run(loop, done=lambda: len(farm.begun) == 2 and not farm.computer.processes.living)
    document = json.loads(farm.source.loaded.text)
    document["directories"]["dst"] = list(DSTS)
    farm.source.loaded = parse(json.dumps(document), "farm.yaml")
    told = [c for c in tick(loop).plan.conditions if c.type == "Draining"]
    assert {condition.subject for condition in told} <= set(TMPS)
    assert all("no plot lands there any more; left there: 1 plot to be" in c.message for c in told)
    overrides.withdraw(farm.machine, LOGS, "pause", "archiving")
    farm.run(loop, done=lambda: len(farm.stored()) == 2)
    assert told


def test_a_transfer_to_a_farmer_that_the_spec_names_no_more_goes_on_and_no_other_begins() -> None:
    farm = Farm(plotting={"stop_after": 4}, hosts=("farmer1", "farmer2"))
    loop = farm.loop()
    farm.run(loop, done=lambda: bool(farm.computer.moves))
    (_, move) = farm.computer.moves[0]
    gone = move.errand.farmer
    other = next(name for name in farm.hosts if name != gone)
    document = json.loads(farm.source.loaded.text)
    document["archive"] = [{"name": other, "host": other, "disks": "/farm/*"}]
    farm.source.loaded = parse(json.dumps(document), "farm.yaml")
    told = [c.message for c in tick(loop).plan.conditions if (c.type, c.subject) == ("Draining", gone)]
    assert told == ["the spec names it no more; under way: 1 transfer"]
    farm.run(loop)
    stored = [
        name for path in ("/farm/0", "/farm/1", "/farm/2") for name, _ in farm.hosts[gone].disks.listing(path)
    ]
    assert stored == [move.errand.plot]
    assert not farm.broken


# --- the trace of a deletion ---------------------------------------------------------------------


def test_a_cleaning_is_in_the_journal_before_its_first_file_goes_and_stays_there_for_a_day() -> None:
    farm = Farm(plotting=None, archive=None, clean={"orphans_after": "1h"}, deletions={"per_tick": 1})
    litter(farm, 1)
    with pytest.raises(Crash):
        tick(farm.loop(step=Fuse("clean: counted")))
    assert orphans(farm) == 1
    farm.advance(farm.spec.scheduling.tick)
    tick(farm.loop())
    assert orphans(farm) == 0
    farm.advance(86400.0 - 120.0)
    seen = tick(farm.loop()).facts.deleted
    assert [each.kind for each in seen.begun] == ["clean", "clean"]
    assert seen.begun[1].subject.startswith(f"{TMPS[0]}/")
    assert len(seen.in_day) == 2
    assert not seen.in_tick


def test_a_trace_that_cannot_be_read_counts_by_its_name() -> None:
    farm = Farm(plotting=None, archive=None, clean={"orphans_after": "1h"}, deletions={"per_day": 1})
    litter(farm, 1)
    farm.machine.folder(LOGS)
    name = journal.log_name(farm.machine.now().at - 60, "0123456789ab", "clean")
    farm.computer.disks.create(f"{LOGS}/{name}", b"\xff\x00 not a record")
    assert rules(tick(farm.loop()), "clean") == {"deletions"}
    assert orphans(farm) == 1


def test_what_cannot_be_counted_is_not_deleted() -> None:
    farm = Farm(plotting=None, archive=None, clean={"orphans_after": "1h"})
    litter(farm, 1)

    def step(name: str) -> None:
        if name == "clean: asked for":
            farm.computer.disks.device(LOGS).writable = False

    assert [outcome.result for outcome in tick(farm.loop(step=step)).outcomes] == ["failed"]
    assert orphans(farm) == 1


def test_traces_of_a_day_are_not_put_away_however_many_they_are() -> None:
    farm = Farm(plotting=None, archive=None)
    farm.machine.folder(LOGS)
    for number in range(130):
        name = journal.log_name(farm.machine.now().at - 7200 - number, f"{number:012x}", "clean")
        farm.computer.disks.create(f"{LOGS}/{name}", b"\n").modified -= 7200
    loop = farm.loop()
    tick(loop)
    assert len(tick(loop).facts.deleted.in_day) == 130
    farm.advance(86400.0)
    tick(loop)
    assert len(tick(loop).facts.deleted.begun) == 100
