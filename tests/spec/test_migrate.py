"""Migration: each case's old document gives exactly its new text and remarks; the rules mean the same."""

from __future__ import annotations

import itertools
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler.errors import SpecError
from reconciler.spec.loading import parse
from reconciler.spec.migrate import migrate
from reconciler.spec.models import PhaseStagger, Spec
from reconciler.spec.tree import Value
from reconciler.spec.writing import write
from reconciler.state import Phase
from tests.spec.cases import cases

CASES = cases("migrate")


@pytest.mark.parametrize("name", CASES)
def test_an_old_document_becomes_what_its_case_says(name: str) -> None:
    case = CASES[name]
    if "refused" in case:
        with pytest.raises(SpecError) as caught:
            migrate(case["old"], "old")
        assert [str(problem).removeprefix("old") for problem in caught.value.problems] == case["refused"]
        return
    migrated = migrate(case["old"], "old")
    assert migrated.text == case["new"]
    told = [str(problem).removeprefix("old:").removesuffix(" warning") for problem in migrated.left]
    assert told == case["left"]
    assert parse(migrated.text, "new")


TMP = ["/mnt/tmp/00", "/mnt/tmp/01"]
schedule = {
    "tmpdir_stagger_phase_major": st.integers(-1, 7),
    "tmpdir_stagger_phase_minor": st.integers(-1, 120),
    "tmpdir_stagger_phase_limit": st.integers(-1, 4),
    "tmpdir_max_jobs": st.integers(1, 5),
}
old_documents: st.SearchStrategy[dict[str, Any]] = st.fixed_dictionaries(
    {
        "version": st.just([2]),
        "logging": st.just({"plots": "/logs"}),
        "directories": st.just({"tmp": TMP}),
        "scheduling": st.fixed_dictionaries(
            {
                **{key: schedule[key] for key in schedule if key != "tmpdir_stagger_phase_limit"},
                "global_max_jobs": st.integers(0, 20),
                "global_stagger_m": st.integers(0, 90),
                "polling_time_s": st.integers(1, 90),
            },
            optional={
                "tmpdir_stagger_phase_limit": schedule["tmpdir_stagger_phase_limit"],
                "tmp_overrides": st.fixed_dictionaries(
                    {}, optional={path: st.fixed_dictionaries({}, optional=schedule) for path in TMP}
                ),
            },
        ),
    }
)
phases = st.lists(st.builds(Phase, st.integers(0, 5), st.integers(0, 12)), max_size=6)


def original_permits(scheduling: dict[str, Any], path: str, jobs: list[Phase]) -> bool:
    """The original's published rule for one tmp directory, where all phases are known."""
    rule = {
        "tmpdir_stagger_phase_limit": 1,
        **scheduling,
        **scheduling.get("tmp_overrides", {}).get(path, {}),
    }
    if not jobs:
        return True
    milestone = Phase(rule["tmpdir_stagger_phase_major"], rule["tmpdir_stagger_phase_minor"])
    early = sum(job < milestone for job in jobs)
    return bool(early < rule["tmpdir_stagger_phase_limit"] and len(jobs) < rule["tmpdir_max_jobs"])


def spec_permits(spec: Spec, path: str, jobs: list[Phase]) -> bool:
    """What the spec's two keys say by their descriptions."""
    own, general = spec.tmp(path), spec.scheduling.tmp
    stagger = general.stagger if own.stagger is None else own.stagger
    most = general.max_jobs if own.max_jobs is None else own.max_jobs
    assert isinstance(stagger, PhaseStagger)
    assert isinstance(most, int)
    return sum(job < stagger.until for job in jobs) < stagger.at_most and len(jobs) < most


@given(old_documents, phases)
@settings(max_examples=300, deadline=None)
def test_the_new_spec_starts_a_job_exactly_where_the_old_one_did(
    old: dict[str, Any], jobs: list[Phase]
) -> None:
    spec = parse(migrate(write(old), "old").text, "new").spec
    for path in TMP:
        ours, theirs = spec_permits(spec, path, jobs), original_permits(old["scheduling"], path, jobs)
        # A milestone within phase 0 cannot be written; the nearest one holds a little longer.
        assert ours == theirs or (theirs and Phase(0, 0) <= min(jobs) < Phase(1, 0))
    assert spec.scheduling.max_jobs == old["scheduling"]["global_max_jobs"]
    assert spec.scheduling.stagger == old["scheduling"]["global_stagger_m"] * 60
    assert spec.scheduling.tick == old["scheduling"]["polling_time_s"]


@given(st.sampled_from([case["old"] for case in CASES.values()]), st.data())
@settings(max_examples=200, deadline=None)
def test_a_damaged_old_document_is_converted_or_refused(text: str, data: st.DataObject) -> None:
    at, cut = data.draw(st.integers(0, len(text))), data.draw(st.integers(0, 20))
    put = data.draw(st.text("ab:,[]{}-&*\"' \n0#", max_size=4))
    try:
        assert parse(migrate(text[:at] + put + text[at + cut :], "old").text, "new")
    except SpecError as error:
        assert error.problems


def test_no_remark_shows_a_key() -> None:
    secrets = {"farmer_pk": "a1" * 48, "pool_pk": "b2" * 48, "pool_contract_address": "xch1" + "c3" * 29}
    for order in itertools.permutations(secrets):
        plotting: dict[str, Value] = {**{key: secrets[key] for key in order}, "type": "chia", "chia": {}}
        old: dict[str, Value] = {"directories": {"log": "/l", "tmp": ["/a"]}, "plotting": plotting}
        migrated = migrate(write(old), "old")
        told = "\n".join(map(str, migrated.left))
        assert "pool contract is given" in told
        assert not any(secret[:12] in told for secret in secrets.values())
        assert secrets["farmer_pk"] in migrated.text
