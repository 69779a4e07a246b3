"""Logs are read for what they say: every case of ours, and every real log."""

from __future__ import annotations

from typing import Any

import pytest

from reconciler.plotters import Plotters
from reconciler.state import Phase
from tests.plotters import cases


@pytest.mark.parametrize(
    ("data", "expect"), [pytest.param(data, entry, id=entry["file"]) for data, entry in cases.real()]
)
def test_a_real_log_is_read_as_its_index_says(
    plotters: Plotters, data: bytes, expect: dict[str, Any]
) -> None:
    """Every field of the index, from nothing but the log itself."""
    plotter = plotters.of_log(data)
    assert plotter is not None
    assert plotter.family == expect["plotter"]
    state = plotter.fold(plotter.begin(), data)
    assert [cases.said(plot, fields) for plot, fields in zip(state.plots, expect["plots"], strict=True)] == (
        expect["plots"]
    )
    assert state.startup_error == expect["startup_error"]
    assert {(plot.version, plot.mode) for plot in state.plots} == {(expect["version"], expect["mode"])}


@pytest.mark.parametrize(
    ("name", "data", "expect"),
    [
        pytest.param(name, data, expect, id=f"{name}-{at}")
        for at, (name, data, expect) in enumerate(cases.logs())
    ],
)
def test_a_log_case_says_what_it_says(
    plotters: Plotters, name: str, data: bytes, expect: dict[str, Any]
) -> None:
    cases.log_is_read(plotters, name, data, expect)


@pytest.mark.parametrize(
    ("name", "data"),
    [pytest.param(name, data, id=f"{name}-{at}") for at, (name, data, _) in enumerate(cases.logs())],
)
def test_whose_log_it_is_is_told_by_the_log(plotters: Plotters, name: str, data: bytes) -> None:
    found = plotters.of_log(data)
    assert found is not None
    assert found.family == plotters[name].family


def test_a_text_that_is_no_log_is_nobodys(plotters: Plotters) -> None:
    assert plotters.of_log(b"") is None
    assert plotters.of_log(b"# Notes\nbuy more disks\n" * 5000) is None


def test_phases_are_ascending(plotters: Plotters) -> None:
    for plotter in plotters.values():
        assert list(plotter.phases) == sorted(set(plotter.phases))
        assert plotter.phases[0] < Phase(2, 0)


@pytest.mark.parametrize(
    ("name", "phase", "shown"),
    [
        ("chia", "1:5", True),
        ("chia", "2:1", True),
        ("chia", "2:0", True),
        ("chia", "4:1", False),
        ("chia", "2:7", False),
        ("madmax", "2:0", True),
        ("madmax", "1:5", True),
        ("madmax", "4:2", False),
        ("bladebit-disk", "4:0", False),
        ("bladebit-ram", "4:0", True),
        ("chia-v2", "2:1", False),
        ("chia", "7:0", False),
    ],
)
def test_what_phases_a_plotter_can_show(plotters: Plotters, name: str, phase: str, shown: bool) -> None:
    major, minor = phase.split(":")
    assert plotters[name].shows(Phase(int(major), int(minor))) is shown
