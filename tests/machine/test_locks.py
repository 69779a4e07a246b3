"""One writer at a time, whatever becomes of it."""

from __future__ import annotations

import json
import math
import os
import shutil
import subprocess
import threading
from pathlib import Path

import pytest

from reconciler.errors import LockHeld, MachineError
from reconciler.machine import LocalMachine, locks

from .conftest import Mount
from .helpers import driver

Spawned = list[subprocess.Popen[bytes]]


def holding(spawned: Spawned, path: Path) -> subprocess.Popen[bytes]:
    """Another process that has the lock."""
    spawned.append(driver("hold", str(path)))
    out = spawned[-1].stdout
    assert out is not None
    assert out.readline() == b"held\n"
    return spawned[-1]


def test_who_comes_second_is_told_who_was_first(
    machine: LocalMachine, tmp_path: Path, spawned: Spawned, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A living holder is told at once.
    monkeypatch.setattr(locks, "PATIENCE", math.inf)
    path = tmp_path / "state" / "lock"
    child = holding(spawned, path)
    with pytest.raises(LockHeld) as caught, machine.lock(str(path), "archiving"):
        pass
    since = json.loads(path.read_text())["since"]
    assert f"plotting (pid {child.pid}, " in str(caught.value)
    assert f"since {since}" in str(caught.value)
    assert str(machine.holder(str(path))) in str(caught.value)


def test_a_killed_holders_lock_is_free_at_once(
    machine: LocalMachine, tmp_path: Path, spawned: Spawned
) -> None:
    path = tmp_path / "lock"
    child = holding(spawned, path)
    child.kill()
    child.wait()
    assert machine.holder(str(path)) is None
    with machine.lock(str(path), "archiving"):
        assert str(machine.holder(str(path))).startswith(f"archiving (pid {os.getpid()}, ")
    assert machine.holder(str(path)) is None
    assert path.exists()


def test_an_error_within_gives_the_lock_back(machine: LocalMachine, tmp_path: Path) -> None:
    path = str(tmp_path / "lock")
    with pytest.raises(ZeroDivisionError), machine.lock(path, "plotting"):
        print(1 // 0)
    with machine.lock(path, "plotting"), pytest.raises(LockHeld), machine.lock(path, "plotting"):
        pass
    assert machine.holder(path) is None


def test_a_lock_whose_file_was_removed_is_taken_anew_and_not_from_whoever_was_quicker(
    machine: LocalMachine, tmp_path: Path, spawned: Spawned
) -> None:
    path = tmp_path / "state" / "lock"
    with machine.lock(str(path), "plotting") as keep:
        keep()
        shutil.rmtree(path.parent)
        keep()
        assert str(machine.holder(str(path))).startswith(f"plotting (pid {os.getpid()}, ")
        path.unlink()
        child = holding(spawned, path)
        with pytest.raises(LockHeld, match=f"pid {child.pid}, "):
            keep()
    assert f"pid {child.pid}, " in str(machine.holder(str(path)))


def test_a_lock_that_cannot_be_taken_anew_is_kept_as_it_is(machine: LocalMachine, tmp_path: Path) -> None:
    path = tmp_path / "state" / "lock"
    with machine.lock(str(path), "plotting") as keep:
        shutil.rmtree(path.parent)
        path.parent.write_text("in its way")
        keep()
        path.parent.unlink()
        keep()
        assert machine.holder(str(path)) is not None
    assert machine.holder(str(path)) is None


def test_nobody_holds_what_does_not_exist(machine: LocalMachine, tmp_path: Path) -> None:
    assert machine.holder(str(tmp_path / "lock")) is None


def test_two_processes_are_never_within_together(tmp_path: Path) -> None:
    words = ("contend", str(tmp_path / "lock"), str(tmp_path / "witness"), "100")
    rivals = [driver(*words) for _ in range(2)]
    for rival in rivals:
        out, err = rival.communicate(timeout=60)
        assert (out, rival.returncode) == (b"100\n", 0), err.decode()


def test_asking_for_the_holder_keeps_nobody_out(machine: LocalMachine, tmp_path: Path) -> None:
    path = str(tmp_path / "lock")
    over = threading.Event()
    other = LocalMachine()

    def ask() -> None:
        while not over.is_set():
            other.holder(path)

    thread = threading.Thread(target=ask)
    thread.start()
    try:
        for _ in range(200):
            with machine.lock(path, "plotting"):
                pass
    finally:
        over.set()
        thread.join()


@pytest.mark.parametrize("words", ["", "[]", "{", '{"pid": "x", "start": null}', "\x00" * 10])
def test_a_lock_file_of_any_content_serves(
    machine: LocalMachine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: str
) -> None:
    monkeypatch.setattr(locks, "PATIENCE", 0.05)
    path = tmp_path / "lock"
    path.write_text(words)
    with machine.lock(str(path), "plotting"):
        path.write_text(words)
        assert machine.holder(str(path)) is not None
        with pytest.raises(LockHeld), machine.lock(str(path), "plotting"):
            pass


def test_a_full_disk_costs_the_words_and_not_the_lock(machine: LocalMachine, mount: Mount) -> None:
    disk = mount("disk", "size=64k")
    (disk / "lock").touch()
    with pytest.raises(OSError, match="No space"):
        (disk / "ballast").write_bytes(bytes(65537))
    with machine.lock(str(disk / "lock"), "plotting"):
        assert machine.holder(str(disk / "lock")) == "a process that has not said who it is"


def test_a_lock_that_cannot_be_opened_is_refused_by_name(machine: LocalMachine, tmp_path: Path) -> None:
    with pytest.raises(MachineError, match="cannot open the lock"), machine.lock(str(tmp_path), "plotting"):
        pass
