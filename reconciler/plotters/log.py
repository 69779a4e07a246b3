"""What a plotter's log says: values only; `reader.py` reads them."""

from __future__ import annotations

import re
from typing import TypeAlias

from reconciler.noun import noun
from reconciler.state import Phase

Seconds: TypeAlias = tuple[float | None, float | None, float | None, float | None]
"""How long each of the four phases took; None: not told."""

NO_ERROR = "it ended, and its log names no error that is known"
"""What is said of a job that failed, where no rule of its plotter found why: its log may well tell."""


@noun(kw_only=True)
class PlotLog:
    """What a log says about one plot; None where it does not say.

    version, mode: of the plotter: 2.7.5 or a git hash; disk, ram, cpu or cuda.
    Directories, part, final_plot and started_at as they are written there (a local time without zone).
    buckets_p3: of phases 3 and 4, where they are told apart. pid: of the plotter's process.
    part: the file that gets its final name once the plot is whole.
    phase: the last step named; some plotters name a step at its start, some at its end.
    phase_seconds: how long each of the four phases took.
    copy_seconds: how long the copy to dst took, where there was one.
    plotting_done: the plot is made. delivered: it stands under its final name.
    error: the first error's own words; error_lines: how many such lines there are.
    stuck: the plotter waits to try a write or a copy again, and no line followed yet.
    """

    version: str | None = None
    mode: str | None = None
    plot_id: str | None = None
    k: int | None = None
    compression: int | None = None
    tmp_dir: str | None = None
    tmp2_dir: str | None = None
    stage_dir: str | None = None
    dst_dir: str | None = None
    threads: int | None = None
    buckets: int | None = None
    buckets_p3: int | None = None
    pid: int | None = None
    started_at: str | None = None
    phase: Phase | None = None
    phase_seconds: Seconds = (None, None, None, None)
    total_seconds: float | None = None
    copy_seconds: float | None = None
    part: str | None = None
    final_plot: str | None = None
    plotting_done: bool = False
    delivered: bool = False
    error: str | None = None
    error_lines: int = 0
    stuck: bool = False

    @property
    def final_plot_name(self) -> str | None:
        """The final file's name, without its directory, also of another system or a remote host (`@host:NAME`)."""
        return None if self.final_plot is None else re.split(r"[/\\:]", self.final_plot)[-1]


@noun(kw_only=True)
class LogState:
    """What a log says so far.

    partial: the bytes of the line that is not whole yet.
    startup_error: an error outside of any plot.
    plots: in the order in which they were begun.
    run: what holds for each plot that this run of the plotter begins.
    waits: the last whole line said that the plot last begun is stuck.
    """

    partial: bytes = b""
    startup_error: str | None = None
    plots: tuple[PlotLog, ...] = ()
    run: PlotLog = PlotLog()
    waits: bool = False
