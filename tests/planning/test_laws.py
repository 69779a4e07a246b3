"""What holds for every plan, whatever the spec says and the world shows."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from copy import deepcopy
from dataclasses import replace
from math import inf
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reconciler import actions, documents, reserve
from reconciler.desire import desire, observed, verdicts
from reconciler.drift import drift
from reconciler.facts import Facts
from reconciler.judging import Judging, judge
from reconciler.leaves import JobLeaf, State
from reconciler.observation import Observation
from reconciler.plan import Plan, plan
from reconciler.plotters import Plotters
from reconciler.rules import PROPOSERS, archive
from reconciler.spec.models import Spec
from reconciler.state import Directory, Fact, Known, Phase
from reconciler.want import Admitted, Alike, Kind, Move, Spawn, Want
from tests.planning.later import later
from tests.planning.strategies import UNKNOWN, Farm, farms

a_farm = given(farm=farms())
often = settings(
    max_examples=200,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


def planned(farm: Farm, plotters: Plotters) -> Plan:
    return plan(farm.spec, farm.seen, plotters, "sha256:0")


def spawns(made: Plan) -> list[actions.Spawn]:
    return [action for action in made.actions if isinstance(action, actions.Spawn)]


# --- one plan for one world ----------------------------------------------------------------------


@often
@given(farm=farms(), seed=st.integers())
def test_the_order_in_which_things_are_seen_is_nothing_to_the_plan(
    farm: Farm, seed: int, plotters: Plotters
) -> None:
    shuffled = Farm(farm.spec, _shuffled(farm.seen, random.Random(seed)))
    assert planned(shuffled, plotters) == planned(farm, plotters)


@settings(often, max_examples=60)
@a_farm
def test_a_plan_and_its_observation_survive_json(farm: Farm, plotters: Plotters) -> None:
    made = planned(farm, plotters)
    seen = documents.observation_from_json(documents.to_json(farm.seen), "observed.json")
    assert planned(Farm(farm.spec, seen), plotters) == made
    assert documents.plan_from_json(documents.to_json(made), "plan.json") == made


# --- limits --------------------------------------------------------------------------------------


@often
@a_farm
def test_no_start_exceeds_a_limit(farm: Farm, plotters: Plotters) -> None:
    made, facts = spawns(planned(farm, plotters)), Facts(farm.spec, farm.seen, plotters)
    rules = farm.spec.scheduling
    carried = facts.rhythm.jobs if facts.rhythm is not None else farm.seen.cpus // 2 or 1
    most = carried if rules.max_jobs == "auto" else rules.max_jobs
    assert not made or len(facts.jobs) + len(made) <= most
    for tmp, started in Counter(spawn.tmp for spawn in made).items():
        directory = farm.spec.tmp(tmp)
        here = [job for job in facts.jobs if tmp in job.tmps]
        limit = rules.tmp.max_jobs if directory.max_jobs is None else directory.max_jobs
        assert limit == "auto" or len(here) + started <= limit
        stagger = rules.tmp.stagger if directory.stagger is None else directory.stagger
        if stagger == "auto" and rules.stagger == "auto" and facts.rhythm is not None:
            continue
        until, at_most = (Phase(2, 1), 1) if stagger == "auto" else (stagger.until, stagger.at_most)
        early = [job for job in here if isinstance(job.phase, Known) and job.phase.value < until]
        assert len(early) + started <= at_most
    for other in (*farm.spec.directories.tmp2, *farm.spec.directories.dst):
        started = sum(other.path in (spawn.tmp2, spawn.dst) for spawn in made)
        bound = [j for j in facts.jobs if other.path in j.dsts or j.tmp2 == Known(other.path)]
        assert not started or other.max_jobs is None or len(bound) + started <= other.max_jobs


@often
@a_farm
def test_a_stagger_lets_one_start_through_and_none_too_early(farm: Farm, plotters: Plotters) -> None:
    made, facts = spawns(planned(farm, plotters)), Facts(farm.spec, farm.seen, plotters)
    stagger: float | str = farm.spec.scheduling.stagger
    if stagger == "auto" and facts.rhythm is not None:
        stagger = facts.rhythm.beat
    begun = [facts.age(start.since) for start in facts.starts] + [facts.age(job.since) for job in facts.jobs]
    if made and not isinstance(stagger, str) and stagger > 0:
        assert len(made) == 1
        assert min(begun, default=inf) >= stagger


@often
@a_farm
def test_what_is_promised_on_a_device_stays_below_its_room_less_the_floor(
    farm: Farm, plotters: Plotters
) -> None:
    """The lowest floor of those that take room there: a tmp directory on a farmer's disk keeps its own only."""
    facts = Facts(farm.spec, farm.seen, plotters)
    wish = desire(facts)
    promised: Counter[str] = Counter()
    for claims in (*facts.claims.values(), reserve.of_transfers(facts)):
        promised.update(claims)
    taken: dict[str, int] = {}
    for want in wish.wants.values():
        if isinstance(want, Spawn):
            promised.update(reserve.of_spawn(facts, want))
            taken |= {device: facts.floor(device) for device in reserve.of_spawn(facts, want)}
        if isinstance(want, Move) and (device := _judged(facts, want)) is not None:
            promised[device] += reserve.of_move(facts, want)
            begun = (*want.place, want.plot.name) in facts.traffic.parts or reserve.kept(facts, want)
            floor = 0 if begun else farm.spec.archiver(want.farmer).floor
            taken[device] = min(taken.get(device, floor), floor)
    for device, floor in taken.items():
        assert promised[device] <= _free(facts, device) - floor


