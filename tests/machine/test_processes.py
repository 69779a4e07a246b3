"""The process table, read from the kernel: what is shown is so, and what dies meanwhile is not there."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Sequence
from pathlib import Path

import psutil
import pytest

from reconciler.machine import LocalMachine, LocalWorld, processes
from reconciler.machine.clock import Clock
from reconciler.machine.elsewhere import PsutilTable
from reconciler.machine.processes import ProcTable
from reconciler.machine.table import Table, members
from reconciler.state import Absent, Ident, Known
from reconciler.world import Process, World

from .helpers import MARK, shown, start_of, until, wanted

Spawned = list[subprocess.Popen[bytes]]


@pytest.fixture(params=[ProcTable, PsutilTable])
def table(request: pytest.FixtureRequest) -> Table:
    made: Table = request.param(Clock())
    return made


def seen(table: Table) -> tuple[Process, ...]:
    found = table.processes(wanted)
    assert isinstance(found, Known)
    return found.value


def test_a_wanted_process_is_shown_whole(table: Table, tmp_path: Path, spawned: Spawned) -> None:
    with (tmp_path / "out").open("wb") as out:
        spawned.append(
            shown(
                subprocess.Popen(
                    ["sleep", "60", MARK],
                    stdout=out,
                    cwd=tmp_path,
                    env={**os.environ, "PLOTMAN_JOB": "0123456789ab", "NOT_PLOTMAN_JOB": "x"},
                    start_new_session=True,
                )
            )
        )
    (one,) = seen(table)
    assert one.argv == ("sleep", "60", MARK)
    assert (one.ident.pid, one.ppid, one.session) == (spawned[0].pid, os.getpid(), spawned[0].pid)
    assert (one.cwd, one.job, one.stopped) == (str(tmp_path), "0123456789ab", False)
    assert one.stdout == str(tmp_path / "out")
    assert 0 <= one.age < 5


def test_without_a_file_or_a_job_id_there_is_none(table: Table, spawned: Spawned) -> None:
    spawned.append(shown(subprocess.Popen(["sleep", "60", MARK], stdout=subprocess.PIPE)))
    (one,) = seen(table)
    assert (one.stdout, one.job) == (None, None)


def test_stopped_is_read_each_time(table: Table, spawned: Spawned) -> None:
    spawned.append(shown(subprocess.Popen(["sleep", "60", MARK])))
    assert not seen(table)[0].stopped
    spawned[0].send_signal(signal.SIGSTOP)
    until(lambda: seen(table)[0].stopped)
    spawned[0].send_signal(signal.SIGCONT)
    until(lambda: not seen(table)[0].stopped)


def test_zombies_and_the_dead_are_none(table: Table, spawned: Spawned) -> None:
    spawned.append(shown(subprocess.Popen(["sleep", "60", MARK])))
    pid = seen(table)[0].ident.pid
    spawned[0].kill()
    until(lambda: Path(f"/proc/{pid}/stat").read_text().split()[2] == "Z")
    assert seen(table) == ()
    spawned[0].wait()
    assert seen(table) == ()


def test_an_argv_of_any_bytes_can_be_shown_and_put_into_json(spawned: Spawned) -> None:
    odd = [b"sleep", b"60", b"\xff\n\x01 (x) \xc3\xa4", b""]
    code = b"import sys,time\nprint(flush=True)\ntime.sleep(60)"
    spawned.append(
        shown(subprocess.Popen([sys.executable.encode(), b"-c", code, *odd], stdout=subprocess.PIPE))
    )
    out = spawned[0].stdout
    assert out is not None
    out.readline()
    found = ProcTable(Clock()).processes(lambda argv: any("(x)" in word for word in argv))
    assert isinstance(found, Known)
    (one,) = found.value
    assert one.argv[3:] == ("sleep", "60", "\\xff\n\x01 (x) ä", "")
    assert json.dumps(one.argv, ensure_ascii=False).encode()


def test_a_name_with_parentheses_and_blanks_does_not_shift_the_fields(
    tmp_path: Path, spawned: Spawned
) -> None:
    program = tmp_path / "a) R 1 (b"
    program.symlink_to("/bin/sleep")
    spawned.append(shown(subprocess.Popen([program, "60", MARK])))
    (one,) = seen(ProcTable(Clock()))
    assert one.ident == Ident(Clock().boot, spawned[0].pid, start_of(spawned[0].pid))
    assert one.ppid == os.getpid()


def shell(then: str, name: str = "sh") -> subprocess.Popen[bytes]:
    """A shell that execs `then` once it is told to."""
    return shown(subprocess.Popen(["sh", "-c", f"read x; exec {then}", name], stdin=subprocess.PIPE))


def go(child: subprocess.Popen[bytes]) -> None:
    """Let the shell exec, and wait until it has."""
    assert child.stdin is not None
    child.stdin.write(b"\n")
    child.stdin.flush()
    until(lambda: Path(f"/proc/{child.pid}/cmdline").read_bytes().startswith(b"sleep"))


def test_a_young_process_is_asked_again_after_its_exec(spawned: Spawned) -> None:
    table = ProcTable(Clock())
    spawned.append(shell(f"sleep 60 {MARK}"))
    assert seen(table) == ()
    go(spawned[0])
    assert len(seen(table)) == 1


def test_of_old_processes_only_what_has_changed_is_asked_again(
    monkeypatch: pytest.MonkeyPatch, spawned: Spawned
) -> None:
    monkeypatch.setattr(processes, "YOUNG", -1.0)
    table = ProcTable(Clock())
    asked: list[Sequence[str]] = []

    def note(argv: Sequence[str]) -> bool:
        # Of the others that run on this machine meanwhile, any may be new.
        if {"6161", "6060"} & set(" ".join(argv).split()):
            asked.append(argv)
        return wanted(argv)

    spawned.append(shell("sleep 6161"))
    spawned.append(shell("sleep 6060", name=MARK))
    found = table.processes(note)
    assert isinstance(found, Known)
    assert [one.ident.pid for one in found.value] == [spawned[1].pid]
    asked.clear()
    assert isinstance(table.processes(note), Known)
    assert asked == []
    for child in spawned:
        go(child)
    assert table.processes(note) == Known(())
    assert asked == [("sleep", "6060")]


def test_an_exec_in_an_old_process_is_found_in_the_end(
    monkeypatch: pytest.MonkeyPatch, spawned: Spawned
) -> None:
    monkeypatch.setattr(processes, "YOUNG", -1.0)
    monkeypatch.setattr(processes, "RECHECK", 0.0)
    monkeypatch.setattr(processes, "SPREAD", 1)
    table = ProcTable(Clock())
    spawned.append(shell(f"sleep 60 {MARK}"))
    assert seen(table) == ()
    go(spawned[0])
    until(lambda: len(seen(table)) == 1)


def test_a_kept_table_shows_what_a_fresh_one_shows(spawned: Spawned) -> None:
    kept = ProcTable(Clock())
    for round in range(20):
        spawned.append(shown(subprocess.Popen(["sleep", "60", MARK])))
        if round % 3 == 2:
            spawned[round // 2].kill()
            spawned[round // 2].wait()
        fresh = {one.ident: one.argv for one in seen(ProcTable(Clock()))}
        assert {one.ident: one.argv for one in seen(kept)} == fresh


def test_processes_that_die_while_being_read_are_not_there() -> None:
    table = ProcTable(Clock())
    over = threading.Event()

    def churn() -> None:
        while not over.is_set():
            for child in [subprocess.Popen(["sleep", "0", MARK]) for _ in range(4)]:
                child.wait()

    thread = threading.Thread(target=churn)
    thread.start()
    try:
        for _ in range(150):
            for one in seen(table):
                assert one.argv[-1] == MARK
                assert one.ident.start > 0
            assert os.getpid() in {row.ident.pid for row in table.rows()}
    finally:
        over.set()
        thread.join()


def test_members_of_a_session_and_of_a_tree(table: Table, spawned: Spawned) -> None:
    script = "sleep 60 & setsid sleep 60 & echo; wait"
    spawned.append(
        shown(subprocess.Popen(["sh", "-c", script], stdout=subprocess.PIPE, start_new_session=True))
    )
    leader = spawned[0].pid
    until(lambda: len(psutil.Process(leader).children()) == 2)
    children = [child.pid for child in psutil.Process(leader).children()]
    until(lambda: any(os.getsid(child) == child for child in children))
    row = table.row(leader)
    assert row is not None
    try:
        tree = members(table, row.ident, session=False)
        session = members(table, row.ident, session=True)
        assert isinstance(tree, Known)
        assert isinstance(session, Known)
        assert {one.pid for one in tree.value} == {leader, *children}
        assert {one.pid for one in session.value} == {leader} | {
            child for child in children if os.getsid(child) == leader
        }
        assert tree.value[0] == session.value[0] == row.ident, "the oldest first"
        other = Ident(row.ident.boot, leader, row.ident.start - 1)
        assert members(table, other, session=True) == Absent(f"pid {leader} is another process now")
        assert isinstance(members(table, Ident("earlier", leader, row.ident.start), session=True), Absent)
    finally:
        for child in children:
            os.kill(child, signal.SIGKILL)


def test_usage_is_what_the_kernel_counts(table: Table, spawned: Spawned) -> None:
    spawned.append(shown(subprocess.Popen([sys.executable, "-c", "while True: pass", MARK])))
    row = table.row(spawned[0].pid)
    assert row is not None

    def busy() -> bool:
        usage = table.usage(row.ident)
        return usage is not None and usage.user > 0.05 and usage.memory > 1_000_000

    until(busy)
    assert table.usage(Ident(row.ident.boot, row.ident.pid, row.ident.start + 1)) is None
    spawned[0].kill()
    spawned[0].wait()
    assert table.usage(row.ident) is None


def test_the_machine_tells_of_itself(machine: LocalMachine) -> None:
    assert machine.memory == psutil.virtual_memory().total
    assert machine.cpus == psutil.cpu_count()
    now = machine.now()
    assert abs(now.at - now.up - psutil.boot_time()) < 5
    assert machine.utc_offset() % 900 == 0


def test_psutil_and_subprocess_are_imported_only_where_needed() -> None:
    code = (
        "import sys; from reconciler.machine import LocalMachine; m = LocalMachine();"
        "m.processes(lambda argv: True); m.usage([]); m.survey([]);"
        "print(sorted({'psutil', 'subprocess'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_the_real_world_is_a_world(machine: LocalMachine) -> None:
    world: World = LocalWorld(machine)
    assert world.machine is machine
