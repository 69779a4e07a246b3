"""Ours against the original's published rules, on specs migrated from its plotman.yaml.

The original starts at most one job a tick, and looks only at processes. In its order: it waits while the
youngest job is younger than `global_stagger_m`; it waits while there are `global_max_jobs` jobs; a tmp
directory with jobs is not eligible while `tmpdir_stagger_phase_limit` of them are before the milestone, or
while it has `tmpdir_max_jobs` of them; of the eligible ones it takes that whose least advanced job is
furthest, one without jobs before all others. Where several are as far it takes the first it listed and ours
the one unused longest, so any of them is right here.

Ours may wait for reasons that the original does not know (LACKS), and then take the next eligible directory.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import yaml
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from reconciler import actions
from reconciler.desire import desire
from reconciler.facts import Facts
from reconciler.observation import Observation
from reconciler.plan import plan
from reconciler.plotters import Plotters
from reconciler.spec.loading import parse
from reconciler.spec.migrate import migrate
from reconciler.state import Ident, Instant, Job, Known, Phase
from tests.planning.dice import Dice
from tests.planning.shorthand import BOOT, observation
from tests.planning.strategies import NOW

LACKS = {
    "known",
    "drained",
    "paused",
    "stop_after",
    "window",
    "crash",
    "dst_jobs",
    "tmp_space",
    "dst_space",
    "log_space",
}
"""Our rules that the original has no counterpart of."""

TMPS = ["/tmp/0", "/tmp/1", "/tmp/2"]
DSTS = ["/dst/0", "/dst/1"]
DEFAULT = {
    "tmpdir_stagger_phase_major": 2,
    "tmpdir_stagger_phase_minor": 1,
    "tmpdir_stagger_phase_limit": 1,
    "tmpdir_max_jobs": 3,
    "global_max_jobs": 12,
    "global_stagger_m": 30,
    "polling_time_s": 20,
}
"""The scheduling that the original comes with."""


@dataclass(frozen=True, slots=True)
class Running:
    """A job, as far as the original looks: its tmp, its phase, and its age in seconds."""

    tmp: str
    phase: Phase
    age: float


@dataclass(frozen=True, slots=True)
class Answer:
    """What the original would do: start on one of `best`, or nothing.

    waits: all of its reasons against any start; against: for each tmp those against this one.
    """

    best: frozenset[str]
    waits: frozenset[str]
    against: Mapping[str, frozenset[str]]


def original(scheduling: Mapping[str, Any], jobs: list[Running]) -> Answer:
    """The published rules, by our names for them."""
    waits = set()
    if jobs and min(job.age for job in jobs) < scheduling["global_stagger_m"] * 60:
        waits.add("stagger")
    if len(jobs) >= scheduling["global_max_jobs"]:
        waits.add("max_jobs")
    against, rank = {}, {}
    for tmp in TMPS:
        own = {**scheduling, **scheduling.get("tmp_overrides", {}).get(tmp, {})}
        milestone = Phase(own["tmpdir_stagger_phase_major"], own["tmpdir_stagger_phase_minor"])
        phases = sorted(job.phase for job in jobs if job.tmp == tmp)
        early = [phase for phase in phases if phase < milestone]
        reasons = set()
        if phases and len(early) >= own["tmpdir_stagger_phase_limit"]:
            reasons.add("phase_stagger")
        if phases and len(phases) >= own["tmpdir_max_jobs"]:
            reasons.add("tmp_jobs")
        against[tmp] = frozenset(reasons)
        rank[tmp] = phases[0] if phases else Phase(99, 0)
    eligible = [tmp for tmp in TMPS if not against[tmp] and not waits]
    furthest = max((rank[tmp] for tmp in eligible), default=None)
    best = frozenset(tmp for tmp in eligible if rank[tmp] == furthest)
    return Answer(best, frozenset(waits), against)


# --- worlds --------------------------------------------------------------------------------------


def worlds() -> st.SearchStrategy[tuple[dict[str, Any], list[Running], dict[str, Any]]]:
    """The original's scheduling, its jobs, and what else ours sees."""
    return st.binary(min_size=120, max_size=120).map(lambda drawn: _world(Dice(drawn)))