@often
@a_farm
def test_the_space_rule_leaves_a_job_going(farm: Farm, plotters: Plotters) -> None:
    made, facts = planned(farm, plotters), Facts(farm.spec, farm.seen, plotters)
    stopped = {action.id for action in made.actions if action.kind in ("suspend", "kill")}
    by_space = {a.id for a in made.actions if isinstance(a, actions.Suspend) and a.by == "space"}
    running = [job for job in facts.jobs if job.run == "running"]
    resumed = {action.id for action in made.actions if action.kind == "resume"}
    goes = [
        job for job in facts.jobs if (job.run == "running" or job.id in resumed) and job.id not in stopped
    ]
    assert not by_space or goes
    for device in facts.devices:
        there = [job for job in running if facts.claims[job.id].get(device, 0) > 0]
        # Where a job takes room on several disks it may have been stopped for another one's sake.
        only = all(set(+Counter(facts.claims[job.id])) == {device} for job in there)
        if only and any(job.id in by_space for job in there):
            assert any(job in goes for job in there) or any(job.id in facts.holders(device) for job in goes)


@often
@a_farm
def test_a_job_gets_one_action_at_most(farm: Farm, plotters: Plotters) -> None:
    paths = Counter(action.path for action in planned(farm, plotters).actions)
    assert not [path for path, times in paths.items() if times > 1]


@often
@a_farm
def test_whatever_waits_is_told(farm: Farm, plotters: Plotters) -> None:
    made, facts = planned(farm, plotters), Facts(farm.spec, farm.seen, plotters)
    wish = desire(facts)
    told = {(want.kind, want.subject) for want in wish.wants.values()}
    told |= {(held.want.kind, held.want.subject) for held in wish.waiting}
    assert {("spawn", directory.path) for directory in farm.spec.directories.tmp} <= told
    if farm.spec.archive:
        ready = {
            plot.name
            for directory in farm.spec.directories.landing
            for plot in _known(farm.seen.directories[directory.path].plots)
            if plot.state == "ready" and plot.name not in facts.moving
        }
        assert {("archive", name) for name in ready} <= told
    assert sum(hold.count for hold in made.holds) == len([*wish.waiting])


@often
@a_farm
def test_what_is_done_is_explained_by_limits_that_let_it_through(farm: Farm, plotters: Plotters) -> None:
    facts = Facts(farm.spec, farm.seen, plotters)
    wish = desire(facts)
    for want in wish.wants.values():
        assert all(verdict.ok for verdict in verdicts(facts, want, wish.resumed))


# --- what is not known ---------------------------------------------------------------------------


@often
@given(
    farm=farms(history=False, shared=False) | farms(history=False, shared=False, moving=True), data=st.data()
)
def test_knowing_less_never_lets_more_through(farm: Farm, data: st.DataObject, plotters: Plotters) -> None:
    """Each candidate by itself: what is left out of one place may well go to another.

    Without history, since with it a job of unknown phase is early no more once it is old enough; and with
    farm disks that are nobody else's, since a disk that does not answer through one path does not through another.
    """
    less = data.draw(st.sampled_from(list(_forgetting(farm.spec, farm.seen))), label="less")
    before, after = Facts(farm.spec, farm.seen, plotters), Facts(farm.spec, less, plotters)
    for kind in ("kill", "clean", "resume"):
        assert _subjects(after, kind) <= _subjects(before, kind)
    for want in _candidates(after):
        if want.kind in ("spawn", "archive") and judge(after, Admitted(), want)[1] is None:
            assert judge(before, Admitted(), want)[1] is None


