"""A start is a log first, then a process; the kernel's lock tells which of them is left."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from reconciler.errors import AlreadyStarted, MachineError
from reconciler.machine import LocalMachine
from reconciler.state import Absent, Known
from reconciler.world import Command, Process

from .conftest import Mount, Start, end_session
from .helpers import MARK, RECORD, driver, sleeper, until, wanted


def seen(machine: LocalMachine, count: int) -> tuple[Process, ...]:
    """The sleepers, once so many are shown: for an instant after an exec the kernel shows no arguments."""
    found: list[Process] = []

    def look() -> bool:
        answer = machine.processes(wanted)
        assert isinstance(answer, Known)
        found[:] = answer.value
        return len(found) == count

    until(look)
    return tuple(found)


def test_the_record_is_the_logs_first_line_and_the_output_follows(tmp_path: Path, started: Start) -> None:
    started(Command(argv=("/bin/sh", "-c", "echo out; echo err >&2"), env={}))
    log = tmp_path / "job.log"
    until(lambda: log.read_bytes() == RECORD + b"\nout\nerr\n")


def test_the_process_is_as_asked_for(machine: LocalMachine, tmp_path: Path, started: Start) -> None:
    show = 'echo $PLOTMAN_JOB $PWD $(nice) $(cut -d" " -f6 /proc/$$/stat) $$ $(readlink /proc/$$/fd/0)'
    ident = started(
        Command(argv=("/bin/sh", "-c", show), env={"PLOTMAN_JOB": "0123456789ab"}, nice=3, cwd=str(tmp_path))
    )
    log = tmp_path / "job.log"
    until(lambda: log.read_bytes().count(b"\n") == 2)
    job, cwd, nice, session, pid, stdin = log.read_text().splitlines()[1].split()
    assert (job, cwd, stdin) == ("0123456789ab", str(tmp_path), "/dev/null")
    assert int(session) == int(pid) == ident.pid
    assert int(nice) == min(os.getpriority(os.PRIO_PROCESS, 0) + 3, 19)
    assert os.getpriority(os.PRIO_PROCESS, 0) == os.nice(0), "the loop itself stays as it was"


def test_stdout_leads_to_the_logs_final_name(machine: LocalMachine, tmp_path: Path, started: Start) -> None:
    ident = started(sleeper())
    found = seen(machine, 1)
    assert [(one.ident, one.stdout) for one in found] == [(ident, str(tmp_path / "job.log"))]
    assert os.listdir(tmp_path) == ["job.log"]


def test_a_log_is_started_once(machine: LocalMachine, tmp_path: Path, started: Start) -> None:
    started(sleeper())
    before = (tmp_path / "job.log").read_bytes()
    with pytest.raises(AlreadyStarted, match=r"job\.log exists"):
        machine.start(str(tmp_path / "job.log"), RECORD, sleeper())
    assert (tmp_path / "job.log").read_bytes() == before
    assert os.listdir(tmp_path) == ["job.log"]


def test_a_foreign_file_or_link_under_the_logs_name_is_left_alone(
    machine: LocalMachine, tmp_path: Path
) -> None:
    (tmp_path / "job.log").symlink_to(tmp_path / "nowhere")
    with pytest.raises(AlreadyStarted):
        machine.start(str(tmp_path / "job.log"), RECORD, sleeper())
    assert os.listdir(tmp_path) == ["job.log"]


@pytest.mark.parametrize(
    ("program", "why"), [("/no/such/program", "no such file"), ("/etc/passwd", "permission denied")]
)
def test_a_program_that_cannot_run_is_told_in_its_log(
    machine: LocalMachine, tmp_path: Path, program: str, why: str
) -> None:
    log = tmp_path / "job.log"
    with pytest.raises(MachineError, match=why):
        machine.start(str(log), RECORD, Command(argv=(program,), env={}, nice=1))
    record, line = log.read_text().splitlines()
    assert record.encode() == RECORD
    assert line.startswith(f"plotman: could not start {program}: {why}")
    assert machine.held(str(log)) == Known(False)


def test_a_missing_log_folder_is_refused_by_name(machine: LocalMachine, tmp_path: Path) -> None:
    with pytest.raises(MachineError, match=r"cannot create the log .*/none/job\.log: no such file"):
        machine.start(str(tmp_path / "none/job.log"), RECORD, sleeper())


def test_on_a_full_disk_no_log_and_no_process_appears(machine: LocalMachine, mount: Mount) -> None:
    disk = mount("logs", "size=64k")
    with pytest.raises(OSError, match="No space"):
        (disk / "ballast").write_bytes(bytes(65537))
    with pytest.raises(MachineError, match="no space left on device; make room"):
        machine.start(str(disk / "job.log"), RECORD, sleeper())
    assert os.listdir(disk) == ["ballast"]


@pytest.mark.parametrize(
    ("place", "log", "job"),
    [
        ("start: log written", False, False),
        ("start: log published", True, False),
        ("start: forked", True, True),
        ("start: started", True, True),
    ],
)
def test_killed_at_any_step_the_lock_tells_whether_a_job_lives(
    machine: LocalMachine, tmp_path: Path, place: str, log: bool, job: bool
) -> None:
    path = tmp_path / "job.log"
    starter = driver("start", str(path), place)
    starter.communicate()
    assert starter.returncode == -9
    assert machine.held(str(path)) == (Known(job) if log else Absent("does not exist"))
    for process in seen(machine, int(job)):
        assert process.stdout == str(path)
        end_session(process.ident.pid)
    if log:
        with pytest.raises(AlreadyStarted):
            machine.start(str(path), RECORD, sleeper())
        assert path.read_bytes() == RECORD + b"\n"
        until(lambda: machine.held(str(path)) == Known(False))
    else:
        ident = machine.start(str(path), RECORD, sleeper())
        assert os.listdir(tmp_path) == ["job.log"], "what the killed starter had prepared is taken over"
        end_session(ident.pid)


def test_the_lock_spans_an_exec_that_takes_long(
    machine: LocalMachine, tmp_path: Path, started: Start
) -> None:
    """Until then nothing about the process tells that it is a job."""
    started(Command(argv=("/bin/sh", "-c", f"sleep 0.3; exec sleep 60 {MARK}"), env={}))
    log = str(tmp_path / "job.log")
    assert machine.processes(wanted) == Known(())
    while machine.processes(wanted) == Known(()):
        assert machine.held(log) == Known(True)
    assert machine.held(log) == Known(True)


def test_the_lock_lives_as_long_as_the_last_grandchild(
    machine: LocalMachine, tmp_path: Path, started: Start
) -> None:
    ident = started(Command(argv=("/bin/sh", "-c", "sleep 60 & exit 0"), env={}))
    log = str(tmp_path / "job.log")
    machine.wait([ident], 10, "")
    left = machine.members(ident, session=True)
    assert isinstance(left, Known)
    assert ident not in left.value
    assert machine.held(log) == Known(True)
    machine.signal(left.value, "kill")
    until(lambda: machine.held(log) == Known(False))


def test_ended_children_are_reaped_and_others_are_left_to_their_parents(
    machine: LocalMachine, started: Start
) -> None:
    stranger = subprocess.Popen(["true"])
    ident = started(Command(argv=("true",), env={}))
    until(lambda: Path(f"/proc/{stranger.pid}/stat").read_text().split()[2] == "Z")
    machine.wait([ident], 10, "")
    until(lambda: machine.processes(wanted) == Known(()) and not os.path.exists(f"/proc/{ident.pid}"))
    assert stranger.wait() == 0, "nobody else has taken its exit code"


def test_of_two_starters_exactly_one_wins_each_log(tmp_path: Path) -> None:
    rounds = 50
    rivals = [driver("race", str(tmp_path / "job.log"), str(rounds)) for _ in range(2)]
    won = [int(rival.communicate()[0]) for rival in rivals]
    assert sum(won) == rounds
    assert sorted(os.listdir(tmp_path)) == sorted(f"job.log.{number}" for number in range(rounds))


def test_a_job_outlives_its_starter(machine: LocalMachine, tmp_path: Path) -> None:
    starter = driver("start", str(tmp_path / "job.log"), "never")
    pid = int(starter.communicate()[0])
    assert [process.ident.pid for process in seen(machine, 1)] == [pid]
    assert machine.held(str(tmp_path / "job.log")) == Known(True)
    end_session(pid)
