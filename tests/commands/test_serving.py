"""A real loop under a service manager and its signals: what it tells, when, and what a signal does."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

import pytest

from reconciler.commands.serving import longest, serving, status
from reconciler.commands.signalled import signalled
from reconciler.events import Ticked, Trouble
from reconciler.machine.manager import Manager
from reconciler.plan import plan_facts
from reconciler.revision import Revision, Revisions
from tests.views.samples import facts

from .conftest import DEADLINE, Scratch, wait_for

ROOT = Path(__file__).parents[2]


@dataclass
class Heard:
    """A service manager's ear. lines: all that it was told so far."""

    socket: socket.socket
    lines: list[str] = field(default_factory=list)

    def all(self) -> list[str]:
        """All lines until now, in order."""
        while True:
            try:
                told = self.socket.recv(4096).decode()
            except BlockingIOError:
                return self.lines
            self.lines += told.splitlines()

    def count(self, line: str) -> int:
        return self.all().count(line)


@pytest.fixture
def manager(tmp_path: Path) -> Iterator[Heard]:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as ear:
        ear.setblocking(False)
        ear.bind(str(tmp_path / "notify"))
        yield Heard(ear)


@contextmanager
def served(
    scratch: Scratch, verb: str = "apply", watchdog: float | None = None
) -> Iterator[subprocess.Popen[bytes]]:
    """A loop as a service. watchdog: seconds."""
    watched = {} if watchdog is None else {"WATCHDOG_USEC": str(int(watchdog * 1e6))}
    env = {**os.environ, "NOTIFY_SOCKET": str(scratch.root / "notify"), **watched}
    command = [sys.executable, "-m", "reconciler", verb]
    with (scratch.root / "said").open("wb") as said:
        process = subprocess.Popen(command, stdout=said, stderr=said, env=env, cwd=ROOT)
    try:
        yield process
    finally:
        process.kill()
        process.wait(DEADLINE)


def slowly(scratch: Scratch) -> None:
    """Have a tick an hour."""
    text = scratch.spec.read_text().replace("max_jobs: 1,", "max_jobs: 1, tick: 1h,")
    scratch.spec.write_text(text)


def pids(scratch: Scratch) -> list[int]:
    """The plotters that were started."""
    return [int(path.name) for path in (scratch.root / "pids").iterdir()]


def test_it_is_ready_after_a_tick_says_what_it_does_and_that_it_ends(
    scratch: Scratch, manager: Heard
) -> None:
    with served(scratch) as loop:
        wait_for(lambda: bool(manager.all()) and "5ca1ab1e" in scratch.ids())
        loop.send_signal(signal.SIGHUP)
        wait_for(
            lambda: any(line.startswith("STATUS=1 job, 0 transfers; 0 actions,") for line in manager.all())
        )
        assert manager.all()[:2] == ["READY=1", "STATUS=0 jobs, 0 transfers; 1 action, 1 held"]
        loop.send_signal(signal.SIGTERM)
        assert loop.wait(DEADLINE) == 0
    told = manager.all()
    assert told[-1] == "STOPPING=1"
    assert told.count("READY=1") == told.count("STOPPING=1") == 1
    assert "WATCHDOG=1" not in told, "nobody watches"
    assert all(before != after for before, after in pairwise(told)), "told when it changes"


def test_its_children_cannot_speak_for_it(scratch: Scratch, manager: Heard) -> None:
    with served(scratch, watchdog=60.0):
        wait_for(lambda: bool(pids(scratch)))
        environment = Path(f"/proc/{pids(scratch)[0]}/environ").read_bytes()
    assert b"PLOTMAN_JOB=" in environment
    assert b"NOTIFY_SOCKET" not in environment and b"WATCHDOG" not in environment


