"""Planning from the command line: text, documents and exit codes; nothing is ever changed."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path

import jsonschema
import pytest

from reconciler.spec.schemas import published

from .conftest import Scratch


def tree(root: Path) -> dict[str, bytes | None]:
    """Every file and folder below a root."""
    return {str(path): path.read_bytes() if path.is_file() else None for path in sorted(root.rglob("*"))}


def test_a_plan_changes_nothing_and_ends_with_its_sum(scratch: Scratch) -> None:
    before = tree(scratch.root)
    answer = scratch.run("plan")
    assert (answer.code, answer.err) == (0, "")
    assert answer.out.splitlines()[-1] == "Plan: 1 to spawn; 1 held.   Why: plotman explain tmp/01"
    for verb in ("diff", "explain", "observe", "status", "dirs", "dsched"):
        assert scratch.run(verb).code == 0
    assert scratch.run("apply", "--dry-run").out.splitlines()[-1].startswith("Plan: 1 to spawn")
    assert tree(scratch.root) == before


def test_secrets_are_in_no_answer(scratch: Scratch) -> None:
    scratch.one_job()
    for line in ("plan", "plan --json", "diff", "explain", "observe", "observe --json", "status --json",
                 "details all", "dirs", "dirs --json", "logs 5ca1ab1e"):  # fmt: skip
        answer = scratch.run(*line.split())
        assert answer.code == 0
        assert "ab" * 48 not in answer.out + answer.err


@pytest.mark.parametrize(("line", "schema"), [("plan --json", "plan"), ("observe --json", "observation")])
def test_documents_are_as_their_schema_says(scratch: Scratch, line: str, schema: str) -> None:
    scratch.one_job()
    document = json.loads(scratch.run(*line.split()).out)
    jsonschema.validate(document, published(schema))


def test_status_json_tells_what_the_table_tells(scratch: Scratch) -> None:
    scratch.one_job()
    (job,) = json.loads(scratch.run("status", "--json").out)["jobs"]
    assert (job["shown"], job["k"], job["tmp"]) == ("5ca1ab1e", 25, f"{scratch.root}/tmp/00")


def test_the_exit_code_tells_of_changes_only_when_asked(scratch: Scratch) -> None:
    assert scratch.run("plan", "--detailed-exitcode").code == 2
    scratch.run("pause")
    answer = scratch.run("plan", "--detailed-exitcode")
    assert answer.code == 0
    assert answer.out.splitlines()[-1].startswith("No changes. 2 held.")


def test_a_recorded_observation_plans_the_same_without_this_machine(
    scratch: Scratch, monkeypatch: pytest.MonkeyPatch
) -> None:
    recorded = scratch.root / "observed.json"
    recorded.write_text(scratch.run("observe", "--json").out)
    first = scratch.run("plan", "--observed", recorded)

    def touched(*_: object) -> None:
        raise AssertionError("the machine was touched")

    monkeypatch.setattr("reconciler.commands.context.LocalMachine", touched)
    for name in ("tmp/00", "tmp/01"):
        os.rmdir(scratch.root / name)
    again = scratch.run("plan", "--observed", recorded)
    assert again == first
    assert "1 to spawn" in first.out


def test_documents_that_are_none_exit_65_and_name_their_faults(scratch: Scratch) -> None:
    broken = scratch.root / "broken.json"
    broken.write_text('{"version": 1, "host": 7}')
    for arguments in (("plan", "--observed"), ("apply",)):
        answer = scratch.run(*arguments, broken)
        assert (answer.code, answer.out) == (65, "")
        assert f"{broken}:1:" in answer.err
    assert scratch.run("plan", "--observed", scratch.root / "missing.json").code == 65


def test_a_spec_that_is_none_exits_65(scratch: Scratch) -> None:
    scratch.spec.write_text("version: 3\nplottin: {}\n")
    answer = scratch.run("plan")
    assert (answer.code, answer.out) == (65, "")
    assert f"{scratch.spec}:2:1: plottin" in answer.err
    assert scratch.run("status", "-f", scratch.root / "missing.yaml").code == 65


def test_a_saved_plan_is_applied_once_and_then_stale(scratch: Scratch) -> None:
    saved = scratch.root / "plan.json"
    assert scratch.run("plan", "--out", saved).code == 0
    answer = scratch.run("apply", saved)
    assert (answer.code, answer.err) == (0, "")
    assert "+ spawn" in answer.out
    assert scratch.run("apply", saved).code == 3


def test_an_expired_plan_is_stale(scratch: Scratch) -> None:
    saved = scratch.root / "plan.json"
    document = json.loads(scratch.run("plan", "--json").out)
    saved.write_text(json.dumps({**document, "expires_at": time.time() - 1}))
    answer = scratch.run("apply", saved)
    assert answer.code == 3
    assert "expired" in answer.err


def test_a_plan_that_cannot_be_saved_is_an_error(scratch: Scratch) -> None:
    answer = scratch.run("plan", "--out", scratch.root / "no" / "such" / "folder")
    assert answer.code == 1
    assert "cannot be written" in answer.err


def test_explain_finds_directories_jobs_and_farmers(scratch: Scratch) -> None:
    scratch.one_job()
    assert scratch.run("explain", "tmp/01").out.startswith(f"{scratch.root}/tmp/01\n")
    assert scratch.run("explain", "5ca1").out.startswith("job 5ca1ab1e on tmp 00 at 1:1, running")
    assert scratch.run("explain", "barn").out.startswith("farmer barn\n")
    assert scratch.run("explain", "nothing").code == 64


def test_explain_answers_what_a_plan_ends_with(scratch: Scratch) -> None:
    """Leftovers that wait for approval, and a plot that lies in a directory which the spec names no more."""
    name = f"plot-k25-2026-01-01-00-00-{'5c' * 32}.plot"
    leftover = scratch.root / "tmp/00" / f"{name}.sort.tmp"
    leftover.touch()
    os.utime(leftover, (0, 0))
    scratch.spec.write_text(scratch.spec.read_text() + "clean: {orphans_after: 1h}\napprove: [clean]\n")
    asked = scratch.run("plan").out.splitlines()[-1].partition("plotman explain ")[2]
    answer = scratch.run("explain", asked)
    assert (asked, answer.code) == ("5c5c5c5c", 0)
    assert answer.out.startswith(f"clean {scratch.root}/tmp/00/{'5c' * 32}: waits: approval\n")
    assert scratch.run("explain", f"{scratch.root}/tmp/00/{'5c' * 32}").out == answer.out
