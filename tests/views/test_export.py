"""Jobs that are over as CSV that every reader takes."""

from __future__ import annotations

import csv
import io
from datetime import datetime
from typing import Any, get_args

from hypothesis import given
from hypothesis import strategies as st

from reconciler.journal import LogName, Record
from reconciler.observe.logbook import Log
from reconciler.plotters import LogState, PlotLog
from reconciler.state import Instant, Outcome
from reconciler.views import export
from reconciler.views.export import Over

from .samples import FIRST, KEY, SECOND

NAME = LogName("20260102T030405", "0123456789ab", "plot")
RECORD = Record(
    id=NAME.id, kind="plot", host="plotter1", when=Instant(1_767_323_045.5, 5.0, "boot"),
    body={"plotter": "chia", "k": 32, "tmp": "/mnt/tmp/00", "tmp2": None, "dst": "/mnt/dst/00"},
)  # fmt: skip
DONE = PlotLog(
    plot_id=FIRST, k=32, compression=7, tmp_dir="/mnt/tmp/00/x", tmp2_dir="/mnt/tmp2", threads=4, buckets=128,
    phase_seconds=(17571.981, 6911.621, 14537.188, 924.288), total_seconds=39945.08, copy_seconds=501.696,
    final_plot="/mnt/dst/00/a.plot", plotting_done=True, delivered=True,
)  # fmt: skip
TEXT = st.text(st.characters())


def over(outcome: Outcome = "finished", record: Record | None = RECORD, **told: Any) -> Over:
    refused = told.pop("refused", None)
    return Over(NAME, outcome, Log(record, LogState(**told), 0.0, refused))


def told(*jobs: Over, utc_offset: int = 0) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(export.text(jobs, utc_offset))))


def test_a_plot_is_told_as_the_original_told_it() -> None:
    (row,) = told(over(plots=(DONE,)))
    assert row["Plot ID"] == FIRST
    assert (row["Started at"], row["Date"]) == ("2026-01-02T03:04:05+00:00", "2026-01-02")
    assert (row["Size"], row["Buckets"], row["Threads"]) == ("32", "128", "4")
    assert (row["Tmp dir 1"], row["Tmp dir 2"]) == ("/mnt/tmp/00/x", "/mnt/tmp2")
    units = (" (raw)", "", " (minutes)", " (hours)")
    assert [row[f"Phase 1 duration{unit}"] for unit in units] == ["17571.981", "17572", "293", "4.88"]
    assert [row[f"Phase 4 duration{unit}"] for unit in units] == ["924.288", "924", "15", "0.26"]
    assert [row[f"Total time{unit}"] for unit in units] == ["39945.08", "39945", "666", "11.1"]
    assert [row[f"Copy time{unit}"] for unit in units] == ["501.696", "502", "8", "0.14"]
    assert row["Filename"] == "/mnt/dst/00/a.plot"


def test_and_in_our_own_columns() -> None:
    (row,) = told(over(plots=(DONE,)))
    ours = ("Job ID", "Outcome", "Plotter", "k", "Compression", "Tmp", "Dst", "Error")
    assert [row[name] for name in ours] == [
        NAME.id, "finished", "chia", "32", "7", "/mnt/tmp/00", "/mnt/dst/00", "",
    ]  # fmt: skip
    assert tuple(row)[-len(ours) :] == ours


def test_times_are_local_and_say_so() -> None:
    (row,) = told(over(plots=(DONE,)), utc_offset=-5 * 3600)
    assert (row["Started at"], row["Date"]) == ("2026-01-01T22:04:05-05:00", "2026-01-01")


def test_a_job_that_began_no_plot_is_a_line_with_its_reason() -> None:
    startup, refused = told(over("failed", startup_error="k is 17"), over("failed", refused="no such file"))
    assert (startup["Error"], startup["Plot ID"], startup["k"], startup["Tmp dir 1"]) == (
        "k is 17", "", "32", "/mnt/tmp/00",
    )  # fmt: skip
    assert refused["Error"] == "no such file"
    assert {startup["Phase 1 duration"], startup["Total time (raw)"], startup["Filename"]} == {""}


def test_without_a_record_the_logs_name_tells_when() -> None:
    (row,) = told(over("killed", record=None, plots=(PlotLog(plot_id=FIRST),)))
    assert (row["Started at"], row["Outcome"], row["k"]) == ("2026-01-02T03:04:05+00:00", "killed", "")


def test_each_plot_of_a_job_is_a_line() -> None:
    again = PlotLog(plot_id=SECOND, error="No space left")
    rows = told(over("failed", plots=(DONE, again)))
    assert [(row["Plot ID"], row["Outcome"], row["Error"]) for row in rows] == [
        (FIRST, "finished", ""), (SECOND, "failed", "No space left"),
    ]  # fmt: skip


def test_no_job_is_a_line_of_names() -> None:
    assert export.text((), 0) == ",".join(export.COLUMNS) + "\n"
    assert len(set(export.COLUMNS)) == len(export.COLUMNS)


def test_keys_in_an_error_are_shortened() -> None:
    (row,) = told(over("failed", startup_error=f"bad key {KEY}"))
    assert KEY[:20] not in row["Error"]


@given(
    st.sampled_from(get_args(Outcome)), st.none() | TEXT, st.none() | TEXT, TEXT, st.integers(-50000, 50000)
)
def test_whatever_a_log_says_every_line_has_all_columns(
    outcome: Outcome, error: str | None, startup: str | None, path: str, utc_offset: int
) -> None:
    job = over(outcome, startup_error=startup, plots=(PlotLog(error=error, tmp_dir=path, final_plot=path),))
    text = export.text((job, job), utc_offset)
    assert len(text.encode().splitlines()) == 3
    rows = list(csv.reader(io.StringIO(text)))
    assert {len(row) for row in rows} == {len(export.COLUMNS)}
    began = datetime.fromisoformat(rows[1][1])
    assert began.timestamp() == int(RECORD.when.at)
