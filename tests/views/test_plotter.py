"""Logs in words and JSON: each fact once, on the line that says it."""

from __future__ import annotations

import json
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from reconciler.plotters import LogState, PlotLog
from reconciler.state import Phase
from reconciler.views import plotlog, plotter
from reconciler.views.symbols import UNICODE

from .samples import CONTRACT, FIRST, KEY, SECOND, plotters

CHIA = plotters()["chia"]
DONE = PlotLog(
    plot_id=FIRST, k=32, tmp_dir="/mnt/tmp/00/", started_at="Thu Jan  1 00:00:00 2026", phase=Phase(5, 0),
    phase_seconds=(10.0, None, 3.5, 1.0), total_seconds=7300.0, copy_seconds=61.0, plotting_done=True,
    delivered=True, final_plot=f"/mnt/dst/00/plot-k32-2026-01-01-00-00-{FIRST}.plot",
)  # fmt: skip
STUCK = PlotLog(plot_id=SECOND, phase=Phase(1, 3), error="Only wrote 1 of 2 bytes", error_lines=1, stuck=True)

PLOTS = st.builds(
    PlotLog,
    plot_id=st.none() | st.text(max_size=8),
    k=st.none() | st.integers(),
    tmp_dir=st.none() | st.text(st.characters()),
    phase=st.none() | st.builds(Phase, st.integers(1, 5), st.integers(0, 7)),
    total_seconds=st.none() | st.floats(0, 1e9),
    error=st.none() | st.text(st.characters()),
    plotting_done=st.booleans(),
    stuck=st.booleans(),
)
STATES = st.builds(
    LogState,
    startup_error=st.none() | st.text(st.characters()),
    plots=st.lists(PLOTS, max_size=3).map(tuple),
    run=PLOTS,
)


def test_the_json_of_a_log_has_every_fact() -> None:
    told = json.loads(plotlog.json_text([("a.log", CHIA, LogState(plots=(DONE, STUCK)))], several=False))
    assert (told["file"], told["plotter"], told["startup_error"]) == ("a.log", CHIA.family, None)
    done, stuck = told["plots"]
    assert done["phase_seconds"] == [10.0, None, 3.5, 1.0]
    assert (done["final_phase"], done["total_seconds"], done["copy_seconds"]) == ("5:0", 7300.0, 61.0)
    assert done["final_plot"].endswith(done["final_plot_name"])
    assert (stuck["final_phase"], stuck["error"], stuck["error_lines"]) == (
        "1:3",
        "Only wrote 1 of 2 bytes",
        1,
    )
    assert list(done) == list(stuck)


def test_version_and_mode_are_told_also_before_the_first_plot() -> None:
    told = plotlog.to_json(("a.log", CHIA, LogState(run=PlotLog(version="1.2", mode="disk"))))
    assert (told["version"], told["mode"], told["plots"]) == ("1.2", "disk", [])


@given(st.lists(STATES, min_size=1, max_size=3))
def test_whatever_logs_say_can_be_shown(states: list[LogState]) -> None:
    said = [("a\x1b.log", CHIA, state) for state in states]
    assert len(json.loads(plotlog.json_text(said, several=True))) == len(states)
    lines = plotlog.text(said, UNICODE, None).splitlines()
    assert len(lines) == 1 + sum(max(1, len(state.plots)) for state in states)
    assert all(line.isprintable() for line in lines)


def test_a_log_as_a_table() -> None:
    said = [("a.log", CHIA, LogState(plots=(DONE, STUCK))), ("b.log", CHIA, LogState(startup_error="no k"))]
    assert (
        plotlog.text(said, UNICODE, None)
        == """\
log    plotter  plot       k  tmp           started at                phase  total  copy  outcome
a.log  chia     1b2c3d4e  32  /mnt/tmp/00/  Thu Jan  1 00:00:00 2026  5:0     2:01  0:01  delivered
a.log  chia     77aa01bc   -  -             -                         1:3        -     -  \
stuck: Only wrote 1 of 2 bytes
b.log  chia     -          -  -             -                         -          -     -  failed: no k
"""
    )


def test_a_line_is_shown_with_its_phase_and_what_it_says() -> None:
    before = LogState(plots=(PlotLog(phase=Phase(1, 3)),))
    after = LogState(plots=(PlotLog(phase=Phase(1, 4), threads=2),))
    line = b"\x1b[32mComputing table 4\x1b[0m\r\n"
    assert list(plotlog.line(7, line, before, after)) == [
        "     7  1:4  Computing table 4",
        "               = threads 2",
        "               = phase 1:4",
    ]
    assert list(plotlog.line(8, b"nothing\x07\n", after, after)) == ["     8  1:4  nothing?"]
    assert list(plotlog.line(1, b"\n", LogState(), LogState())) == ["     1  -"]


def test_facts_name_their_plot_where_there_are_several() -> None:
    two = LogState(plots=(PlotLog(stuck=True), PlotLog(k=32)))
    after = LogState(
        plots=(PlotLog(), PlotLog(k=32, phase_seconds=(1.5, None, None, None))), run=PlotLog(pid=1)
    )
    assert list(plotlog.facts(two, after)) == [
        "every plot: pid 1", "plot 1: stuck no", "plot 2: phase_seconds 1.5 - - -",
    ]  # fmt: skip


@given(st.lists(STATES, min_size=2, max_size=4))
def test_nothing_new_is_no_fact_and_something_new_is_one(states: list[LogState]) -> None:
    for before, after in pairwise(states):
        assert list(plotlog.facts(after, after)) == []
        grown = LogState(startup_error=after.startup_error, run=after.run, plots=before.plots + after.plots)
        news = list(plotlog.facts(LogState(startup_error=before.startup_error, run=before.run), grown))
        assert sum(fact.endswith("begins") for fact in news) == len(grown.plots)


def test_a_definition_is_shown_whole_and_without_defaults() -> None:
    for each in plotters().values():
        shown = plotter.document(each)
        assert list(shown)[:3] == ["version", "name", "about"]
        assert "like" not in shown
        assert {"command", "log", "space", "sample"} <= shown.keys()


def test_what_an_argv_says_is_shown_without_its_secrets() -> None:
    given = ("chia", "plots", "create", "-k", "33", "-t", "/t", "-f", KEY, "--new", KEY, "--more", CONTRACT)
    shown = plotter.argv(CHIA.read(given, None))
    assert KEY not in shown
    assert CONTRACT not in shown
    assert "k        33" in shown