def _forgetting(spec: Spec, seen: Observation) -> Iterator[Observation]:
    """Every observation that knows one thing less: a list, a disk, a farmer, or one fact of one job."""
    for name in ("jobs", "starts", "transfers", "overrides"):
        without: dict[str, Any] = {name: UNKNOWN}
        yield replace(seen, **without)
    for device in "abcd":
        yield replace(
            seen,
            directories={
                path: replace(each, space=UNKNOWN, plots=UNKNOWN, temps=UNKNOWN)
                if _on(each, device)
                else each
                for path, each in seen.directories.items()
            },
        )
    for name, farmer in seen.farmers.items():
        # One that does not answer need not have looked for a plot.
        if farmer.sought is not None:
            continue
        yield replace(seen, farmers={**seen.farmers, name: replace(farmer, disks=UNKNOWN)})
    for job in _known(seen.jobs):
        touches = tuple(fact.value for fact in (job.tmp, job.tmp2, job.dst) if isinstance(fact, Known))
        fields: list[dict[str, Any]] = [{"phase": UNKNOWN}, {"k": UNKNOWN}]
        if all(directory in touches for directory in _lies_in(seen, job.plot_id)):
            fields += [{"plot_id": UNKNOWN}]
        if isinstance(job.tmp, Known):
            fields += [{name: UNKNOWN, "touches": touches} for name in ("tmp", "tmp2", "dst")]
        for change in fields:
            jobs = tuple(replace(each, **change) if each is job else each for each in _known(seen.jobs))
            yield replace(seen, jobs=Known(jobs))


def _lies_in(seen: Observation, plot: Fact[str]) -> list[str]:
    """The directories with temporary files of a plot."""
    temps = [temp for directory in seen.directories.values() for temp in _known(directory.temps)]
    return [temp.directory for temp in temps if Known(temp.plot_id) == plot]


def _candidates(facts: Facts) -> list[Want]:
    proposed = (want for _, propose in PROPOSERS for want in propose(facts, Admitted()))
    return [want for want in proposed if not isinstance(want, Alike)]


def _subjects(facts: Facts, kind: Kind) -> set[str]:
    return {
        w.subject for w in _candidates(facts) if w.kind == kind and judge(facts, Admitted(), w)[1] is None
    }


def _crowded(seen: Observation, sizes: Sequence[int]) -> Observation:
    """The same with more of each plot that lies there, each by so many bytes larger."""

    def more(directory: Directory) -> Directory:
        plots = [
            replace(plot, name=f"{plot.name[:-5]}-{number}.plot", bytes=max(0, plot.bytes + larger))
            for plot in _known(directory.plots)
            for number, larger in enumerate(sizes)
        ]
        return replace(directory, plots=Known((*_known(directory.plots), *plots))) if plots else directory

    return replace(seen, directories={path: more(each) for path, each in seen.directories.items()})


@often
@given(farm=farms(moving=True), sizes=st.lists(st.integers(-(1 << 34), 1 << 34), max_size=3))
def test_what_holds_one_plot_holds_all_that_are_like_it_wherever_they_would_go(
    farm: Farm, sizes: list[int], plotters: Plotters
) -> None:
    facts, admitted = Facts(farm.spec, _crowded(farm.seen, sizes), plotters), Admitted()
    refused: dict[str, list[tuple[Move, Admitted, str]]] = {}
    for want in archive.propose(facts, admitted):
        if isinstance(want, Alike):
            for move, then, rule in refused[want.first]:
                for plot in want.plots:
                    _, held = judge(facts, then, replace(move, plot=plot))
                    assert held is not None and held.rule == rule
            continue
        _, held = judge(facts, admitted, want)
        if held is None:
            admitted.add(want)
        else:
            admitted.refused_by = held.rule
            refused.setdefault(want.subject, []).append((want, deepcopy(admitted), held.rule))


