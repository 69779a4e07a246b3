"""`report` sums the journal, wherever its logs lie, and writes a page."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from reconciler import journal
from reconciler.journal import Record
from reconciler.state import Instant

from .conftest import Scratch
from .plotlogs import plotters, sample, write_journal

CHIA = plotters()["chia"]


@pytest.fixture
def logs(scratch: Scratch) -> Path:
    return scratch.root / "logs"


def write_transfer(logs: Path, number: int, *, outcome: str, settled: bool, at: float) -> None:
    transfer = f"{number:012x}"
    body: dict[str, journal.Scalar] = {
        "plot": f"{number}.plot", "source": "/mnt/dst/00", "farmer": "barn", "disk": "/farm", "bytes": 10**9,
    }  # fmt: skip
    record = Record(id=transfer, kind="move", host="plotter1", when=Instant(at, at, "boot"), body=body)
    told = {"outcome": outcome, "kind": "disk", "error": "no space", "at": at + 10}
    name = journal.log_name(at, transfer, "move")
    path = logs / (name.replace(".log", f".{outcome}.log") if settled else name)
    if settled:
        path = logs / "2026-01" / path.name
        path.parent.mkdir(exist_ok=True)
    path.write_bytes(record.line() + b"\n" + json.dumps(told).encode() + b"\n")


def test_the_whole_journal_is_summed(scratch: Scratch, logs: Path) -> None:
    now = scratch.spec.stat().st_mtime
    write_journal(logs, 1, sample(CHIA, 1))
    write_journal(logs, 2, sample(CHIA, 2, lines=12) + "Caught plotting error: no space\n")
    write_journal(logs, 3, sample(CHIA, 3), settled="finished")
    write_transfer(logs, 4, outcome="finished", settled=True, at=now - 100)
    write_transfer(logs, 5, outcome="failed", settled=False, at=now - 100)
    answer = scratch.run("report", "--json")
    assert (answer.code, answer.err) == (0, "")
    told = json.loads(answer.out)
    assert sum(day["finished"] for day in told["days"]) == 2
    assert sum(day["failed"] for day in told["days"]) == 1
    assert sum(day["archived"] for day in told["days"]) == 1
    assert [(cause["what"], cause["words"]) for cause in told["causes"]] == [
        ("jobs", "no space"),
        ("transfers", "no space"),
    ]
    assert (told["rates"][0]["farmer"], told["rates"][0]["middle"]) == ("barn", 1e8)


def test_what_ended_longer_ago_is_left_out(scratch: Scratch, logs: Path) -> None:
    import os

    write_journal(logs, 1, sample(CHIA, 1), settled="finished")
    (log,) = (logs / "2026-01").iterdir()
    long_ago = scratch.spec.stat().st_mtime - 3 * 86400
    os.utime(log, (long_ago, long_ago))
    assert "0 plots finished" in scratch.run("report", "--since", "1d").out
    assert "1 plot finished" in scratch.run("report", "--since", "1w").out


def test_a_page_is_written_beside_the_text(scratch: Scratch, logs: Path) -> None:
    write_journal(logs, 1, sample(CHIA, 1))
    page = scratch.root / "report.html"
    answer = scratch.run("report", "--html", page)
    assert (answer.code, answer.err) == (0, "")
    assert "1 plot finished" in answer.out
    assert page.read_text().startswith("<!doctype html>")
    assert "plots finished" in page.read_text()


def test_an_empty_farm_has_an_empty_report(scratch: Scratch) -> None:
    answer = scratch.run("report")
    assert answer.code == 0
    assert answer.out.startswith("0 plots finished, 0 failed, 0 archived")


@pytest.mark.parametrize("line", ["--since 20", "--since soon", "--html", "more"])
def test_wrong_usage_is_told(line: str, scratch: Scratch) -> None:
    assert scratch.run("report", *line.split()).code == 64
    assert scratch.run("report", "--html", "").code == 64


def test_a_page_that_cannot_be_written_is_an_error(scratch: Scratch) -> None:
    answer = scratch.run("report", "--html", scratch.root / "none" / "report.html")
    assert answer.code == 1
    assert "report.html" in answer.err
