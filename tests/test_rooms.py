"""The rooms are kept: what lies in one is registered there, and has its data cases."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import get_args

import pytest

from reconciler import actions, rules
from reconciler.want import Kind
from tests.planning.cases import Case, cases

ROOT = Path(__file__).parents[1]
PROPOSERS = {propose.__module__ for _, propose in rules.PROPOSERS}
LIMITS = {judge.__module__ for limits in rules.LIMITS.values() for judge in limits}


def modules(package: str) -> Iterator[ModuleType]:
    """Every module of a room, but not the room itself."""
    for path in sorted((ROOT / package.replace(".", "/")).glob("*.py")):
        if path.stem != "__init__":
            yield import_module(f"{package}.{path.stem}")


RULES = list(modules("reconciler.rules"))
ACTIONS = list(modules("reconciler.actions"))


@pytest.fixture(scope="session")
def plan_cases() -> list[Case]:
    return cases()


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_each_rule_is_registered_as_what_it_is(rule: ModuleType) -> None:
    registered = (rule.__name__ in PROPOSERS, rule.__name__ in LIMITS)
    assert registered == (hasattr(rule, "propose"), hasattr(rule, "judge"))
    assert any(registered)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_each_rule_has_a_plan_case_that_shows_it(rule: ModuleType, plan_cases: list[Case]) -> None:
    name = rule.__name__.rpartition(".")[2]
    shown = {hold["rule"] for case in plan_cases for hold in case.holds}
    done = {action["kind"] for case in plan_cases for action in case.actions}
    if rule.__name__ in LIMITS:
        assert name in shown, f"no case in tests/cases/plans has a hold with rule: {name}"
    else:
        assert name in done, f"no case in tests/cases/plans has an action with kind: {name}"


def test_proposers_are_one_a_kind_in_the_order_of_actions() -> None:
    kinds = [kind for kind, _ in rules.PROPOSERS]
    assert kinds == list(actions.ORDER)
    assert set(kinds) == set(get_args(Kind)) == set(rules.LIMITS)
    assert [propose.__module__.rpartition(".")[2] for _, propose in rules.PROPOSERS] == kinds


@pytest.mark.parametrize("action", ACTIONS, ids=lambda action: action.__name__)
def test_each_action_is_in_the_union_and_in_the_order(action: ModuleType) -> None:
    kind = action.__name__.rpartition(".")[2]
    assert kind in actions.ORDER
    verbs = [each for each in get_args(actions.Action) if each.__module__ == action.__name__]
    assert [verb.__name__.lower() for verb in verbs] == [kind]
    assert all(verb.__dataclass_fields__["kind"].default == kind for verb in verbs)
    assert len(ACTIONS) == len(actions.ORDER) == len(get_args(actions.Action))


@pytest.mark.parametrize("kind", actions.ORDER)
def test_each_action_has_a_case_and_a_twin_without_it(kind: str, plan_cases: list[Case]) -> None:
    by_name = {case.name: case for case in plan_cases}
    twins = [case for case in plan_cases if case.twin_of and _has(by_name[case.twin_of], kind)]
    assert any(not case.actions for case in twins), (
        f"no case is the twin of one with {kind}, without any action"
    )


def _has(case: Case, kind: str) -> bool:
    return any(action["kind"] == kind for action in case.actions)


def test_every_case_says_what_it_shows(plan_cases: list[Case]) -> None:
    abouts = [case.about for case in plan_cases]
    assert all(about.endswith(".") for about in abouts)
    assert len(set(abouts)) == len(abouts)
