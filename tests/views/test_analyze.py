"""Means and deviations: of finished plots only, each in one slice."""

from __future__ import annotations

import csv
import json
import statistics
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.plotters import LogState, PlotLog
from reconciler.views import analyze
from reconciler.views.symbols import UNICODE

from .samples import plotters

CHIA, MADMAX = plotters()["chia"], plotters()["madmax"]
TOOK = st.none() | st.floats(0.001, 1e6)
PLOTS = st.builds(
    PlotLog,
    k=st.none() | st.sampled_from([25, 32]),
    compression=st.none() | st.sampled_from([1, 7]),
    tmp_dir=st.none() | st.sampled_from(["/a", "/a/", "/b", "/"]),
    mode=st.none() | st.sampled_from(["disk", "disk-nobitfield"]),
    phase_seconds=st.tuples(TOOK, TOOK, TOOK, TOOK),
    total_seconds=TOOK,
    copy_seconds=TOOK,
    plotting_done=st.booleans(),
)
LOGS = st.lists(
    st.tuples(
        st.sampled_from([CHIA, MADMAX]), st.builds(LogState, plots=st.lists(PLOTS, max_size=5).map(tuple))
    ),
    max_size=5,
)
BY = st.lists(st.sampled_from(analyze.SLICES), unique=True).map(tuple)


def made(*plots: PlotLog) -> analyze.Log:
    return CHIA, LogState(plots=plots)


def took(*phases: float, copy: float | None = None, **more: Any) -> PlotLog:
    one, two, three, four = phases
    return PlotLog(
        phase_seconds=(one, two, three, four),
        total_seconds=sum(phases),
        copy_seconds=copy,
        plotting_done=True,
        **more,
    )


@given(LOGS, BY, st.booleans())
def test_every_finished_plot_is_in_one_slice(logs: list[analyze.Log], by: analyze.By, clip: bool) -> None:
    found = analyze.slices(logs, by, clip=clip)
    counted = [
        plot
        for _, state in logs
        for plot in (state.plots[1:-1] if clip else state.plots)
        if plot.plotting_done
    ]
    assert sum(each.plots for each in found) == len(counted)
    assert len({each.by for each in found}) == len(found)
    assert all(each.plots for each in found)


@given(LOGS)
def test_the_figures_are_those_of_the_plots(logs: list[analyze.Log]) -> None:
    plots = [plot for _, state in logs for plot in state.plots if plot.plotting_done]
    for each in analyze.slices(logs):
        for measure, values in zip(
            each.measures,
            (
                *([plot.phase_seconds[at] for plot in plots] for at in range(4)),
                [plot.copy_seconds for plot in plots],
            ),
            strict=False,
        ):
            told = [value for value in values if value is not None]
            assert measure.plots == len(told)
            assert measure.mean == (pytest.approx(statistics.mean(told)) if told else None)
            assert measure.stdev == (pytest.approx(statistics.stdev(told)) if len(told) > 1 else None)


@given(LOGS, BY)
def test_whatever_is_found_can_be_shown(logs: list[analyze.Log], by: analyze.By) -> None:
    found = analyze.slices(logs, by)
    assert len(analyze.text(found, by, UNICODE, None).splitlines()) == len(found) + 1
    document = json.loads(analyze.to_json(found, by))
    assert [list(each["by"]) for each in document["slices"]] == [list(by)] * len(found)
    header, *rows = csv.reader(analyze.to_csv(found, by).splitlines())
    assert len(rows) == len(found)
    assert {len(row) for row in rows} <= {len(header)}
    for row, each in zip(rows, document["slices"], strict=True):
        told = dict(zip(header, row, strict=True))
        assert told["plots"] == str(each["plots"])
        mean = each["total_seconds"]["mean"]
        assert told["total_mean"] == ("" if mean is None else str(mean))


def test_the_whole_is_with_the_copy_and_the_deviation_is_a_samples() -> None:
    (whole,) = analyze.slices([made(took(1, 2, 3, 4, copy=5), took(3, 2, 3, 4))])
    measures = dict(zip(analyze.MEASURES, whole.measures, strict=True))
    assert measures["phase 1"] == analyze.Measure(2, 2.0, 2**0.5)
    assert measures["phase 2"] == analyze.Measure(2, 2.0, 0.0)
    assert measures["copy"] == analyze.Measure(1, 5.0, None)
    assert measures["total"] == analyze.Measure(2, 13.5, 4.5**0.5)


def test_terminals_are_the_first_and_the_last_plot_of_each_log() -> None:
    logs = [
        made(*(took(seconds, 0, 0, 0) for seconds in (1, 10, 20, 9))),
        made(took(1, 0, 0, 0), took(2, 0, 0, 0)),
        made(took(5, 0, 0, 0)),
        made(took(6, 0, 0, 0), took(30, 0, 0, 0), PlotLog()),
    ]
    (whole,) = analyze.slices(logs, clip=True)
    assert (whole.plots, whole.measures[0].mean) == (3, 20.0)


def test_slices_are_named_and_in_order() -> None:
    logs = [
        made(
            took(1, 1, 1, 1, k=100, tmp_dir="/b/", mode="disk-nobitfield"),
            took(1, 1, 1, 1, k=32, tmp_dir="/b", mode="disk"),
            took(1, 1, 1, 1, tmp_dir="/b", mode="disk"),
            took(1, 1, 1, 1, k=32, tmp_dir="/"),
        )
    ]
    assert [each.by for each in analyze.slices(logs, ("k", "tmp", "bitfield"))] == [
        (32, "/", None), (32, "/b", "yes"), (100, "/b", "no"), (None, "/b", "yes"),
    ]  # fmt: skip
    both = [*logs, (MADMAX, LogState(plots=(took(1, 1, 1, 1, compression=3),)))]
    assert [(each.by, each.plots) for each in analyze.slices(both, ("plotter", "compression"))] == [
        (("chia", None), 4), (("madmax", 3), 1),
    ]  # fmt: skip


def test_the_table_reads_well() -> None:
    logs = [
        made(took(17571.981, 6911.6, 14537.2, 924.3, copy=501.7, k=32), took(17000, 7000, 14000, 900, k=32)),
        made(took(1.279, 0.347, 12.33, 0.086, k=18)),
    ]
    assert (
        analyze.text(analyze.slices(logs, ("k",)), ("k",), UNICODE, None)
        == """\
k   plots       phase 1       phase 2       phase 3      phase 4  copy          total
18      1          1.28          0.35          12.3         0.09     -           14.0
32      2  17286 sd 404  6956 sd 62.5  14269 sd 380  912 sd 17.2   502  39673 sd 1094
"""
    )
