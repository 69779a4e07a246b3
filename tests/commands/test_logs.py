"""`logs` finds the log of any job that ever was, wherever it lies by now."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from .conftest import DEADLINE, Scratch
from .plotlogs import plot_id, plotters, sample, write_journal

CHIA = plotters()["chia"]
ROOT = Path(__file__).parents[2]


@pytest.fixture
def logs(scratch: Scratch) -> Path:
    return scratch.root / "logs"


def test_a_log_is_found_by_any_beginning_of_either_id(scratch: Scratch, logs: Path) -> None:
    job = write_journal(logs, 0x77, sample(CHIA, 0xABC), settled="finished")
    write_journal(logs, 0x1F, sample(CHIA, 0xDEF), settled="failed")
    whole = next((logs / "2026-01").glob(f"*{job}*")).read_text()
    shown = [line for line in whole.splitlines() if "Public Key" not in line]
    for begun in (job, job[:11], plot_id(0xABC), plot_id(0xABC)[:8], plot_id(0xABC)[:7].upper()):
        answer = scratch.run("logs", begun)
        assert (answer.code, answer.err) == (0, ""), begun
        assert [line for line in answer.out.splitlines() if "Public Key" not in line] == shown


def test_a_log_of_the_top_folder_goes_by_its_plot_id_too(scratch: Scratch, logs: Path) -> None:
    write_journal(logs, 0x77, sample(CHIA, 0xABC))
    assert plot_id(0xABC) in scratch.run("logs", plot_id(0xABC)[:8]).out


def test_following_a_log_that_is_over_ends(scratch: Scratch, logs: Path) -> None:
    job = write_journal(logs, 0x77, sample(CHIA, 0xABC), settled="finished")
    answer = scratch.run("logs", "-f", job)
    assert (answer.code, plot_id(0xABC) in answer.out) == (0, True)


def test_a_log_is_followed_until_its_job_ends(scratch: Scratch) -> None:
    job = scratch.one_job()
    command = [sys.executable, "-m", "reconciler", "logs", "-f", job[:5]]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT) as following:
        assert following.stdout is not None
        for line in following.stdout:
            if "Computing table 1" in line:
                break
        assert scratch.run("kill", "-f", "all").code == 0
        assert following.wait(DEADLINE) == 0


def test_a_beginning_that_several_have_is_refused_with_the_list(scratch: Scratch, logs: Path) -> None:
    for number in (0x771, 0x772):
        write_journal(logs, number, sample(CHIA, number), settled="finished")
    by_job = scratch.run("logs", "00000000077")
    by_plot = scratch.run("logs", "0000077")
    for answer in (by_job, by_plot):
        assert (answer.code, answer.out) == (64, "")
        assert answer.err.count(".finished.log") == 2
        assert "write more of the id" in answer.err


def test_an_id_in_another_line_is_no_plot(scratch: Scratch, logs: Path) -> None:
    write_journal(logs, 0x77, sample(CHIA, 0xABC) + f"see also {plot_id(0xEEE)}\n", settled="finished")
    assert scratch.run("logs", plot_id(0xEEE)).code == 64


@pytest.mark.parametrize("name", ["", "5c", "nonsense", "../x", "pid:1"])
def test_what_is_no_job_is_told(scratch: Scratch, name: str) -> None:
    answer = scratch.run("logs", name)
    assert (answer.code, answer.out) == (64, "")
    assert "no job is called" in answer.err
