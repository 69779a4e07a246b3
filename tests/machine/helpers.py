"""What the tests of the real machine share: conditions with a deadline, real processes, real mounts."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from reconciler.machine import LocalMachine
from reconciler.state import Ident, Known
from reconciler.world import Command

ROOT = Path(__file__).resolve().parents[2]
MARK = "0.0078125"  # seconds; sleep adds up what it is given
RECORD = b'{"plotman":1,"id":"0123456789ab"}'


def until(condition: Callable[[], bool], seconds: float = 60.0) -> None:
    """Wait for the condition; fail when it does not come true in time."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "did not come true in time"
        time.sleep(0.002)


def sleeper(seconds: str = "60") -> Command:
    """A job: one process that sleeps, and can be told by its argv."""
    return Command(argv=("sleep", seconds, MARK), env={})


def wanted(argv: Sequence[str]) -> bool:
    """Is this a sleeper's?"""
    return argv[-1] == MARK


def ident_of(machine: LocalMachine, pid: int) -> Ident:
    """The identity of a living process."""
    found = machine.members(Ident(machine.now().boot, pid, start_of(pid)), session=False)
    assert isinstance(found, Known)
    return next(ident for ident in found.value if ident.pid == pid)


def start_of(pid: int) -> int:
    """Field 22 of /proc/PID/stat."""
    return int(Path(f"/proc/{pid}/stat").read_bytes().rpartition(b")")[2].split()[19])


def driver(*words: str) -> subprocess.Popen[bytes]:
    """Another process that uses the machine: see driver.py."""
    return subprocess.Popen(
        [sys.executable, "-m", "tests.machine.driver", *words],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


def shown(child: subprocess.Popen[bytes]) -> subprocess.Popen[bytes]:
    """The child, once the kernel shows its arguments: for an instant after an exec it shows none."""
    until(lambda: Path(f"/proc/{child.pid}/cmdline").read_bytes() != b"")
    return child
