"""A sleep is ended by whatever may have changed the world, and by nothing else before its time."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from reconciler.machine import LocalMachine

from .conftest import Start
from .helpers import ident_of, shown, sleeper, until

Spawned = list[subprocess.Popen[bytes]]
LONG = 90.0
"""Seconds that no test sleeps: what ends a sleep comes before them."""


def slept(machine: LocalMachine, seconds: float, wake: str) -> float:
    """Wait, and tell how long that took."""
    began = time.monotonic()
    machine.wait([], seconds, wake)
    return time.monotonic() - began


@contextmanager
def soon(act: Callable[[], object]) -> Iterator[None]:
    """Do that from another thread, once this one has had time to fall asleep."""
    timer = threading.Timer(0.1, act)
    timer.start()
    yield
    timer.join()


@pytest.fixture
def wake(tmp_path: Path) -> str:
    return str(tmp_path / "wake")


def test_undisturbed_it_sleeps_its_time(machine: LocalMachine, wake: str) -> None:
    assert slept(machine, 0.15, wake) >= 0.15
    assert slept(machine, 0, wake) < LONG
    assert slept(machine, -1, wake) < LONG


@pytest.mark.parametrize("handles", [True, False])
def test_the_end_of_a_watched_process_ends_it(
    machine: LocalMachine, wake: str, spawned: Spawned, monkeypatch: pytest.MonkeyPatch, handles: bool
) -> None:
    if not handles:
        monkeypatch.delattr(os, "pidfd_open")
    spawned.append(shown(subprocess.Popen(["sleep", "60"])))
    ident = ident_of(machine, spawned[0].pid)
    began = time.monotonic()
    with soon(spawned[0].kill):
        machine.wait([ident], LONG, wake)
    assert 0.05 <= time.monotonic() - began < LONG


def test_a_watched_process_that_is_gone_ends_it_at_once(
    machine: LocalMachine, wake: str, started: Start
) -> None:
    ident = started(sleeper())
    began = time.monotonic()
    machine.wait([replace(ident, start=ident.start + 1)], LONG, wake)
    machine.signal([ident], "kill")
    machine.wait([ident], LONG, wake)
    machine.wait([ident], LONG, wake)
    assert time.monotonic() - began < LONG


def test_the_bell_ends_it(machine: LocalMachine, wake: str) -> None:
    slept(machine, 0, wake)
    with soon(lambda: LocalMachine().ring(wake)):
        assert slept(machine, LONG, wake) < LONG
    assert slept(machine, 0.1, wake) >= 0.1, "rung once, it rings once"


def test_it_ends_a_sleep_that_is_longer_than_the_system_takes(machine: LocalMachine, wake: str) -> None:
    slept(machine, 0, wake)
    with soon(lambda: LocalMachine().ring(wake)):
        assert slept(machine, 60 * 86400, wake) < LONG


def test_a_bell_rung_between_two_sleeps_is_not_lost(machine: LocalMachine, wake: str) -> None:
    slept(machine, 0, wake)
    for _ in range(1000):
        assert machine.ring(wake)
    assert slept(machine, LONG, wake) < LONG
    assert slept(machine, 0.1, wake) >= 0.1


def test_nobody_listens_where_no_loop_waits(machine: LocalMachine, wake: str) -> None:
    assert not machine.ring(wake)
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as left:
        left.bind(wake)
    assert not machine.ring(wake), "a killed loop's socket stays behind"
    slept(machine, 0, wake)
    assert machine.ring(wake), "and the next loop replaces it"


def test_a_bell_that_was_taken_away_is_hung_anew(machine: LocalMachine, wake: str) -> None:
    slept(machine, 0, wake)
    os.unlink(wake)
    slept(machine, 0, wake)
    assert machine.ring(wake)


def test_a_long_path_can_be_rung(machine: LocalMachine, tmp_path: Path) -> None:
    folder = tmp_path / ("x" * 120)
    folder.mkdir()
    wake = str(folder / "wake")
    slept(machine, 0, wake)
    assert machine.ring(wake)
    assert os.listdir(folder) == ["wake"]


def test_where_no_bell_can_be_hung_it_only_sleeps(machine: LocalMachine, tmp_path: Path) -> None:
    assert slept(machine, 0.1, str(tmp_path / "none" / "wake")) >= 0.1
    assert slept(machine, 0.1, "") >= 0.1
    assert not machine.ring(str(tmp_path / "none" / "wake"))


def test_a_signal_ends_it_also_one_that_came_before(machine: LocalMachine, wake: str) -> None:
    seen: list[int] = []
    before = signal.signal(signal.SIGUSR1, lambda number, _: seen.append(number))
    try:
        with soon(lambda: os.kill(os.getpid(), signal.SIGUSR1)):
            assert slept(machine, LONG, wake) < LONG
        os.kill(os.getpid(), signal.SIGUSR1)
        until(lambda: len(seen) == 2)
        assert slept(machine, LONG, wake) < LONG
        assert slept(machine, 0.1, wake) >= 0.1
    finally:
        signal.signal(signal.SIGUSR1, before)


def test_many_waits_leave_no_open_files(machine: LocalMachine, wake: str, started: Start) -> None:
    idents = [started(sleeper(), f"{number}.log") for number in range(3)]
    machine.wait(idents, 0, wake)
    before = len(os.listdir("/proc/self/fd"))
    for _ in range(50):
        machine.wait(idents, 0, wake)
        machine.ring(wake)
    assert len(os.listdir("/proc/self/fd")) == before


def test_a_child_that_ends_unwatched_ends_it(machine: LocalMachine, wake: str, started: Start) -> None:
    started(sleeper("0.1"))
    assert slept(machine, LONG, wake) < LONG
    assert slept(machine, 0.1, wake) >= 0.1, "once"


def test_a_child_that_has_ended_between_two_sleeps_is_not_missed(
    machine: LocalMachine, wake: str, started: Start
) -> None:
    ident = started(sleeper())
    machine.signal([ident], "kill")
    until(lambda: machine.alive([ident]) == ())
    assert slept(machine, LONG, wake) < LONG
    assert slept(machine, 0.1, wake) >= 0.1
