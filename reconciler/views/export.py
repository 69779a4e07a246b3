"""Jobs that are over, as CSV: the original's columns under its own names and in its order, then ours."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta, timezone
from typing import TypeAlias

from reconciler.journal import LogName
from reconciler.noun import noun
from reconciler.observe.logbook import Log
from reconciler.plotters import LogState, PlotLog
from reconciler.state import Outcome
from reconciler.views import words

Cell: TypeAlias = str | int | float | None

_SPANS = (
    "Phase 1 duration",
    "Phase 2 duration",
    "Phase 3 duration",
    "Phase 4 duration",
    "Total time",
    "Copy time",
)
COLUMNS = (
    "Plot ID", "Started at", "Date", "Size", "Buffer", "Buckets", "Threads", "Tmp dir 1", "Tmp dir 2",
    *(f"{name}{unit}" for name in _SPANS for unit in (" (raw)", "", " (minutes)", " (hours)")),
    "Filename",
    "Job ID", "Outcome", "Plotter", "k", "Compression", "Tmp", "Dst", "Error",
)  # fmt: skip
"""Size is k, as with the original. Raw seconds are as the log has them, the others rounded, hours to 2
digits. Total time is without the copy. Buffer is known to no definition, and stays empty."""


@noun
class Over:
    """A job that is over. name: of its log. log: what that says."""

    name: LogName
    outcome: Outcome
    log: Log


def text(jobs: Iterable[Over], utc_offset: int) -> str:
    """A line for each plot of each job, and one for a job that began none, after one with the columns' names.

    utc_offset: seconds that local time is ahead of UTC; dates carry it.
    """
    written = io.StringIO()
    lines = csv.writer(written, lineterminator="\n")
    lines.writerow(COLUMNS)
    for job in jobs:
        for row in _rows(job, timezone(timedelta(seconds=utc_offset))):
            lines.writerow([_text(row[column]) for column in COLUMNS])
    return written.getvalue()


def _rows(job: Over, zone: timezone) -> Iterator[Mapping[str, Cell]]:
    said = job.log.said if isinstance(job.log.said, LogState) else LogState()
    began = datetime.strptime(job.name.time, "%Y%m%dT%H%M%S").replace(tzinfo=UTC)
    if job.log.record is not None:
        began = datetime.fromtimestamp(job.log.record.when.at, UTC)
    started_at = began.astimezone(zone).isoformat(timespec="seconds")
    given = job.log.record.body if job.log.record is not None else {}
    plots: Sequence[PlotLog] = said.plots or (PlotLog(),)
    for plot in plots:
        last = plot is plots[-1]
        yield {
            "Plot ID": plot.plot_id,
            "Started at": started_at,
            "Date": started_at[:10],
            "Size": plot.k or given.get("k"),
            "Buffer": None,
            "Buckets": plot.buckets,
            "Threads": plot.threads,
            "Tmp dir 1": plot.tmp_dir or given.get("tmp"),
            "Tmp dir 2": plot.tmp2_dir or given.get("tmp2"),
            **dict(_spans(plot)),
            "Filename": plot.final_plot,
            "Job ID": job.name.id,
            "Outcome": job.outcome if last else "finished" if plot.plotting_done else "failed",
            "Plotter": given.get("plotter"),
            "k": plot.k or given.get("k"),
            "Compression": plot.compression,
            "Tmp": given.get("tmp"),
            "Dst": given.get("dst"),
            "Error": plot.error or (job.log.refused or said.startup_error if last else None),
        }


def _spans(plot: PlotLog) -> Iterable[tuple[str, Cell]]:
    for name, took in zip(_SPANS, (*plot.phase_seconds, plot.total_seconds, plot.copy_seconds), strict=True):
        yield f"{name} (raw)", took
        yield name, None if took is None else round(took)
        yield f"{name} (minutes)", None if took is None else round(took / 60)
        yield f"{name} (hours)", None if took is None else round(took / 3600, 2)


def _text(cell: Cell) -> Cell:
    return words.clean(cell) if isinstance(cell, str) else cell
