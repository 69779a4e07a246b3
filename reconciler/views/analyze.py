"""How long finished plots took: means and deviations, whole or by slices."""

from __future__ import annotations

import csv
import io
import json
import statistics
from collections.abc import Iterable, Mapping, Sequence
from typing import TypeAlias

from reconciler.noun import noun
from reconciler.plotters import LogState, PlotLog, Plotter
from reconciler.views import words
from reconciler.views.symbols import Symbols
from reconciler.views.table import table

Log: TypeAlias = tuple[Plotter, LogState]
"""Whose log it is, and what it says."""
By: TypeAlias = tuple[str, ...]
"""What to slice by, of SLICES."""

SLICES = ("tmp", "bitfield", "plotter", "k", "compression")
MEASURES = ("phase 1", "phase 2", "phase 3", "phase 4", "copy", "total")
"""What is measured of a plot, in seconds; total is with the copy, as farmers count it."""


@noun
class Measure:
    """One duration over all plots that tell it.

    plots: how many do. mean: seconds; None: none does. stdev: the sample standard deviation in seconds, which
    divides by one less than their number; None: there are fewer than two.
    """

    plots: int
    mean: float | None
    stdev: float | None

    @classmethod
    def of(cls, seconds: Sequence[float]) -> Measure:
        """Of these durations."""
        mean = statistics.fmean(seconds) if seconds else None
        return cls(len(seconds), mean, statistics.stdev(seconds) if len(seconds) > 1 else None)


@noun
class Slice:
    """The plots that agree in what was sliced by.

    by: those values, in the order asked for; None: not told. plots: how many.
    measures: one for each of MEASURES.
    """

    by: tuple[str | int | None, ...]
    plots: int
    measures: tuple[Measure, ...]


def slices(logs: Iterable[Log], by: By = (), *, clip: bool = False) -> tuple[Slice, ...]:
    """Every slice with a finished plot, in order of its values.

    clip: leave out each log's first and last plot.
    """
    found: dict[tuple[str | int | None, ...], list[PlotLog]] = {}
    for plotter, state in logs:
        for plot in state.plots[1:-1] if clip else state.plots:
            if plot.plotting_done:
                found.setdefault(tuple(_value(name, plotter, plot) for name in by), []).append(plot)
    return tuple(
        Slice(values, len(plots), tuple(Measure.of(column) for column in _columns(plots)))
        for values, plots in sorted(found.items(), key=lambda item: [_order(value) for value in item[0]])
    )


def text(found: Iterable[Slice], by: By, symbols: Symbols, width: int | None) -> str:
    """A table with a row for each slice: means in seconds, and deviations after `sd`."""
    rows = [(*map(_shown, each.by), str(each.plots), *map(_measure, each.measures)) for each in found]
    header = (*by, "plots", *MEASURES)
    right = range(len(by), len(header))
    return "".join(f"{line}\n" for line in table(rows, header, right=right, width=width, cut=symbols.cut))


def to_json(found: Iterable[Slice], by: By) -> str:
    """A JSON document: what was sliced by, and the slices; of each measure plots, mean and stdev."""
    documents = [
        {
            "by": dict(zip(by, each.by, strict=True)),
            "plots": each.plots,
            **{
                f"{name.replace(' ', '_')}_seconds": {
                    "plots": one.plots,
                    "mean": one.mean,
                    "stdev": one.stdev,
                }
                for name, one in zip(MEASURES, each.measures, strict=True)
            },
        }
        for each in found
    ]
    return json.dumps({"by": list(by), "slices": documents}, indent=2) + "\n"


def to_csv(found: Iterable[Slice], by: By) -> str:
    """A line for each slice, after one of names; a cell is empty where nothing is told."""
    written = io.StringIO()
    lines = csv.writer(written, lineterminator="\n")
    parts = ("plots", "mean", "stdev")
    lines.writerow(
        [*by, "plots", *(f"{name.replace(' ', '_')}_{part}" for name in MEASURES for part in parts)]
    )
    for each in found:
        cells = (cell for one in each.measures for cell in (one.plots, one.mean, one.stdev))
        lines.writerow([*map(_cell, each.by), each.plots, *cells])
    return written.getvalue()


def _value(name: str, plotter: Plotter, plot: PlotLog) -> str | int | None:
    """What a plot is sliced by."""
    values: Mapping[str, str | int | None] = {
        "tmp": None if plot.tmp_dir is None else plot.tmp_dir.rstrip("/") or "/",
        "bitfield": None if plot.mode is None else "no" if "nobitfield" in plot.mode else "yes",
        "plotter": plotter.name,
        "k": plot.k,
        "compression": plot.compression,
    }
    return values[name]


def _columns(plots: Sequence[PlotLog]) -> Iterable[list[float]]:
    for at in range(4):
        yield [took for plot in plots if (took := plot.phase_seconds[at]) is not None]
    yield [plot.copy_seconds for plot in plots if plot.copy_seconds is not None]
    yield [plot.total_seconds + (plot.copy_seconds or 0) for plot in plots if plot.total_seconds is not None]


def _order(value: str | int | None) -> tuple[bool, int, str]:
    """Numbers by size, text by letters, what is not told last."""
    return value is None, value if isinstance(value, int) else 0, str(value)


def _measure(one: Measure) -> str:
    if one.mean is None:
        return "-"
    return _seconds(one.mean) if one.stdev is None else f"{_seconds(one.mean)} sd {_seconds(one.stdev)}"


def _seconds(value: float) -> str:
    """Whole seconds, and of few of them the digits that tell something."""
    return f"{value:.0f}" if value >= 100 else f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def _shown(value: str | int | None) -> str:
    return "-" if value is None else words.clean(str(value))


def _cell(value: str | int | None) -> str:
    return "" if value is None else words.clean(str(value))
