"""Logs are read for what they say: every case of ours, and every real log."""

from __future__ import annotations

from typing import Any

import pytest

from reconciler.plotters import LogState, PlotLog, Plotters
from reconciler.state import Phase
from tests.plotters import cases

FIELDS = (
    "plot_id", "k", "compression", "tmp_dir", "tmp2_dir", "stage_dir", "dst_dir", "threads", "buckets", "pid",
    "started_at", "total_seconds", "copy_seconds", "final_plot", "plotting_done", "delivered", "error", "error_lines",
)


def said(plot: PlotLog, fields: Any) -> dict[str, Any]:
    values = {name: getattr(plot, name) for name in fields}
    if "phase" in values:
        values["phase"] = str(plot.phase) if plot.phase else None
    if "phase_seconds" in values:
        values["phase_seconds"] = list(plot.phase_seconds)
    return values


@pytest.mark.parametrize(("name", "data", "expect"), [
    pytest.param(name, data, entry, id=entry["file"]) for name, data, entry in cases.real()
])
def test_a_real_log_is_read_as_its_index_says(
    plotters: Plotters, name: str, data: bytes, expect: dict[str, Any]
) -> None:
    if name not in plotters:
        pytest.skip(f"no definition of {name}")
    state = plotters[name].fold(LogState(), data)
    wanted = [
        {field: plot[field] for field in FIELDS}
        | {"phase": plot["final_phase"], "phase_seconds": plot["phase_seconds"]}
        for plot in expect["plots"]
    ]
    assert [said(plot, (*FIELDS, "phase", "phase_seconds")) for plot in state.plots] == wanted
    assert state.startup_error == expect["startup_error"]


@pytest.mark.parametrize(("name", "data", "expect"), [
    pytest.param(name, data, expect, id=f"{name}-{at}") for at, (name, data, expect) in enumerate(cases.logs())
])
def test_a_log_case_says_what_it_says(plotters: Plotters, name: str, data: bytes, expect: dict[str, Any]) -> None:
    state = plotters[name].fold(LogState(), data)
    assert len(state.plots) == len(expect["plots"])
    for plot, fields in zip(state.plots, expect["plots"], strict=True):
        assert said(plot, fields) == fields
    assert state.startup_error == expect["startup_error"]


@pytest.mark.parametrize(("name", "data", "expect"), [
    pytest.param(name, data, expect, id=f"{name}-{at}") for at, (name, data, expect) in enumerate(cases.logs())
])
def test_phases_come_in_the_order_of_the_log(
    plotters: Plotters, name: str, data: bytes, expect: dict[str, Any]
) -> None:
    """Line by line, every phase that a plot comes to is one that the definition announces."""
    plotter = plotters[name]
    state, seen = plotter.begin(), []
    before: dict[int, Phase | None] = {}
    for line in data.splitlines(keepends=True):
        state = plotter.fold(state, line)
        for at, plot in enumerate(state.plots):
            if plot.phase is not None and plot.phase != before.get(at):
                seen.append(plot.phase)
            before[at] = plot.phase
    assert [str(phase) for phase in seen] == expect["phases"]
    assert set(seen) <= set(plotter.phases)


def test_phases_are_ascending(plotters: Plotters) -> None:
    for plotter in plotters.values():
        assert list(plotter.phases) == sorted(set(plotter.phases))
        assert plotter.phases[0] < Phase(2, 0)
