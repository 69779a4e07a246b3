"""The laws of folding: any cutting gives the same, nothing raises, only whole lines count."""

from __future__ import annotations

from functools import cache, reduce
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reconciler.plotters import LogState, PlotLog, Plotter, Plotters
from reconciler.plotters.definition import Log
from reconciler.plotters.reader import LIMIT, Reader
from reconciler.spec.judge import judged
from reconciler.state import Phase
from tests.plotters import cases

ID = "c3" * 32


@cache
def known() -> Plotters:
    return Plotters.load()


NAMES = sorted(known())


@cache
def corpus() -> tuple[tuple[str, bytes], ...]:
    """Every log there is, the real ones without most of their noise."""
    found = [(name, data) for name, data, _ in cases.logs()]
    for data, _ in cases.real():
        plotter = known().of_log(data)
        assert plotter is not None
        lines = data.splitlines(keepends=True)
        found.append((plotter.name, b"".join(line for line in lines if not line.startswith(b"\tBucket"))))
    return tuple(found)


def rendered(plotter: Plotter, plot_id: str = ID) -> str:
    name = f"plot-k20-2026-01-05-08-00-{plot_id}.plot"
    return "".join(
        line.render(plot_id=plot_id, k=20, tmp="/t", tmp2="/t2", dst="/d", date="2026-01-05-08-00", name=name)
        + "\n"
        for line in plotter.sample()
    )


def cut(data: bytes, places: list[int]) -> list[bytes]:
    edges = [0, *sorted({place % (len(data) + 1) for place in places}), len(data)]
    return [data[start:stop] for start, stop in pairwise(edges)]


@given(st.data())
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_any_cutting_gives_the_same(data: st.DataObject) -> None:
    name, text = data.draw(st.sampled_from(corpus()))
    plotter = known()[name]
    places = data.draw(st.lists(st.integers(0, len(text)), max_size=12))
    assert reduce(plotter.fold, cut(text, places), plotter.begin()) == plotter.fold(plotter.begin(), text)


@pytest.mark.parametrize("size", [1, 7])
def test_small_pieces_give_the_same(size: int) -> None:
    for name, text in corpus():
        plotter = known()[name]
        pieces = [text[at : at + size] for at in range(0, len(text), size)]
        assert reduce(plotter.fold, pieces, plotter.begin()) == plotter.fold(plotter.begin(), text)


LINES = st.lists(
    st.one_of(
        st.sampled_from([line for _, text in corpus() for line in text.splitlines(keepends=True)]),
        st.binary(max_size=60),
        st.sampled_from([b"\n", b"\r\n", b"\x1b[0m", b"> ", b"\t", b"x" * (LIMIT + 5)]),
    ),
    max_size=40,
)


@given(st.sampled_from(NAMES), LINES, st.lists(st.integers(0, 50_000), max_size=8))
@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_a_garbled_log_never_raises_and_may_be_cut_anywhere(
    name: str, lines: list[bytes], places: list[int]
) -> None:
    plotter = known()[name]
    text = b"".join(lines)
    whole = plotter.fold(plotter.begin(), text)
    assert reduce(plotter.fold, cut(text, places), plotter.begin()) == whole
    assert len(whole.partial) <= 2 * LIMIT + 2


@pytest.mark.parametrize("name", NAMES)
def test_a_line_counts_once_it_is_whole(name: str) -> None:
    plotter = known()[name]
    text = rendered(plotter).encode()
    assert (
        plotter.fold(LogState(), text[:-1]).plots != plotter.fold(LogState(), text).plots or not text.strip()
    )


@pytest.mark.parametrize("name", NAMES)
def test_the_sample_is_read_back_fully(name: str) -> None:
    plotter = known()[name]
    state = plotter.begin()
    seen = []
    for text in rendered(plotter).splitlines(keepends=True):
        state = plotter.fold(state, text.encode())
        if state.plots and state.plots[-1].phase is not None:
            seen.append(state.plots[-1].phase)
    announced = [line.phase for line in plotter.sample() if line.phase is not None]
    assert announced == sorted(announced)
    assert sorted(set(seen)) == sorted(set(announced))
    (plot,) = state.plots
    assert (plot.plot_id, plot.plotting_done, plot.delivered, plot.error, state.startup_error) == (
        ID,
        True,
        True,
        None,
        None,
    )
    assert plot.final_plot is not None
    assert ID in plot.final_plot
    assert sum(line.share for line in plotter.sample()) == pytest.approx(1)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(
    "prefix",
    [
        "Feb 11 21:30:48 host plotter.service[123]: ",
        "2021/12/26 22:27:32 ",
        "[Sep 24 10:50:53] ",
        "> ",
        "    12\t",
        "2026-11-21T23:24:06+0000 host chia[7]: ",
        "\x1b[32m",
        "> > ",
    ],
)
def test_what_wrappers_put_before_each_line_changes_nothing(name: str, prefix: str) -> None:
    plotter = known()[name]
    text = rendered(plotter)
    wrapped = "".join(prefix + line for line in text.splitlines(keepends=True))
    assert plotter.fold(LogState(), wrapped.encode()).plots == plotter.fold(LogState(), text.encode()).plots


