"""`analyze` counts the finished plots of the logs that it is given, or of the journal."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from .conftest import Answer, Scratch
from .plotlogs import NAMES, plotters, sample, write_journal

Run = Callable[..., Answer]


@pytest.fixture
def logs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """A log of three plots of which the last is under way, and one of one plot of another plotter."""
    monkeypatch.setenv("PLOTMAN_SPEC", str(tmp_path / "plotman.yaml"))
    several, one = tmp_path / "several.log", tmp_path / "one.log"
    chia, madmax = plotters()["chia"], plotters()["madmax"]
    several.write_text(sample(chia, 1) + sample(chia, 2) + sample(chia, 3, lines=14))
    one.write_text(sample(madmax, 4))
    return [several, one]


def test_only_finished_plots_count_and_all_of_a_log(plotman: Run, logs: list[Path]) -> None:
    answer = plotman("analyze", *logs)
    assert (answer.code, answer.err) == (0, "")
    header, row = answer.out.splitlines()
    assert header.split("  ")[0] == "plots"
    assert row.split()[0] == "3"


def test_slices_come_in_the_order_asked_for_in_the_help(plotman: Run, logs: list[Path]) -> None:
    flags = ("--bycompression", "--byk", "--byplotter", "--bybitfield", "--bytmp")
    header, *rows = csv.reader(plotman("analyze", "--csv", *flags, *logs).out.splitlines())
    assert header[:6] == ["tmp", "bitfield", "plotter", "k", "compression", "plots"]
    assert {row[3] for row in rows} == {"32"}
    assert sorted(row[5] for row in rows) == ["1", "2"]


def test_terminals_can_be_left_out(plotman: Run, logs: list[Path]) -> None:
    document = json.loads(plotman("analyze", "--clipterminals", "--json", *logs).out)
    assert [each["plots"] for each in document["slices"]] == [1]


@pytest.mark.parametrize("name", NAMES)
def test_every_plotters_sample_is_one_finished_plot(name: str, plotman: Run, tmp_path: Path) -> None:
    write_journal(tmp_path, 1, sample(plotters()[name]), plotter=name)
    (log,) = tmp_path.glob("*.log")
    spec = tmp_path / "none.yaml"
    document = json.loads(plotman("analyze", "--json", "--byplotter", log, "--spec", spec).out)
    assert [(each["by"], each["plots"]) for each in document["slices"]] == [({"plotter": name}, 1)]


def test_without_files_it_is_the_journals_logs_of_all_months(scratch: Scratch) -> None:
    logs, chia = scratch.root / "logs", plotters()["chia"]
    write_journal(logs, 1, sample(chia, 1))
    write_journal(logs, 2, sample(chia, 2), settled="finished")
    write_journal(logs, 3, sample(chia, 3, lines=12), settled="failed")
    write_journal(logs, 4, "")
    (logs / "2026-01" / "notes.txt").write_text("mine")
    (logs / "20260102T030405.0123456789ab.move.log").write_text("{}")
    answer = scratch.run("analyze", "--json")
    assert (answer.code, answer.err) == (0, "")
    assert json.loads(answer.out)["slices"][0]["plots"] == 2


def test_a_log_that_cannot_be_read_costs_only_itself(plotman: Run, logs: list[Path], tmp_path: Path) -> None:
    answer = plotman("analyze", "--json", tmp_path / "none.log", *logs)
    assert answer.code == 4
    assert "none.log cannot be read" in answer.err
    assert json.loads(answer.out)["slices"][0]["plots"] == 3


def test_no_finished_plot_is_said(plotman: Run, logs: list[Path]) -> None:
    for flags, says in (
        ((), "no finished plot in 1 log"),
        (("--clipterminals",), "but for the first and the last"),
    ):
        logs[1].write_text(sample(plotters()["madmax"], 4, lines=None if flags else 12))
        answer = plotman("analyze", *flags, logs[1])
        assert (answer.code, answer.out) == (0, "")
        assert says in answer.err
    assert json.loads(plotman("analyze", "--json", "--clipterminals", logs[1]).out) == {
        "by": [],
        "slices": [],
    }


@pytest.mark.parametrize(
    ("flags", "code"),
    [
        (("--json", "--csv"), 64), (("--bysize",), 64), (("--bytmp=yes",), 64), (("--spec",), 64),
        (("--json=1",), 64), (("--clipterminals=1",), 64), (("--byk=32",), 64), (("--byplotter=chia",), 64),
        (("--bycompression=1",), 64), (("--bybitfield=1",), 64), (("--csv=1",), 64), ((), 65),
        (("--spec", "/none.yaml"), 65),
    ],
)  # fmt: skip
def test_wrong_usage_says_why(
    flags: tuple[str, ...], code: int, plotman: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PLOTMAN_SPEC", str(tmp_path / "none.yaml"))
    answer = plotman("analyze", *flags)
    assert (answer.code, answer.out) == (code, "")
    assert answer.err


def test_a_log_directory_that_is_none_is_told(scratch: Scratch) -> None:
    (scratch.root / "logs").rmdir()
    assert "no finished plot in 0 logs" in scratch.run("analyze").err
    (scratch.root / "logs").write_text("")
    answer = scratch.run("analyze")
    assert answer.code == 1
    assert "cannot be listed: is not a directory" in answer.err
