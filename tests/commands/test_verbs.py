"""What people ask of jobs comes true, with a loop and without one, and stays so."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from reconciler import journal
from reconciler.machine import LocalMachine
from reconciler.state import Unknown

from .conftest import DEADLINE, Scratch, wait_for


def temps(scratch: Scratch) -> list[str]:
    return [str(path) for path in (scratch.root / "tmp").glob("*/*")]


def test_suspend_and_resume_without_a_loop(scratch: Scratch) -> None:
    job = scratch.one_job()
    assert scratch.run("suspend", job, "--why", "new disk").code == 0
    assert scratch.states() == {job: "STP"}
    assert "wish     suspend, asked for by" in scratch.run("details", job).out
    assert "suspend" not in scratch.run("plan").out
    assert scratch.run("suspend", job).out == "5ca1ab1e is suspended\n"
    assert scratch.run("resume", job).code == 0
    assert scratch.states() == {job: "RUN"}
    assert "wish" not in scratch.run("details", job).out
    assert scratch.run("resume", job).out == "5ca1ab1e runs\n"


def test_a_job_that_was_stopped_by_hand_is_resumed_and_kept_running(scratch: Scratch) -> None:
    job = scratch.one_job()
    (pid,) = os.listdir(scratch.root / "pids")
    os.kill(int(pid), signal.SIGSTOP)
    wait_for(lambda: scratch.states() == {job: "STP"})
    assert scratch.run("resume", f"pid:{pid}").code == 0
    assert scratch.states() == {job: "RUN"}
    assert "wish     resume" in scratch.run("details", job).out


def test_kill_without_a_loop_removes_the_temporary_files(scratch: Scratch) -> None:
    job = scratch.one_job()
    (temp,) = temps(scratch)
    assert scratch.run("files", job).out == f"{temp}\n"
    assert scratch.run("kill", "-f", "all").code == 0
    assert scratch.ids() == []
    assert temps(scratch) == []


def test_kill_asks_and_takes_no_for_an_answer(scratch: Scratch, monkeypatch: pytest.MonkeyPatch) -> None:
    job = scratch.one_job()
    leader, follower = os.openpty()
    os.write(leader, b"n\n")
    with open(follower) as terminal:
        monkeypatch.setattr("sys.stdin", terminal)
        answer = scratch.run("kill", job)
    os.close(leader)
    assert answer.code == 6
    assert "End 1 job" in answer.err
    assert scratch.states() == {job: "RUN"}


def test_ambiguous_and_unknown_ids_are_refused_with_the_list(scratch: Scratch) -> None:
    scratch.one_job()
    scratch.spec.write_text(scratch.spec.read_text().replace("max_jobs: 1", "max_jobs: 2"))
    assert scratch.run("plot", "--once").code == 0
    wait_for(lambda: sorted(scratch.ids()) == ["5ca1ab1e", "5ca1ab1f"])
    for verb in ("suspend", "details", "files", "logs"):
        answer = scratch.run(verb, "5ca1")
        assert (answer.code, answer.out) == (64, "")
        assert "5ca1ab1e0000" in answer.err
        assert "5ca1ab1f0000" in answer.err
        assert scratch.run(verb, "0000").code == 64
    assert scratch.run("suspend", "5ca1ab1e", "5ca1ab1f").code == 0
    assert scratch.states() == {"5ca1ab1e": "STP", "5ca1ab1f": "STP"}


def test_an_ignored_job_counts_no_more_until_that_is_undone(scratch: Scratch) -> None:
    job = scratch.one_job()
    assert "No changes. 2 held." in scratch.run("plan").out
    assert scratch.run("ignore", job).code == 0
    assert scratch.states() == {job: "IGN"}
    assert "1 to spawn" in scratch.run("plan").out
    assert scratch.run("ignore", "--undo", job).code == 0
    assert scratch.states() == {job: "RUN"}


def test_pause_holds_until_it_is_taken_back(scratch: Scratch) -> None:
    assert scratch.run("pause", "plotting", "--for", "2h", "--why", "lunch").code == 0
    assert "lunch; in 2h" in scratch.run("plan").out
    assert scratch.run("unpause").out == "plotting goes on\narchiving was not paused\n"
    assert "1 to spawn" in scratch.run("plan").out


def test_kick_says_whether_a_loop_heard_it(scratch: Scratch) -> None:
    assert scratch.run("kick").out.startswith("no loop runs here")


def test_once_starts_a_job_and_a_second_writer_is_refused(scratch: Scratch) -> None:
    machine = LocalMachine()
    with machine.lock(journal.lock_path(str(scratch.root / "logs"), "plotting"), "plotting"):
        for verb in ("apply", "plot"):
            answer = scratch.run(verb, "--once")
            assert (answer.code, answer.out) == (5, "")
            assert str(os.getpid()) in answer.err
        assert scratch.run("archive", "--once").code == 0
    assert "+ spawn" in scratch.run("apply", "--once").out


def test_a_wish_that_no_loop_fulfils_in_time_is_kept_and_told(
    scratch: Scratch, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = scratch.one_job()
    monkeypatch.setattr("reconciler.commands.suspend.PATIENCE", 0.3)
    with LocalMachine().lock(journal.lock_path(str(scratch.root / "logs"), "plotting"), "a loop that hangs"):
        answer = scratch.run("suspend", job)
    assert (answer.code, answer.out) == (4, "")
    assert "5ca1ab1e is not done yet" in answer.err
    assert "a loop that hangs" in answer.err
    assert "‖ suspend" in scratch.run("plan").out
    assert "‖ suspend" in scratch.run("plot", "--once").out


def test_only_some_kinds_are_done(scratch: Scratch) -> None:
    assert "spawn" not in scratch.run("apply", "--once", "--only", "archive,kill").out
    assert scratch.ids() == []


def test_until_settled_ends_once_nothing_moves_by_itself(scratch: Scratch) -> None:
    scratch.run("pause")
    assert scratch.run("apply", "--until-settled").code == 0
    assert scratch.ids() == []


def test_the_loop_does_what_is_asked_and_ends_with_0(loop: subprocess.Popen[str], scratch: Scratch) -> None:
    wait_for(lambda: "5ca1ab1e" in scratch.ids())
    assert scratch.run("suspend", "5ca1ab1e").out == "5ca1ab1e is suspended\n"
    assert scratch.states()["5ca1ab1e"] == "STP"
    assert scratch.run("resume", "5ca1ab1e").out == "5ca1ab1e runs\n"
    assert scratch.run("kick").out == "a running loop looks now\n"
    scratch.run("pause")
    assert scratch.run("kill", "-f", "5ca1ab1e").out == "5ca1ab1e is gone\n"
    loop.send_signal(signal.SIGINT)
    out, _ = loop.communicate(timeout=DEADLINE)
    assert loop.returncode == 0
    for word in ("+ spawn", "‖ suspend", "▶ resume", "- kill", "the jobs run on"):
        assert word in out


def test_a_log_is_shown_and_followed_to_its_end(scratch: Scratch) -> None:
    job = scratch.one_job()
    out = scratch.run("logs", job).out
    assert "Computing table 1\n" in out
    (pid,) = os.listdir(scratch.root / "pids")
    os.kill(int(pid), signal.SIGKILL)
    assert scratch.run("logs", "-f", job).out == out


def test_a_shell_line_picks_ids_by_directory(scratch: Scratch) -> None:
    job = scratch.one_job()
    shell = 'plotman() { %s -m reconciler "$@"; }; plotman status | tail -n+2 | grep %s | cut -c1-8'
    root = Path(__file__).parents[2]
    for directory, expected in ((f"{scratch.root}/tmp/00", f"{job}\n"), (f"{scratch.root}/tmp/01", "")):
        told = subprocess.run(
            ["bash", "-c", shell % (sys.executable, directory)],
            capture_output=True,
            text=True,
            cwd=root,
            check=False,
        )
        assert told.stdout == expected


def test_what_cannot_be_told_is_said_and_plans_nothing(
    scratch: Scratch, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(LocalMachine, "processes", lambda *_: Unknown("it has not answered for 2 s"))
    answer = scratch.run("status")
    assert answer.code == 4
    assert answer.err == "the process table: it has not answered for 2 s\n"
    assert "No changes. 2 held." in scratch.run("plan").out