@pytest.mark.parametrize("name", NAMES)
def test_colours_and_line_ends_change_nothing(name: str) -> None:
    plotter = known()[name]
    text = rendered(plotter)
    coloured = "".join(f"\x1b[1;32m{line}\x1b[0m\r\n" for line in text.splitlines())
    assert plotter.fold(LogState(), coloured.encode()).plots == plotter.fold(LogState(), text.encode()).plots


@pytest.mark.parametrize("name", NAMES)
def test_logs_one_behind_the_other_are_so_many_plots(name: str) -> None:
    plotter = known()[name]
    ids = [f"{number:064x}" for number in range(3)]
    text = "".join(rendered(plotter, plot_id) for plot_id in ids).encode()
    plots = plotter.fold(LogState(), text).plots
    assert [plot.plot_id for plot in plots] == ids
    assert all(plot.delivered for plot in plots)


@pytest.mark.parametrize("name", NAMES)
def test_a_log_that_lost_its_head_is_still_one_plot(name: str) -> None:
    plotter = known()[name]
    lines = rendered(plotter).splitlines(keepends=True)
    first = next(at for at, line in enumerate(plotter.sample()) if line.phase is not None)
    (plot,) = plotter.fold(LogState(), "".join(lines[first + 1 :]).encode()).plots
    assert plot.plotting_done


FATAL = Reader(
    judged(
        Log,
        {
            "rules": [
                {"match": r"Generating plot \d+: (?P<plot_id>\w+)$", "opens": "always"},
                {"match": r"Fatal Error:\s*$", "next": True, "marks": ["error"]},
                {"match": r"Running Phase (?P<step>\d)", "phase": "1", "steps": ["1", "2"]},
            ]
        },
    ).rules
)
"""A plotter that tells an error's text on the line behind the word."""


@given(
    st.lists(
        st.sampled_from(
            [
                b"Generating plot 1: ab\n",
                b"Fatal Error:  \n",
                b"Fatal Error:\r\r\n",
                b"Running Phase 1\n",
                b"no room\n",
                b"\n",
            ]
        ),
        max_size=8,
    ),
    st.lists(st.integers(0, 200), max_size=6),
)
@settings(max_examples=300, deadline=None)
def test_an_error_on_the_next_line_is_found_however_it_is_cut(lines: list[bytes], places: list[int]) -> None:
    text = b"".join(lines)
    assert reduce(FATAL.fold, cut(text, places), LogState()) == FATAL.fold(LogState(), text)


def test_an_error_on_the_next_line_waits_for_it() -> None:
    begun = FATAL.fold(LogState(), b"Generating plot 1: ab\nFatal Error:  \nno ro")
    assert begun.plots[0].error is None
    assert FATAL.fold(begun, b"om\n").plots[0].error == "no room"


def test_a_long_log_without_a_line_end_costs_a_line_only() -> None:
    state = LogState()
    for _ in range(300):
        state = FATAL.fold(state, b"x" * 10_000)
    assert len(state.partial) == LIMIT
    assert FATAL.fold(state, b"\nGenerating plot 1: ab\n").plots[0].plot_id == "ab"


def test_the_start_of_a_line_longer_than_the_limit_still_counts() -> None:
    text = b"Running Phase 2" + b"x" * (3 * LIMIT) + b"\nRunning Phase 1\n"
    (plot,) = FATAL.fold(LogState(), text).plots
    assert plot.phase == Phase(1, 2)


OPTIONAL = Reader(
    judged(
        Log,
        {
            "rules": [
                {
                    "match": r"Table(?: (?P<step>\d))? of plot(?: (?P<name>\S+))?",
                    "phase": "1",
                    "steps": ["1", "2"],
                    "marks": ["error"],
                }
            ]
        },
    ).rules
)


@pytest.mark.parametrize(
    ("line", "phase"),
    [
        ("Table 1 of plot", Phase(1, 1)),
        ("Table of plot", None),
        ("Table 7 of plot", None),
        (f"Table 2 of plot {ID}.plot", Phase(1, 2)),
    ],
)
def test_a_group_may_capture_nothing(line: str, phase: Phase | None) -> None:
    state = OPTIONAL.fold(LogState(plots=(PlotLog(),)), f"{line}\n".encode())
    assert state.plots[0].phase == phase


def test_an_error_that_names_its_plot_is_that_plots_also_between_two(plotters: Plotters) -> None:
    """The copy of the first plot fails while the second one has just been delivered."""
    name = f"plot-k32-2026-01-05-08-00-{ID}"
    text = (
        f"Crafting plot 1 out of 2\nPlot Name: {name}\nTotal plot creation time was 1 sec\n"
        f"Crafting plot 2 out of 2\nPlot Name: {name.replace('c3', 'd4')}\nTotal plot creation time was 1 sec\n"
        f"Renamed final plot to /d/{name.replace('c3', 'd4')}.plot\nCopy to /d/{name}.plot failed with: no\n"
    )
    first, second = plotters["madmax"].fold(plotters["madmax"].begin(), text.encode()).plots
    assert (first.stuck, first.error_lines, second.stuck, second.error) == (True, 1, False, None)
