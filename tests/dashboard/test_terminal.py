"""The dashboard on a real terminal, and in a real server: how it begins, and how it ends."""

from __future__ import annotations

import fcntl
import os
import re
import select
import signal
import socket
import struct
import subprocess
import sys
import termios
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from reconciler import journal
from reconciler.machine import LocalMachine
from tests.commands import conftest
from tests.commands.conftest import DEADLINE, Scratch, wait_for
from tests.ports import free_port

ROOT = Path(__file__).parents[2]
plotman, scratch = conftest.plotman, conftest.scratch


class Terminal:
    """A program on a terminal of its own. shown: all that it wrote."""

    def __init__(self, *arguments: str) -> None:
        self.leader, follower = os.openpty()
        fcntl.ioctl(self.leader, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
        self.process = subprocess.Popen(
            [sys.executable, "-m", "reconciler", *arguments],
            stdin=follower,
            stdout=follower,
            stderr=follower,
            cwd=ROOT,
            env={**os.environ, "TERM": "xterm-256color", "LANG": "C.UTF-8"},
            preexec_fn=lambda: _own_terminal(follower),  # noqa: PLW1509 - nothing else runs in this child
        )
        os.close(follower)
        self.shown = b""

    def sees(self, text: str) -> bool:
        """Has it written this by now?"""
        while select.select([self.leader], [], [], 0)[0]:
            try:
                self.shown += os.read(self.leader, 65536)
            except OSError:
                break
        return text in re.sub(rb"\x1b\[[0-9;?]*[a-zA-Z]", b"", self.shown).decode(errors="replace")

    def types(self, keys: str) -> None:
        os.write(self.leader, keys.encode())

    def hang_up(self) -> None:
        os.close(self.leader)
        self.leader = -1


def _own_terminal(follower: int) -> None:
    os.setsid()
    fcntl.ioctl(follower, termios.TIOCSCTTY, 0)


@contextmanager
def terminal(*arguments: str) -> Iterator[Terminal]:
    shown = Terminal(*arguments)
    try:
        yield shown
    finally:
        shown.process.kill()
        shown.process.wait()
        if shown.leader >= 0:
            shown.hang_up()


def free(scratch: Scratch) -> bool:
    return LocalMachine().holder(journal.lock_path(str(scratch.root / "logs"), "plotting")) is None


def test_it_plots_shows_and_quits(scratch: Scratch) -> None:
    with terminal("interactive") as shown:
        wait_for(lambda: shown.sees("5ca1ab1e"))
        assert not free(scratch)
        shown.types("q")
        wait_for(lambda: shown.sees("\x1b") or shown.process.poll() is not None)
        assert shown.process.wait(DEADLINE) == 0
    assert free(scratch)
    assert scratch.ids() == ["5ca1ab1e"]


@pytest.mark.parametrize("how", ["lost terminal", "SIGTERM", "stalled terminal"])
def test_it_ends_when_its_terminal_does_and_the_job_lives(scratch: Scratch, how: str) -> None:
    with terminal("interactive") as shown:
        wait_for(lambda: shown.sees("5ca1ab1e"))
        if how == "SIGTERM":
            shown.process.send_signal(signal.SIGTERM)
            wait_for(lambda: shown.sees("") and shown.process.poll() is not None)
        elif how == "stalled terminal":
            # Nobody reads any more, so that sooner or later the screen's writes wait for ever.
            fcntl.ioctl(shown.leader, termios.TIOCSWINSZ, struct.pack("HHHH", 200, 500, 0, 0))
            for _ in range(20):
                shown.types("1234567")
                time.sleep(0.02)
            shown.process.send_signal(signal.SIGHUP)
        else:
            shown.hang_up()
        assert shown.process.wait(DEADLINE) == 0
    assert free(scratch)
    assert scratch.ids() == ["5ca1ab1e"]


def test_read_only_starts_nothing(scratch: Scratch) -> None:
    with terminal("--ascii", "interactive", "--read-only") as shown:
        wait_for(lambda: shown.sees("no loop runs"))
        assert free(scratch)
    assert scratch.ids() == []


def test_without_a_terminal_it_says_what_to_do(scratch: Scratch) -> None:
    answer = scratch.run("interactive")
    assert answer.code == 64
    assert "plotman apply" in answer.err


@contextmanager
def server(scratch: Scratch) -> Iterator[str]:
    port = free_port()
    address = f"127.0.0.1:{port}"
    command = [sys.executable, "-m", "reconciler", "interactive", "--web", address]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            assert address in process.stdout.readline()
            wait_for(lambda: _answers(port))
            yield address
        finally:
            process.terminate()
            assert process.wait(DEADLINE) == 0


def _answers(port: int) -> bool:
    with suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
        return True
    return False


def test_a_page_needs_no_other_host(scratch: Scratch) -> None:
    with server(scratch) as address, urllib.request.urlopen(f"http://{address}/") as answer:
        policy, page = answer.headers["Content-Security-Policy"], answer.read().decode()
        assert "default-src 'none'" in policy
        assert "*" not in policy and "http" not in policy
        assert not re.search(r"""(?:src|href|url)\s*[=(]\s*["']?(?:https?:)?//""", page)
        parts = re.findall(r"""["'(]((?:static|pages)/[^"')]+)""", page)
        assert len(parts) >= 3
        for part in parts:
            with urllib.request.urlopen(f"http://{address}/{part}") as file:
                data = file.read()
            if part.endswith((".css", ".js")):
                # Addresses stand in comments only.
                code = re.sub(rb"/\*.*?\*/", b"", data, flags=re.DOTALL)
                assert not re.search(rb"""(?:https?|wss?)://[a-z]""", code), part


def test_another_sites_page_may_not_look_through_it(scratch: Scratch) -> None:
    with server(scratch) as address:
        own = urllib.request.Request(f"http://{address}/", headers={"Origin": f"http://{address}"})
        with urllib.request.urlopen(own) as answer:
            assert answer.status == 200
        others = urllib.request.Request(
            f"http://{address}/ws", headers={"Origin": "http://elsewhere.example"}
        )
        with pytest.raises(urllib.error.HTTPError) as refused:
            urllib.request.urlopen(others)
        assert refused.value.code == 403


def test_an_address_that_is_taken_is_said(scratch: Scratch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        answer = scratch.run("interactive", "--web", f"127.0.0.1:{taken.getsockname()[1]}")
    assert answer.code == 1
    assert "cannot listen" in answer.err
