"""Guardrails hold: no deletion beyond a cap, and none of what is to be approved without exactly its approval."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import Literal

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reconciler.actions import Action, grant_of
from reconciler.deleted import DAY
from reconciler.desire import desire
from reconciler.facts import Facts
from reconciler.observation import Observation
from reconciler.plan import awaiting, if_approved, plan, plan_facts
from reconciler.plotters import Plotters
from reconciler.replacing import ended_at, may_have_removed
from reconciler.spec.guard import Deletions, Guarded
from reconciler.spec.models import Spec
from reconciler.state import Deletion, Grant, Instant, Known, Override
from reconciler.want import grant_of as grant_of_want
from tests.planning import strategies, test_retire
from tests.planning.later import later

KINDS: tuple[Guarded, ...] = ("kill", "clean", "retire")
often = settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@st.composite
def guarded(draw: st.DrawFn) -> tuple[Spec, Observation]:
    """A farm with something to delete, caps, what is to be approved, and deletions of late."""
    farm: strategies.Farm | test_retire.Farm = draw(strategies.farms() | test_retire.farms())
    caps = Deletions(per_tick=draw(st.integers(1, 3)), per_day=draw(st.sampled_from([None, 0, 1, 2, 5])))
    approve = tuple(draw(st.sets(st.sampled_from(KINDS))))
    spec = replace(farm.spec, deletions=caps, approve=approve)
    now, begun = farm.seen.now, []
    for number, age in enumerate(draw(st.lists(st.sampled_from([1.0, 15.0, 30.0, 7200.0, 90_000.0, -60.0])))):
        kind: Literal["kill", "clean"] = draw(st.sampled_from(["kill", "clean"]))
        since = Instant(now.at - age, now.up - age, draw(st.sampled_from([now.boot, now.boot, "boot0"])))
        begun.append(Deletion(id=str(number), kind=kind, subject="x", since=since, log=f"/logs/{number}.log"))
    return spec, replace(farm.seen, deletions=Known(tuple(begun)))


def deletions(actions: Sequence[Action]) -> list[Action]:
    return [action for action in actions if action.kind in KINDS]


def approved(seen: Observation, *approvals: Sequence[Grant]) -> Observation:
    """The same after a person approved these, each in a plan of its own."""
    wishes = tuple(
        Override(
            verb="approve",
            target=str(number),
            since=seen.now,
            who="ann",
            until=seen.now.at + 600,
            grants=tuple(grants),
        )
        for number, grants in enumerate(approvals)
    )
    assert isinstance(seen.overrides, Known)
    return replace(seen, overrides=Known((*seen.overrides.value, *wishes)))


@often
@given(farm=guarded())
def test_no_more_goes_than_the_caps_let(farm: tuple[Spec, Observation], plotters: Plotters) -> None:
    spec, seen = farm
    made = plan_facts(if_approved(Facts(spec, seen, plotters)))
    going = Counter(action.kind for action in made.actions)
    assert isinstance(seen.deletions, Known)
    removals = seen.removals.value if isinstance(seen.removals, Known) else ()

    def within(since: Instant, seconds: float) -> bool:
        return (
            seen.now.up - since.up < seconds
            if since.boot == seen.now.boot
            else seen.now.at - since.at < seconds
        )

    tick = spec.scheduling.tick
    begun = [each.since for each in seen.deletions.value] + [each.since for each in removals]
    lately = sum(within(since, tick) for since in begun)
    if sum(going[kind] for kind in KINDS):
        assert lately + sum(going[kind] for kind in KINDS) <= spec.deletions.per_tick
    if spec.deletions.per_day is not None and going["clean"] + going["retire"]:
        today = sum(within(each.since, DAY) for each in seen.deletions.value if each.kind == "clean")
        today += sum(
            each.outcome == "running" or seen.now.at - ended_at(each) < DAY
            for each in removals
            if may_have_removed(each)
        )
        assert today + going["clean"] + going["retire"] <= spec.deletions.per_day


@often
@given(farm=guarded())
def test_looking_again_at_once_lets_no_more_go(farm: tuple[Spec, Observation], plotters: Plotters) -> None:
    spec, seen = farm
    done = 0
    for _ in range(3):
        facts = if_approved(Facts(spec, seen, plotters))
        made = plan_facts(facts)
        done += len(deletions(made.actions))
        assert done <= spec.deletions.per_tick
        if not isinstance(seen.removals, Known) or not isinstance(seen.transfers, Known):
            return
        seen = later(seen, made)


@often
@given(farm=guarded(), data=st.data())
def test_nothing_that_is_to_be_approved_goes_without_its_own_approval(
    farm: tuple[Spec, Observation], data: st.DataObject, plotters: Plotters
) -> None:
    spec, seen = farm
    if not isinstance(seen.overrides, Known):
        assert not deletions(plan(spec, seen, plotters).actions)
        return
    asked = deletions(plan_facts(if_approved(Facts(spec, seen, plotters))).actions)
    some = st.lists(st.sampled_from(asked), unique_by=id) if asked else st.just([])
    granted = data.draw(st.just(asked) | some)
    others = [Grant(action.key, "0" * 32) for action in asked]
    others += [Grant("kill x", grant_of(action).leaf) for action in asked]
    made = plan(spec, approved(seen, [grant_of(action) for action in granted], others), plotters)
    keys = {action.key for action in granted}
    for action in deletions(made.actions):
        assert action.kind not in spec.approve or action.key in keys
    if granted == asked:
        assert [action.key for action in deletions(made.actions)] == [action.key for action in asked]


@often
@given(farm=guarded())
def test_what_a_saved_plan_approves_is_what_is_asked_for(
    farm: tuple[Spec, Observation], plotters: Plotters
) -> None:
    facts = Facts(*farm, plotters)
    free = if_approved(facts)
    wants = desire(free).wants
    for action in deletions(plan_facts(free).actions):
        assert grant_of_want(wants[action.path]) == grant_of(action)
    now = plan_facts(facts)
    waits = awaiting(facts, now)
    assert {action.kind for action in waits} <= set(facts.spec.approve)
    assert not {action.key for action in waits} & {action.key for action in now.actions}
