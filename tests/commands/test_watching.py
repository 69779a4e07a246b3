"""Watching: the same picture again and again, cut to the screen, until Ctrl-C."""

from __future__ import annotations

import codecs
import contextlib
import fcntl
import os
import select
import signal
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from .conftest import DEADLINE, Scratch

ROOT = Path(__file__).parents[2]


class Terminal:
    """What a program shows on a terminal of so many columns and rows."""

    def __init__(self, leader: int) -> None:
        self._leader = leader
        self._decoder = codecs.getincrementaldecoder("utf-8")()
        self.shown = ""

    def until(self, text: str) -> str:
        """Read until this was shown since the last time; all that was shown since then."""
        end = time.monotonic() + DEADLINE
        begun = len(self.shown)
        while text not in self.shown[begun:]:
            left = end - time.monotonic()
            assert left > 0, f"{text!r} did not show: {self.shown[begun:]!r}"
            if select.select([self._leader], [], [], left)[0]:
                self.shown += self._decoder.decode(os.read(self._leader, 65536))
        return self.shown[begun:]


@contextlib.contextmanager
def on_terminal(
    *arguments: str, rows: int = 24, columns: int = 80
) -> Iterator[tuple[Terminal, subprocess.Popen[bytes]]]:
    leader, follower = os.openpty()
    fcntl.ioctl(follower, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
    environment = {name: value for name, value in os.environ.items() if name not in ("COLUMNS", "LINES")}
    command = [sys.executable, "-m", "reconciler", *arguments]
    with subprocess.Popen(
        command, stdin=follower, stdout=follower, stderr=follower, cwd=ROOT, env=environment
    ) as process:
        os.close(follower)
        try:
            yield Terminal(leader), process
        finally:
            process.kill()
            process.wait()
            os.close(leader)


def picture(shown: str) -> list[str]:
    """The lines of the last whole picture."""
    whole = shown.rpartition("\x1b[J")[0].rpartition("\x1b[H")[2]
    return [line.removesuffix("\x1b[K").rstrip("\r") for line in whole.replace("\x1b[K\r", "").split("\n")]


@pytest.mark.parametrize("verb", ["status", "plan"])
def test_what_changes_is_shown_until_ctrl_c(verb: str, scratch: Scratch) -> None:
    scratch.one_job()
    with on_terminal(verb, "--watch") as (terminal, process):
        first = terminal.until("\x1b[J")
        assert "Ctrl-C ends" in first
        if verb == "status":
            assert "5ca1ab1e" in first
            assert scratch.run("suspend", "all").code == 0
            terminal.until("STP")
        else:
            assert "max jobs" in first
            whole = scratch.spec.read_text()
            scratch.spec.write_text(whole.replace("max_jobs: 1", "max_jobs: 0"))
            terminal.until("of 0 jobs")
            scratch.spec.write_text(whole.replace("max_jobs: 1", "max_jobs: one"))
            terminal.until("scheduling.max_jobs")
        process.send_signal(signal.SIGINT)
        assert terminal.until("\x1b[?25h")
        assert process.wait(DEADLINE) == 0
    assert terminal.shown.count("\x1b[?25l") == 1


def test_a_picture_is_cut_to_a_small_screen(scratch: Scratch) -> None:
    scratch.one_job()
    with on_terminal("plan", "--watch", rows=5, columns=40) as (terminal, _process):
        lines = picture(terminal.until("\x1b[J"))
    assert len([line for line in lines if line]) <= 4
    assert any("more line" in line for line in lines)


def test_where_nobody_watches_only_what_is_new_is_told(scratch: Scratch) -> None:
    job = scratch.one_job()
    command = [sys.executable, "-m", "reconciler", "--ascii", "status", "--watch", "--json"]
    told = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False)
    assert told.returncode == 64
    assert "--watch" in told.stderr
    command.remove("--json")
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT) as process:
        assert process.stdout is not None
        header, row = process.stdout.readline(), process.stdout.readline()
        process.send_signal(signal.SIGINT)
        assert process.wait(DEADLINE) == 0
    assert header.startswith("plot id")
    assert row.startswith(job)


def test_a_plan_of_a_recorded_look_cannot_be_watched(scratch: Scratch) -> None:
    assert scratch.run("plan", "--watch", "--observed", "x").code == 64
