from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from reconciler.machine import LocalMachine
from reconciler.state import Ident
from reconciler.world import Command

from .helpers import RECORD, start_of

Mount = Callable[..., Path]
Start = Callable[..., Ident]


@pytest.fixture
def machine() -> LocalMachine:
    return LocalMachine()


@pytest.fixture
def spawned() -> Iterator[list[subprocess.Popen[bytes]]]:
    """Processes to end after the test."""
    children: list[subprocess.Popen[bytes]] = []
    yield children
    for child in children:
        child.kill()
        child.communicate()


@pytest.fixture
def started(machine: LocalMachine, tmp_path: Path) -> Iterator[Start]:
    """Starts jobs under tmp_path; their sessions are ended after the test."""
    idents: list[Ident] = []

    def start(command: Command, log: str = "job.log", record: bytes = RECORD) -> Ident:
        idents.append(machine.start(str(tmp_path / log), record, command))
        return idents[-1]

    yield start
    for ident in idents:
        end_session(ident.pid)


@pytest.fixture
def mount(tmp_path: Path) -> Iterator[Mount]:
    """Mounts a tmpfs below tmp_path; skips where this is not allowed."""
    places: list[Path] = []

    def make(name: str, options: str = "size=1m", source: str = "") -> Path:
        place = tmp_path / name
        place.mkdir(exist_ok=True)
        command = ["mount", "--bind", source] if source else ["mount", "-t", "tmpfs", "-o", options, "tmpfs"]
        done = subprocess.run([*command, str(place)], capture_output=True, check=False)
        if done.returncode:
            pytest.skip(f"cannot mount: {done.stderr.decode().strip()}")
        places.append(place)
        return place

    yield make
    for place in reversed(places):
        subprocess.run(["umount", "-l", str(place)], check=True)


def end_session(leader: int) -> None:
    """Kill all processes of a session that a test has made."""
    for pid in (int(name) for name in os.listdir("/proc") if name.isdecimal()):
        try:
            if os.getsid(pid) == leader and start_of(pid):
                os.kill(pid, signal.SIGKILL)
        except (ProcessLookupError, FileNotFoundError, IndexError):
            continue
