"""A change is proposed where it brings more than chance, and loses nothing."""

from __future__ import annotations

from os.path import dirname, join

import pytest

from reconciler.description import load_machine
from reconciler.spec.loading import load, parse
from reconciler.spec.models import Spec
from reconciler.tune.ground import Ground, ground
from reconciler.tune.setting import Setting, Tmp
from reconciler.tune.verdict import verdict
from tests.simulate.machines import plotters

from .trials import trial

MACHINES = join(dirname(__file__), "..", "..", "examples", "machines")
BY_HAND = Setting(12, 2040, (Tmp(6, 4),))


@pytest.fixture(scope="module")
def known() -> Ground:
    free = load(join(MACHINES, "specs", "mid12.yaml")).spec
    return ground(load_machine(join(MACHINES, "mid12.yaml")), free, plotters()["chia"])


def spec(scheduling: str) -> Spec:
    text = load(join(MACHINES, "specs", "mid12.yaml")).text
    return parse(f"{text}scheduling: {scheduling}\n", "spec.yaml").spec


SET = "{max_jobs: 4, stagger: 30m}"


def test_a_gain_that_may_be_chance_proposes_nothing(known: Ground) -> None:
    said = verdict(spec(SET), known, trial(30.0), trial(30.5), [trial(30.5, setting=BY_HAND)])
    assert (said.choice, said.changes) == (None, {})
    assert said.why == ("as the spec is, cpu 75 % busy, and 74% of the bound is reached",)


def test_what_is_as_good_is_left_to_the_tool(known: Ground) -> None:
    said = verdict(spec(SET), known, trial(20.0), auto := trial(39.5), [trial(40.0, setting=BY_HAND)])
    assert said.choice is auto
    assert said.changes == {("scheduling", "max_jobs"): "auto", ("scheduling", "stagger"): "auto"}


def test_a_better_setting_by_hand_is_proposed_with_a_reason_for_each_value(known: Ground) -> None:
    said = verdict(spec(SET), known, trial(20.0), trial(36.0), [by_hand := trial(40.0, setting=BY_HAND)])
    assert said.choice is by_hand
    assert said.changes == {
        ("scheduling", "max_jobs"): 12,
        ("scheduling", "stagger"): "34m",
        ("scheduling", "tmp", "max_jobs"): 6,
        ("scheduling", "tmp", "stagger"): {"until": "2:1", "at_most": 4},
    }
    for changed in ("scheduling.max_jobs 4 -> 12", "scheduling.stagger 30m -> 34m", "auto -> 4 before 2:1"):
        assert any(changed in line for line in said.why)


def test_only_what_differs_is_changed(known: Ground) -> None:
    said = verdict(
        spec("{max_jobs: 12, stagger: 34m, tmp: {max_jobs: 2}}"),
        known,
        trial(20.0),
        trial(20.0),
        [trial(40.0, setting=BY_HAND)],
    )
    assert set(said.changes) == {("scheduling", "tmp", "max_jobs"), ("scheduling", "tmp", "stagger")}


def test_losing_jobs_is_worse_than_making_less(known: Ground) -> None:
    said = verdict(spec(SET), known, trial(40.0, lost=3), auto := trial(30.0), [])
    assert said.choice is auto
    assert any("3 jobs are lost" in line for line in said.why)


def test_where_all_else_loses_jobs_the_spec_stays(known: Ground) -> None:
    said = verdict(spec(SET), known, trial(20.0), trial(40.0, lost=1), [trial(40.0, 2, BY_HAND)])
    assert said.choice is None


def test_a_spec_that_leaves_it_to_the_tool_already_is_not_told_to(known: Ground) -> None:
    free = trial(39.0)
    assert verdict(spec("{}"), known, free, free, [trial(39.5, setting=BY_HAND)]).choice is None