def _world(dice: Dice) -> tuple[dict[str, Any], list[Running], dict[str, Any]]:
    pick = dice.pick

    def limits() -> dict[str, int]:
        return {
            "tmpdir_stagger_phase_major": pick([2, 1, 3, 4]),
            "tmpdir_stagger_phase_minor": pick([1, 0, 5]),
            "tmpdir_stagger_phase_limit": pick([1, 2, 3]),
            "tmpdir_max_jobs": pick([3, 1, 2, 5]),
        }

    scheduling: dict[str, Any] = dict(DEFAULT)
    if dice.rarely(2):
        scheduling |= limits() | {
            "global_max_jobs": pick([12, 3, 4, 6]),
            "global_stagger_m": pick([30, 1, 5]),
        }
    if dice.rarely(2):
        given = limits()
        scheduling["tmp_overrides"] = {
            tmp: {
                key: value for key, value in (given if dice.rarely(2) else limits()).items() if dice.rarely(2)
            }
            for tmp in dice.some(TMPS, 1, 2)
        }
    phases = [Phase(major, minor) for major in (4, 3, 2, 1) for minor in (1, 0, 5)]
    ages = [90_000.0, 3600.0, 1801.0, 600.0, 61.0, 1.0]
    jobs = [
        Running(pick(TMPS), pick(phases), ages[0] if dice.rarely(2) else pick(ages))
        for _ in range(pick(range(8)))
    ]
    free = ["9TB", "9TB", "9TB", "1TB", "500GB", "100GB"]
    more: dict[str, Any] = {"directories": {path: {"free": pick(free)} for path in [*TMPS, *DSTS]}}
    if dice.rarely(6):
        more["directories"][pick(TMPS)] = {"absent": "is not mounted"}
    if dice.rarely(6):
        died = {"tmp": pick(TMPS), "dst": "/dst/9", "outcome": "failed", "age": "2d", "ended": "20s"}
        more["starts"] = [{**died, "id": str(number)} for number in range(3)]
    if dice.rarely(12):
        more["overrides"] = [{"verb": "pause", "target": "plotting"}]
    return scheduling, jobs, more


def plotman_yaml(scheduling: Mapping[str, Any]) -> str:
    """A plotman.yaml of version 2."""
    return yaml.safe_dump(
        {
            "version": [2],
            "logging": {"plots": "/logs"},
            "directories": {"tmp": TMPS, "dst": DSTS},
            "scheduling": dict(scheduling),
            "plotting": {
                "type": "chia",
                "chia": {"k": 32, "n_threads": 2, "n_buckets": 128, "job_buffer": 3389},
            },
        }
    )


def _job(number: int, running: Running) -> Job:
    return Job(
        id=f"j{number}",
        plotter="chia",
        run="running",
        since=Instant(NOW.at - running.age, NOW.up - running.age, BOOT),
        ident=Ident(BOOT, number, number),
        tmp=Known(running.tmp),
        dst=Known(DSTS[number % 2]),
        k=Known(32),
        phase=Known(running.phase),
    )


# --- the law -------------------------------------------------------------------------------------


@settings(max_examples=250, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(world=worlds())
def test_ours_starts_where_the_original_does_or_waits_for_the_same_or_says_what_it_lacks(
    world: tuple[dict[str, Any], list[Running], dict[str, Any]], plotters: Plotters
) -> None:
    scheduling, jobs, more = world
    spec = parse(migrate(plotman_yaml(scheduling), "plotman.yaml").text, "migrated").spec
    running = Known(tuple(_job(number, job) for number, job in enumerate(jobs)))
    seen: Observation = replace(observation(more, spec), now=NOW, jobs=running)
    theirs = original(scheduling, jobs)

    started = [a for a in plan(spec, seen, plotters).actions if isinstance(a, actions.Spawn)]
    held = {hold.want.subject: hold.verdict.rule for hold in desire(Facts(spec, seen, plotters)).held}
    assert len(started) <= 1
    for action in started:
        assert not theirs.waits
        assert not theirs.against[action.tmp]
        if action.tmp not in theirs.best:
            assert {held[tmp] for tmp in theirs.best} <= LACKS
    assert {*held, *(action.tmp for action in started)} == set(TMPS)
    for tmp, rule in held.items():
        # Once ours has started its one job, the others wait for the stagger after that.
        own = {"stagger", "max_jobs"} if started else set()
        assert rule in theirs.waits | theirs.against[tmp] | LACKS | own
    if theirs.best and not started:
        assert {held[tmp] for tmp in theirs.best} <= LACKS
    event(_kind(theirs, started, held))


def _kind(theirs: Answer, started: list[actions.Spawn], held: Mapping[str, str]) -> str:
    if started:
        return "both start" if started[0].tmp in theirs.best else "ours starts on the next one"
    return (
        "both wait"
        if not theirs.best
        else f"ours lacks: {', '.join(sorted({held[tmp] for tmp in theirs.best}))}"
    )
