"""`history` tells what a loop did, newest last."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from reconciler import record
from reconciler.record import Entry

from .conftest import Scratch


@pytest.fixture
def path(scratch: Scratch) -> Path:
    found = Path(record.path_of(str(scratch.root / "logs")))
    found.parent.mkdir()
    return found


def entry(at: float, kind: str = "spawn", **more: str) -> Entry:
    told: dict[str, str] = {"subject": "/mnt/tmp/00", "result": "done", "text": f"at {at:.0f}", **more}
    what = {"JobStuck": "condition", "loop": "trouble"}.get(kind, "action")
    return Entry(at=at, tick=at, what=what, kind=kind, **told)  # type: ignore[arg-type]


def test_what_a_loop_did_can_be_looked_up(scratch: Scratch) -> None:
    scratch.one_job()
    answer = scratch.run("history")
    assert (answer.code, answer.err) == (0, "")
    header, *lines = answer.out.splitlines()
    assert header.split() == ["when", "kind", "subject", "result", "what", "happened"]
    (spawned,) = (line for line in lines if " spawn " in line)
    assert " done " in spawned
    (told,) = map(json.loads, scratch.run("history", "--json", "--kind", "spawn").out.splitlines())
    assert (told["what"], told["kind"], told["result"], told["from"]) == ("action", "spawn", "done", None)
    assert told["to"]["tmp"] == str(scratch.root / "tmp" / "00")
    assert told["tick"] <= told["at"]
    assert told["why"]


def test_what_is_done_by_a_saved_plan_is_recorded(scratch: Scratch) -> None:
    saved = scratch.root / "plan.json"
    assert scratch.run("plan", "--out", saved).code == 0
    assert scratch.run("apply", saved).code == 0
    assert " spawn " in scratch.run("history", "--kind", "spawn").out


def test_only_what_is_asked_for_is_told_and_the_newest_is_last(scratch: Scratch, path: Path) -> None:
    now = scratch.spec.stat().st_mtime
    older = [entry(now - 90_000), entry(now - 3000, "JobStuck"), entry(now - 2000, "archive")]
    newer = [entry(now - 1000, "loop"), entry(now - 900)]
    Path(f"{path}.1").write_text("".join(f"{each.line()}\n" for each in older))
    record.append(str(path), newer)

    def told(*arguments: str) -> list[float]:
        return [
            json.loads(line)["at"] for line in scratch.run("history", "--json", *arguments).out.splitlines()
        ]

    every = [each.at for each in (*older, *newer)]
    assert told() == every
    assert told("--since", "1d") == every[1:]
    assert told("--since", "30m") == every[3:]
    assert told("--kind", "spawn") == [every[0], every[4]]
    assert told("--kind", "condition, trouble") == [every[1], every[3]]
    assert told("--since", "1d", "--kind", "spawn,archive") == [every[2], every[4]]


def test_nothing_is_said_to_be_nothing(scratch: Scratch, path: Path) -> None:
    answer = scratch.run("history")
    assert (answer.code, answer.out, answer.err) == (0, "", f"nothing of that is recorded in {path}\n")
    assert scratch.run("history", "--json").out == ""


def test_a_spoilt_line_is_counted_and_costs_itself_only(scratch: Scratch, path: Path) -> None:
    path.write_bytes(b"\xff\x00{\n" + entry(5).line().encode() + b"\n")
    answer = scratch.run("history")
    assert (answer.code, answer.err) == (4, f"{path}: 1 line cannot be read\n")
    assert "at 5" in answer.out


def test_a_record_that_cannot_be_read_is_an_error(scratch: Scratch, path: Path) -> None:
    path.mkdir()
    answer = scratch.run("history")
    assert (answer.code, answer.out, answer.err) == (1, "", f"{path} cannot be read: is a directory\n")


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("--since 20", "20 what? A duration carries its unit: 20s or 20m"),
        ("--since yesterday", "no duration"),
        ("--since", "requires an argument"),
        ("--kind dig", "'dig' is no kind of entry; they are kill, resume,"),
        ("--kind spawn,", "'' is no kind of entry"),
        ("more", "unexpected extra argument"),
    ],
)
def test_wrong_input_is_told_with_what_is_right(line: str, said: str, scratch: Scratch) -> None:
    answer = scratch.run("history", *line.split())
    assert (answer.code, answer.out) == (64, "")
    assert said in answer.err
