"""A saved plan, and what needs approval: performed here or by the loop that runs, exactly, or not at all."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from .conftest import Scratch, wait_for


@pytest.fixture
def careful(scratch: Scratch) -> Scratch:
    """A farm on which every kill is to be approved."""
    with scratch.spec.open("a") as spec:
        spec.write("approve: [kill]\n")
    return scratch


def saved(scratch: Scratch) -> Path:
    out = scratch.root / "plan.json"
    assert scratch.run("plan", "--out", out).code == 0
    return out


def wishes(scratch: Scratch, verb: str) -> list[Path]:
    return list((scratch.root / "logs/state/overrides").glob(f"{verb}.*.json"))


def test_a_kill_that_is_to_be_approved_is_held_shown_approved_and_done(careful: Scratch) -> None:
    job = careful.one_job()
    held = careful.run("kill", "-f", job)
    assert held.code == 6
    assert "is held back: approval: each kill is to be approved: `plotman plan --out FILE`" in held.err
    assert careful.states() == {job: "RUN"}
    assert careful.run("apply", "--once").code == 6
    text = careful.run("plan").out
    assert "waits for approval; asked for by" in text
    assert f"hold  kill {job}  approval" in text
    assert "No changes. 3 held." in text
    plan = saved(careful)
    assert [action["kind"] for action in json.loads(plan.read_text())["actions"]] == ["kill"]
    assert careful.states() == {job: "RUN"}
    assert careful.run("apply", plan).code == 0
    assert careful.states() == {}
    assert not wishes(careful, "approve")
    again = careful.run("apply", plan)
    assert again.code == 3
    assert "-> found absent" in again.err


def test_a_loop_is_told_what_it_may_do_and_does_it(careful: Scratch, request: pytest.FixtureRequest) -> None:
    job = careful.one_job()
    loop: subprocess.Popen[str] = request.getfixturevalue("loop")
    assert careful.run("kill", "-f", job).code == 6
    plan = saved(careful)
    done = careful.run("apply", plan)
    assert (done.code, done.err) == (0, "")
    assert done.out.startswith("kill ")
    assert done.out.endswith("is done\n")
    assert job not in careful.states()
    wait_for(lambda: not wishes(careful, "approve"))
    assert loop.poll() is None
    assert careful.run("apply", plan).code == 3


def test_a_stale_plan_is_not_handed_over(careful: Scratch, request: pytest.FixtureRequest) -> None:
    job = careful.one_job()
    request.getfixturevalue("loop")
    assert careful.run("kill", "-f", job).code == 6
    plan = saved(careful)
    assert careful.run("suspend", job).code == 0
    stale = careful.run("apply", plan)
    assert stale.code == 3
    assert "expected running on" in stale.err
    assert not wishes(careful, "approve")
    assert careful.states() == {job: "STP"}


def test_what_needs_no_approval_is_the_loops_own(scratch: Scratch, request: pytest.FixtureRequest) -> None:
    plan = saved(scratch)
    assert json.loads(plan.read_text())["actions"]
    request.getfixturevalue("loop")
    assert scratch.run("apply", plan).code == 5


def test_an_empty_plan_is_done(scratch: Scratch) -> None:
    scratch.one_job()
    answer = scratch.run("apply", saved(scratch))
    assert (answer.code, answer.err) == (0, "the saved plan asks for nothing\n")


@pytest.mark.parametrize(
    ("old", "new", "code", "words"),
    [
        ('"host": "', '"host": "not-', 3, "host       expected not-"),
        ('"spec": "sha256:', '"spec": "sha256:0', 3, "spec       expected"),
        ('"kind": "kill"', '"kind": "wipe"', 65, "plan.json:"),
        ('"tmp": "/', '"tmp": "/elsewhere/', 3, "expected running on /elsewhere"),
        ("}", "", 65, "cannot be read as JSON"),
    ],
)
def test_an_edited_plan_is_refused_in_words_and_nothing_is_touched(
    careful: Scratch, old: str, new: str, code: int, words: str
) -> None:
    job = careful.one_job()
    careful.run("kill", "-f", job)
    plan = saved(careful)
    text = plan.read_text()
    assert old in text
    plan.write_text(text.replace(old, new))
    refused = careful.run("apply", plan)
    assert refused.code == code
    assert words in refused.err
    assert careful.states() == {job: "RUN"}
    assert not wishes(careful, "approve")


def test_a_cap_on_deletions_holds_back_what_a_person_kills_and_says_when_it_goes(scratch: Scratch) -> None:
    scratch.spec.write_text(
        scratch.spec.read_text().replace("max_jobs: 1,", "max_jobs: 2, tick: 1h,")
        + "deletions: {per_tick: 1}\n"
    )
    scratch.one_job()
    assert scratch.run("plot", "--once").code == 0
    wait_for(lambda: len([name for name in scratch.ids() if name.startswith("5ca1ab")]) == 2)
    held = scratch.run("kill", "-f", "all")
    assert held.code == 6
    assert "is held back: deletions: 1 of 1 deletions within a tick; in " in held.err
    assert len(scratch.ids()) == 1