@often
@a_farm
def test_what_limits_said_of_one_job_they_say_of_it_wherever_it_would_be(
    farm: Farm, plotters: Plotters
) -> None:
    facts, admitted = Facts(farm.spec, farm.seen, plotters), Admitted()
    judging = Judging(facts, admitted)
    for _, propose in PROPOSERS:
        for want in propose(facts, admitted):
            if isinstance(want, Alike):
                continue
            judged = judging.judge(want)
            assert judged == judge(facts, admitted, want)
            if judged[1] is None:
                judging.admit(want)
            else:
                admitted.refused_by = judged[1].rule


# --- looking again -------------------------------------------------------------------------------


@often
@a_farm
def test_the_actions_are_the_whole_difference(farm: Farm, plotters: Plotters) -> None:
    made, facts = planned(farm, plotters), Facts(farm.spec, farm.seen, plotters)
    wish = desire(facts)
    done = _applied(observed(facts), made)
    assert done == wish.desired
    assert drift(done, wish.desired) == ()
    for action in made.actions:
        if isinstance(action.old, JobLeaf) and isinstance(action.new, JobLeaf):
            assert replace(action.old, run=action.new.run) == action.new


@often
@a_farm
def test_how_much_is_done_does_not_depend_on_how_often_one_looks(farm: Farm, plotters: Plotters) -> None:
    """Once all is done nothing more is asked for.

    But for three things: the room that a killed job leaves may be used; where a person had a job resumed
    against the space rule, that rule may stop others; and where it stopped a job for the sake of one disk,
    another disk may be left without a job that moves, and one goes on.
    """
    made, facts = planned(farm, plotters), Facts(farm.spec, farm.seen, plotters)
    again = planned(Farm(farm.spec, later(farm.seen, made)), plotters)
    resumed = [facts.wish(job) for job in facts.jobs if job.run == "suspended"]
    overruled = any(wish is not None and wish.verb == "resume" for wish in resumed)
    done = {action.kind for action in made.actions}
    may = {"suspend"} if overruled else {"resume"} if "suspend" in done else set()
    if "kill" not in done:
        assert [action for action in again.actions if action.kind not in may] == []
    assert not {a.path for a in made.actions} & {a.path for a in again.actions if a.kind not in may}


def _applied(state: State, made: Plan) -> State:
    groups: dict[str, dict[str, Any]] = {
        "jobs": dict(state.jobs),
        "plots": dict(state.plots),
        "orphans": dict(state.orphans),
    }
    for action in made.actions:
        group, _, name = action.path.partition(".")
        if action.new is None:
            del groups[group][name]
        else:
            groups[group][name] = action.new
    return State(**groups)


# --- helpers -------------------------------------------------------------------------------------


def _known(fact: Any) -> tuple[Any, ...]:
    return fact.value if isinstance(fact, Known) else ()


def _on(directory: Any, device: str) -> bool:
    return isinstance(directory.space, Known) and directory.space.value.device == device


def _free(facts: Facts, device: str) -> int:
    farms = [d.space.value for d in facts.disks.values() if isinstance(d.space, Known)]
    return facts.free(device) if device in facts.devices else min(s.free for s in farms if s.device == device)


def _judged(facts: Facts, want: Move) -> str | None:
    """The device that takes a plot's room; None: it needs none, or its room is not ours to judge."""
    disk = facts.disk(*want.place)
    assert disk is not None
    stands = any(stored.name == want.plot.name for stored in disk.holds)
    return None if stands or disk.boundless else facts.disk_device(*want.place)


def _shuffled(value: Any, chance: random.Random) -> Any:
    """The same observation with every list and mapping in another order."""

    def mix(fact: Any) -> Any:
        return Known(tuple(chance.sample(fact.value, len(fact.value)))) if isinstance(fact, Known) else fact

    def turn(mapping: Mapping[str, Any]) -> dict[str, Any]:
        return {name: mapping[name] for name in chance.sample(sorted(mapping), len(mapping))}

    return replace(
        value,
        jobs=mix(value.jobs),
        starts=mix(value.starts),
        transfers=mix(value.transfers),
        overrides=mix(value.overrides),
        directories=turn(
            {p: replace(d, plots=mix(d.plots), temps=mix(d.temps)) for p, d in value.directories.items()}
        ),
        farmers=turn({name: replace(f, disks=mix(f.disks)) for name, f in value.farmers.items()}),
    )
