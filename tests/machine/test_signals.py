"""A signal reaches only the process that was meant."""

from __future__ import annotations

import os
import subprocess
from dataclasses import replace

import pytest

from reconciler.machine import LocalMachine
from reconciler.state import Absent, Known, Unknown

from .conftest import Start
from .helpers import ident_of, shown, sleeper, until, wanted

Spawned = list[subprocess.Popen[bytes]]


@pytest.fixture(params=["pidfd", "no pidfd"], autouse=True)
def _with_and_without_handles(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if request.param == "no pidfd":
        monkeypatch.delattr(os, "pidfd_open")


def test_stop_continue_and_kill_do_what_they_say(machine: LocalMachine, started: Start) -> None:
    ident = started(sleeper())

    def stopped() -> tuple[bool, ...]:
        found = machine.processes(wanted)
        assert isinstance(found, Known)
        return tuple(process.stopped for process in found.value)

    until(lambda: stopped() == (False,))
    assert machine.signal([ident], "stop") == Known(1)
    assert stopped() == (True,), "it stands still once that is said"
    assert machine.signal([ident], "continue") == Known(1)
    until(lambda: stopped() == (False,))
    assert machine.signal([ident], "terminate") == Known(1)
    until(lambda: machine.members(ident, session=True) == Absent("is gone"))
    assert machine.signal([ident], "kill") == Absent("no such process any more")


def test_a_pid_that_was_used_again_is_not_signalled(machine: LocalMachine, spawned: Spawned) -> None:
    spawned.append(shown(subprocess.Popen(["sleep", "60"])))
    ident = ident_of(machine, spawned[0].pid)
    gone = [replace(ident, start=ident.start - 1), replace(ident, boot="another boot")]
    assert machine.signal(gone, "kill") == Absent("no such process any more")
    assert spawned[0].poll() is None
    assert machine.alive([*gone, ident]) == (ident,)
    assert machine.signal([*gone, ident], "kill") == Known(1)
    assert spawned[0].wait() == -9


def test_a_zombie_is_not_counted(machine: LocalMachine, spawned: Spawned) -> None:
    spawned.append(shown(subprocess.Popen(["sleep", "60"])))
    ident = ident_of(machine, spawned[0].pid)
    spawned[0].kill()
    os.waitid(os.P_PID, ident.pid, os.WEXITED | os.WNOWAIT)
    assert machine.signal([ident], "kill") == Absent("no such process any more")
    assert machine.alive([ident]) == ()


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root to become somebody else")
def test_what_the_kernel_refuses_is_unknown(machine: LocalMachine, spawned: Spawned) -> None:
    spawned.append(shown(subprocess.Popen(["sleep", "60"])))
    ident = ident_of(machine, spawned[0].pid)
    os.setresuid(65534, 65534, 0)
    try:
        fact = machine.signal([ident], "kill")
    finally:
        os.setresuid(0, 0, 0)
    assert isinstance(fact, Unknown)
    assert "operation not permitted" in fact.why
    assert spawned[0].poll() is None


def test_each_signal_sent_is_a_step(machine: LocalMachine, started: Start) -> None:
    steps: list[str] = []
    idents = [started(sleeper(), f"{number}.log") for number in range(3)]
    LocalMachine(step=steps.append).signal(idents, "kill")
    assert steps == ["signal: sent"] * 3
