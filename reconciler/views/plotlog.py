"""What plotters' logs say: as JSON, as a table, and line by line."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import fields
from typing import TypeAlias

from reconciler.plotters import LogState, PlotLog, Plotter
from reconciler.state import Phase
from reconciler.views import words
from reconciler.views.symbols import Symbols
from reconciler.views.table import table

Said: TypeAlias = tuple[str, Plotter, LogState]
"""A log: its file as it was given, whose it is, and what it says."""

HEADER = ("log", "plotter", "plot", "k", "tmp", "started at", "phase", "total", "copy", "outcome")
_PLOT = (
    "plot_id", "k", "compression", "tmp_dir", "tmp2_dir", "stage_dir", "dst_dir", "threads", "buckets",
    "buckets_p3", "pid", "started_at", "final_phase", "phase_seconds", "total_seconds", "copy_seconds",
    "final_plot", "final_plot_name", "plotting_done", "delivered", "error", "error_lines",
)  # fmt: skip
"""The fields of a plot, in the order written."""
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")


def to_json(said: Said) -> dict[str, object]:
    """One log as a JSON object.

    file; plotter, the program that did the work, its mode and version; startup_error; plots, in the order in
    which they were begun. Of each plot: what `PlotLog` has, None where the log does not say, and final_phase,
    the last phase named.
    """
    file, plotter, state = said
    told = (*state.plots, state.run)
    return {
        "file": file,
        "plotter": plotter.family,
        "mode": next((plot.mode for plot in told if plot.mode is not None), None),
        "version": next((plot.version for plot in told if plot.version is not None), None),
        "startup_error": _clean(state.startup_error),
        "plots": [_plot(plot) for plot in state.plots],
    }


def json_text(logs: Sequence[Said], several: bool) -> str:
    """One JSON document: a list of the logs where several were asked for, else the one."""
    documents = [to_json(said) for said in logs]
    return "".join(json.dumps(each, indent=2) + "\n" for each in ([documents] if several else documents))


def text(logs: Iterable[Said], symbols: Symbols, width: int | None) -> str:
    """A table with a row for each plot, and one for each log without any."""
    rows = [row for said in logs for row in _rows(*said)]
    return "".join(f"{line}\n" for line in table(rows, HEADER, right=(3, 7, 8), width=width, cut=symbols.cut))


def line(number: int, raw: bytes, before: LogState, after: LogState) -> Iterator[str]:
    """One line of a log as its definition sees it: number, phase and text; below it each fact read from it.

    before, after: what the log said without it and with it.
    """
    shown = words.clean(_COLOUR.sub("", raw.decode("utf-8", "replace").rstrip("\r\n")).expandtabs())
    phase = _phase(after.plots[-1].phase) if after.plots else None
    yield f"{number:>6}  {phase or '-':<4} {shown}".rstrip()
    for fact in facts(before, after):
        yield f"{'':>6}  {'':<4}   = {words.clean(fact)}"


def facts(before: LogState, after: LogState) -> Iterator[str]:
    """What the later state says that the earlier one did not: ``k 32``, ``plot 2: phase 1:1``."""
    if after.startup_error != before.startup_error:
        yield f"startup_error {after.startup_error}"
    yield from (f"every plot: {fact}" for fact in _news(before.run, after.run))
    several = len(after.plots) > 1
    for at, plot in enumerate(after.plots):
        known = at < len(before.plots)
        name = f"plot {at + 1}: " if several else ""
        if not known:
            yield f"{name}begins"
        yield from (f"{name}{fact}" for fact in _news(before.plots[at] if known else after.run, plot))


def _news(old: PlotLog, new: PlotLog) -> Iterator[str]:
    for field in fields(PlotLog):
        value = getattr(new, field.name)
        if value != getattr(old, field.name):
            yield f"{field.name} {_shown(value)}"


def _shown(value: object) -> str:
    if isinstance(value, tuple):
        return " ".join("-" if part is None else str(part) for part in value)
    return {True: "yes", False: "no"}[value] if isinstance(value, bool) else str(value)


def _plot(plot: PlotLog) -> Mapping[str, object]:
    shown = {"final_phase": _phase(plot.phase), "error": _clean(plot.error)}
    return {name: shown[name] if name in shown else getattr(plot, name) for name in _PLOT}


def _rows(file: str, plotter: Plotter, state: LogState) -> Iterator[tuple[str, ...]]:
    log, name = words.clean(file), plotter.name
    if not state.plots:
        error = f"failed: {words.clean(state.startup_error)}" if state.startup_error else "no plot"
        yield (log, name, *("-" for _ in HEADER[2:-1]), error)
    for plot in state.plots:
        yield (
            log,
            name,
            words.clean(plot.plot_id or "-")[: words.SHORT],
            str(plot.k or "-"),
            words.clean(plot.tmp_dir or "-"),
            words.clean(plot.started_at or "-"),
            _phase(plot.phase) or "-",
            _span(plot.total_seconds),
            _span(plot.copy_seconds),
            _outcome(plot),
        )


def _outcome(plot: PlotLog) -> str:
    """What the log itself tells; whether a process still runs it does not know."""
    if plot.delivered:
        return "delivered"
    if plot.stuck:
        return f"stuck: {words.clean(plot.error or '?')}"
    if plot.plotting_done:
        return "plotted"
    return f"error: {words.clean(plot.error)}" if plot.error is not None else "not done"


def _phase(phase: Phase | None) -> str | None:
    return None if phase is None else str(phase)


def _span(seconds: float | None) -> str:
    return "-" if seconds is None else words.hours(seconds)


def _clean(error: str | None) -> str | None:
    """A plotter may name the key that it did not like."""
    return None if error is None else words.clean(error)