def test_a_long_sleep_is_cut_for_the_watchdog_and_a_loop_that_hangs_feeds_it_no_more(
    scratch: Scratch, manager: Heard
) -> None:
    slowly(scratch)
    with served(scratch, watchdog=0.6) as loop:
        # A tick comes once an hour.
        wait_for(lambda: manager.count("WATCHDOG=1") >= 4)
        loop.send_signal(signal.SIGSTOP)
        wait_for(lambda: Path(f"/proc/{loop.pid}/stat").read_text().rpartition(")")[2].split()[0] == "T")
        before = manager.count("WATCHDOG=1")
        time.sleep(0.6)  # twice as long as it sleeps
        assert manager.count("WATCHDOG=1") == before


def test_a_tick_that_hangs_feeds_no_watchdog(scratch: Scratch, manager: Heard) -> None:
    hangs, begun = scratch.root / "hangs", scratch.root / "begun"
    os.mkfifo(hangs)
    code = (
        "from pathlib import Path; from reconciler import commands; from reconciler.execute import Executor;"
        f"hang = lambda *_: (Path({str(begun)!r}).touch(), Path({str(hangs)!r}).read_text());"
        "Executor.perform = hang; commands.main(['apply'])"
    )
    env = {**os.environ, "NOTIFY_SOCKET": str(scratch.root / "notify"), "WATCHDOG_USEC": "500000"}
    with subprocess.Popen([sys.executable, "-c", code], env=env, cwd=ROOT) as loop:
        try:
            wait_for(begun.exists)
            time.sleep(1.0)  # twice what the manager would wait
            assert manager.all() == []
        finally:
            loop.kill()


@pytest.mark.parametrize("verb", ["apply", "plot", "archive"])
def test_hangups_make_a_sleeping_loop_look_and_never_end_it(
    scratch: Scratch, manager: Heard, verb: str
) -> None:
    slowly(scratch)
    with served(scratch, verb) as loop:
        wait_for(lambda: bool(manager.all()))
        text = scratch.spec.read_text()
        for number in range(3):
            scratch.spec.write_text(f"{text}wrong{number}: 1\n")
            loop.send_signal(signal.SIGHUP)
            wait_for(lambda number=number: f"wrong{number}" in (scratch.root / "said").read_text())  # type: ignore[misc]
        loop.send_signal(signal.SIGTERM)
        assert loop.wait(DEADLINE) == 0
    assert "Traceback" not in (scratch.root / "said").read_text()


def test_a_hangup_hurries_the_source_once_and_before_the_next_look() -> None:
    hurried: list[int] = []
    before = signal.getsignal(signal.SIGHUP)
    with signalled(lambda: hurried.append(1)) as ended:
        assert (ended(), hurried) == (False, [])
        os.kill(os.getpid(), signal.SIGHUP)
        os.kill(os.getpid(), signal.SIGHUP)
        assert hurried == [], "not in the handler, which may interrupt anything"
        assert (ended(), ended(), hurried) == (False, False, [1])
        os.kill(os.getpid(), signal.SIGTERM)
        assert ended()
    assert signal.getsignal(signal.SIGHUP) == before


def test_without_a_watchdog_the_sleep_is_the_specs() -> None:
    assert longest(None) == longest(Manager("/n")) == float("inf")
    assert longest(Manager("/n", 10.0)) == 5.0


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({}, "main@4f1c2ab"),
        ({"obstacle": "unverified", "problem": "no\nsignature"}, "main@4f1c2ab, newest unverified"),
        ({"applied": None}, "no revision yet"),
    ],
)
def test_the_status_names_the_revision(changes: dict[str, object], said: str) -> None:
    revision = Revision(commit="4f1c2ab" + "0" * 33, ref="main", at=1.0)
    told = {"source": "git", "applied": revision, "attempted": revision, "asked": 1.0, **changes}
    seen = facts(source=Revisions(**told))  # type: ignore[arg-type]
    assert status(Ticked(seen, plan_facts(seen), ())).endswith(f" held; {said}")


def test_troubles_are_no_sign_of_life(tmp_path: Path, manager: Heard) -> None:
    with serving(Manager(str(tmp_path / "notify"), 1.0)) as hear:
        hear(Trouble("something"))
    assert manager.all() == ["STOPPING=1"]
