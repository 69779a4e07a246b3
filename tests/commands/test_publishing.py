"""A running loop's observation in a file: whole, seldom, without keys, and what `plan --observed` reads."""

from __future__ import annotations

import json
import os
import signal
import threading
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from reconciler import documents
from reconciler.commands import writer
from reconciler.commands.publishing import EVERY, publishing
from reconciler.commands.writer import Writer
from reconciler.events import Event, Ticked, Trouble
from reconciler.plan import plan_facts
from reconciler.state import Instant, Known, Override
from tests.views.samples import NOW, facts

from .conftest import DEADLINE, Scratch, wait_for
from .test_prometheus import running, values


def tick(up: float = 1000.0, **more: Any) -> Ticked:
    """A tick at that time of the boot clock."""
    found = facts(now=Instant(NOW.at, up, NOW.boot), **more)
    return Ticked(found, plan_facts(found), ())


def read(path: Path) -> float:
    """When the look was that the file tells of, by the boot clock; -1: there is no file."""
    if not path.exists():
        return -1.0
    return documents.observation_from_json(path.read_text(), path.name).now.up


def test_a_real_loops_observation_is_what_plan_reads(scratch: Scratch) -> None:
    file, metrics = scratch.root / "h07.json", scratch.root / "plotman.prom"
    scratch.spec.write_text(scratch.spec.read_text().replace("max_jobs: 1,", "max_jobs: 1, tick: 0.2s,"))
    with running(scratch, "apply", "--publish-observation", file, "--metrics-textfile", metrics) as loop:
        wait_for(file.exists)
        first = documents.observation_from_json(file.read_text(), "first")
        assert isinstance(first.jobs, Known)
        wait_for(metrics.exists)
        wait_for(lambda: values(metrics.read_text())['plotman_jobs{state="running"}'] == 1)
        loop.send_signal(signal.SIGTERM)
        assert loop.wait(DEADLINE) == 0
    last = documents.observation_from_json(file.read_text(), "last")
    assert isinstance(last.jobs, Known)
    assert len(last.jobs.value) == 1
    assert last.now.up > first.now.up
    answer = scratch.run("plan", "--observed", file)
    assert answer.code == 0
    assert "1 of 1 jobs" in answer.out
    assert "ab" * 40 not in file.read_text(), "the job's argv has its farmer's key"
    assert [path.name for path in scratch.root.glob("h07*")] == ["h07.json"]


@pytest.mark.parametrize("verb", ["apply", "plot", "archive"])
def test_one_tick_is_published_too(scratch: Scratch, verb: str) -> None:
    file = scratch.root / "seen.json"
    file.write_text("of yesterday")
    assert scratch.run(verb, "--once", "--publish-observation", file).code == 0
    assert read(file) > 0


def test_it_is_written_at_most_once_in_its_time_and_at_the_end(tmp_path: Path) -> None:
    file = tmp_path / "seen.json"
    told: list[Event] = []
    with publishing(str(file), told.append) as hear:
        hear(Trouble("no tick"))
        hear(tick(1000.0))
        wait_for(lambda: read(file) == 1000.0)
        inode = file.stat().st_ino
        for seconds in range(1, int(EVERY)):
            hear(tick(1000.0 + seconds))
        assert file.stat().st_ino == inode
        hear(tick(1000.0 + EVERY))
        wait_for(lambda: read(file) == 1000.0 + EVERY)
        hear(tick(1001.0 + EVERY))
    assert read(file) == 1001.0 + EVERY
    assert told == []


def test_keys_and_contracts_in_anybodys_words_are_cut(tmp_path: Path) -> None:
    file = tmp_path / "seen.json"
    address = "xch1" + "q" * 58
    why = f"keys {'cd' * 48} and {address} leaked"
    wish = Override(verb="pause", target="plotting", since=Instant(1.0, 1.0, "boot"), who="ann", why=why)
    with publishing(str(file), lambda _: None) as hear:
        hear(tick(overrides=Known((wish,))))
    (found,) = json.loads(file.read_text())["overrides"]["value"]
    assert found["why"] == "keys cdcdcdcdcd... and xch1qqqqqq... leaked"
    assert read(file) == 1000.0


def test_a_file_that_cannot_be_written_is_told_once(tmp_path: Path) -> None:
    told: list[Event] = []
    with publishing(str(tmp_path), told.append) as hear:
        times = (1000.0 + number * EVERY for number in count())

        def heard() -> bool:
            hear(tick(next(times)))
            return bool(told)

        wait_for(heard)
        for _ in range(5):
            heard()
    (trouble,) = told
    assert isinstance(trouble, Trouble)
    assert trouble.text == f"--publish-observation: {tmp_path} cannot be written: is a directory"


def test_a_loop_that_never_ticked_leaves_the_file_alone(tmp_path: Path) -> None:
    file = tmp_path / "seen.json"
    with publishing(str(file), lambda _: None):
        pass
    assert os.listdir(tmp_path) == []


def test_a_page_that_takes_long_is_not_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    goes_on, asked = threading.Event(), threading.Event()

    def page() -> str:
        asked.set()
        goes_on.wait()
        return "late"

    monkeypatch.setattr(writer, "PATIENCE", 0.05)
    file = tmp_path / "page"
    slow = Writer(str(file), page)
    for _ in range(100):
        slow.write()
    assert asked.wait(DEADLINE)
    slow.close()
    assert not file.exists()
    goes_on.set()
    wait_for(file.exists)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("apply --publish-observation", "requires an argument"),
        ("apply --publish-observation=", "empty name"),
        ("plot --dry-run --publish-observation x", "--dry-run writes nothing"),
        ("apply plan.json --publish-observation x", "leave the other options out"),
    ],
)
def test_wrong_input_is_told_with_what_is_right(line: str, said: str, scratch: Scratch) -> None:
    answer = scratch.run(*line.split())
    assert (answer.code, answer.out) == (64, "")
    assert said in answer.err
