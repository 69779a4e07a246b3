"""`export` tells every job that is over, wherever its log lies by now, and overwrites nothing unasked."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from .conftest import Scratch
from .plotlogs import plot_id, plotters, sample, write_journal

CHIA = plotters()["chia"]


def rows(text: str) -> dict[str, dict[str, str]]:
    """The lines by job id."""
    return {row["Job ID"]: row for row in csv.DictReader(text.splitlines())}


@pytest.fixture
def logs(scratch: Scratch) -> Path:
    return scratch.root / "logs"


def test_what_became_of_each_job_is_told(scratch: Scratch, logs: Path) -> None:
    finished = write_journal(logs, 1, sample(CHIA, 1))
    failed = write_journal(logs, 2, sample(CHIA, 2, lines=12) + 'Caught plotting error: no, "really"\n')
    killed = write_journal(logs, 3, sample(CHIA, 3, lines=12))
    (logs / f"{killed}.killed").write_text("{}")
    refused = write_journal(logs, 4, "plotman: chia cannot be started: no such file\n")
    long_ago = write_journal(logs, 5, sample(CHIA, 5), settled="finished")
    failed_then = write_journal(logs, 6, sample(CHIA, 6, lines=12), settled="failed")
    killed_then = write_journal(logs, 7, sample(CHIA, 7, lines=12), settled="killed")
    (logs / "20260102T030405.0123456789ab.move.log").write_text("{}")
    (logs / "2026-01" / "20260102T030405.0123456789ab.move.finished.log").write_text("{}")
    answer = scratch.run("export")
    assert (answer.code, answer.err) == (0, "")
    told = rows(answer.out)
    assert {job: row["Outcome"] for job, row in told.items()} == {
        finished: "finished", failed: "failed", killed: "killed", refused: "failed",
        long_ago: "finished", failed_then: "failed", killed_then: "killed",
    }  # fmt: skip
    assert told[failed]["Error"] == 'no, "really"'
    assert told[refused]["Error"] == "chia cannot be started: no such file"
    assert told[long_ago]["Plot ID"] == plot_id(5)
    assert told[long_ago]["Filename"].startswith("/mnt/dst/00/plot-k32-")
    assert list(told) == sorted(told), "oldest first"
    assert {row["Tmp"] for row in told.values()} == {"/mnt/tmp/00"}


def test_a_job_that_runs_is_not_told(scratch: Scratch) -> None:
    scratch.one_job()
    assert rows(scratch.run("export").out) == {}


def test_an_empty_journal_is_a_line_of_names(scratch: Scratch) -> None:
    answer = scratch.run("export")
    assert (answer.code, answer.err) == (0, "")
    assert answer.out.startswith("Plot ID,Started at,Date,Size,Buffer,Buckets,Threads,Tmp dir 1,Tmp dir 2,")
    assert len(answer.out.splitlines()) == 1


def test_a_file_is_written_and_not_overwritten_unasked(scratch: Scratch, logs: Path, tmp_path: Path) -> None:
    write_journal(logs, 1, sample(CHIA))
    out = tmp_path / "plots.csv"
    assert scratch.run("export", "-o", out).out == ""
    written = out.read_text()
    assert len(written.splitlines()) == 2
    out.write_text("mine")
    answer = scratch.run("export", "-o", out)
    assert answer.code == 1
    assert f"{out} exists; --force overwrites it" in answer.err
    assert out.read_text() == "mine"
    assert scratch.run("export", "--out", out, "--force").code == 0
    assert out.read_text() == written
    out.write_text("mine")
    assert scratch.run("export", "-fo", out).code == 0
    assert out.read_text() == written


def test_a_dangling_link_is_not_written_through(scratch: Scratch, tmp_path: Path) -> None:
    link = tmp_path / "link.csv"
    link.symlink_to(tmp_path / "elsewhere.csv")
    assert scratch.run("export", "-o", link).code == 1
    assert not (tmp_path / "elsewhere.csv").exists()


def test_a_log_that_cannot_be_read_costs_only_itself(scratch: Scratch, logs: Path) -> None:
    kept = write_journal(logs, 1, sample(CHIA), settled="finished")
    (logs / "2026-01" / f"20260102T030405.{'a' * 12}.plot.finished.log").symlink_to("/etc/hostname")
    answer = scratch.run("export")
    assert answer.code == 4
    assert f"{'a' * 12}.plot.finished.log cannot be read: is a symbolic link" in answer.err
    assert list(rows(answer.out)) == [kept]


def test_a_garbled_log_is_told_all_the_same(scratch: Scratch, logs: Path) -> None:
    job = write_journal(logs, 1, "", settled="failed")
    (log,) = (logs / "2026-01").iterdir()
    text = sample(CHIA, 1, lines=12).encode().replace(b"/mnt/tmp/00", b'/mnt/\xff\xfe,"')
    log.write_bytes(log.read_bytes() + text + bytes(range(256)))
    answer = scratch.run("export", "-o", scratch.root / "x.csv")
    assert answer.code == 0
    assert rows((scratch.root / "x.csv").read_text())[job]["Plot ID"] == plot_id(1)


@pytest.mark.parametrize(
    ("flags", "code"),
    [
        (("more",), 64), (("-o",), 64), (("--json",), 64), (("--force=1",), 64), (("--spec",), 64),
        (("--spec", "/none.yaml"), 65), (("-o", "/none/x.csv"), 1), (("-fo", "/"), 1),
        (("-fo", "/dev/null"), 1), (("-o", ""), 64),
    ],
)  # fmt: skip
def test_wrong_usage_says_why(scratch: Scratch, flags: tuple[str, ...], code: int) -> None:
    before = sorted(scratch.root.rglob("*"))
    answer = scratch.run("export", *flags)
    assert (answer.code, answer.out) == (code, "")
    assert answer.err
    assert sorted(scratch.root.rglob("*")) == before
