"""What a sheet's lines must be, whatever stands in it; and what the pure parts tell."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from reconciler.dashboard import eta, headline, progress
from reconciler.dashboard.rows import Column, Row, Sheet, lay
from reconciler.state import Known, Phase
from reconciler.views.symbols import ASCII, UNICODE
from tests.dashboard import states
from tests.views import samples
from tests.views.samples import ago

CELLS = st.text("abc /日…", max_size=30)


@st.composite
def sheets(draw: st.DrawFn) -> Sheet:
    columns = draw(st.lists(st.builds(Column, CELLS, st.booleans(), st.integers(0, 3), st.integers(0, 9)),
                            min_size=1, max_size=6))  # fmt: skip
    cells = st.tuples(*[CELLS] * len(columns))
    return Sheet("s", tuple(columns), tuple(map(Row, draw(st.lists(cells, max_size=5)))), empty="nothing")


@given(sheets(), st.integers(1, 120), st.sampled_from(("…", "...")))
def test_no_line_is_wider_than_its_width_and_no_row_is_lost(sheet: Sheet, width: int, cut: str) -> None:
    page = lay(sheet, width, cut)
    assert len(page.lines) == max(1, len(sheet.rows))
    assert all(cell_len(line.text) <= width for line in page.lines)
    assert cell_len(page.header) <= width


@given(sheets(), CELLS)
def test_a_filter_keeps_the_rows_that_hold_the_text(sheet: Sheet, wanted: str) -> None:
    kept = [row for row in sheet.rows if wanted.casefold() in " ".join(row.cells).casefold()]
    assert (
        lay(sheet, 500, "…", wanted).lines == lay(replace(sheet, rows=tuple(kept)), 500, "…").lines
        or not kept
    )


def test_columns_go_by_rank_and_those_of_rank_0_stay() -> None:
    columns = (Column("aaaa"), Column("bbbb", rank=2), Column("cccc", rank=1))
    sheet = Sheet("s", columns, (Row(("1", "2", "3")),))
    headers = [lay(sheet, width, "…").header.split() for width in (16, 15, 9, 4)]
    assert headers == [["aaaa", "bbbb", "cccc"], ["aaaa", "cccc"], ["aaaa"], ["aaaa"]]


@pytest.mark.parametrize("state", states.STATES)
@given(width=st.integers(10, 250))
def test_the_progress_line_counts_every_job(state: str, width: int) -> None:
    facts = states.STATES[state]().facts
    line, below = progress.lines(facts, ASCII, width)
    assert len(line) <= width
    assert len(below) <= width
    if "+" not in line and "|" in line:
        counts = re.findall(r"\d+" if state == "many" else r"\d", re.sub(r"\d\|", "", line))
        assert sum(map(int, counts)) == len(facts.jobs)


def test_the_progress_line_marks_the_milestone() -> None:
    line, below = progress.lines(states.one().facts, UNICODE, 120)
    assert below[line.index("2|") + 2] == "^"


def test_a_job_like_finished_ones_takes_as_long_as_they_did() -> None:
    job = samples.job("a" * 12, "/mnt/tmp/00", since=ago(20_000), phase=Known(Phase(3, 1)))
    facts = samples.facts(job, starts=Known(tuple(states.start(n) for n in range(3))))
    assert eta.left(facts, job) == pytest.approx(10_000, rel=0.05)


@given(st.sampled_from(states.PHASES), st.floats(0, 1e6))
def test_time_left_is_never_negative_and_shrinks_with_the_phase(phase: Phase, age: float) -> None:
    def left(at: Phase) -> float | None:
        job = samples.job("a" * 12, "/mnt/tmp/00", since=ago(age), phase=Known(at))
        return eta.left(samples.facts(job, starts=Known((states.start(0),))), job)

    now, end = left(phase), left(Phase(4, 0))
    assert now is not None and end is not None
    assert now >= end >= 0


@pytest.mark.parametrize(
    "more", [{"run": "suspended"}, {"phase": samples.Unknown("no log")}, {"trouble": "full"}]
)
def test_nothing_is_said_of_the_end_of_a_job_that_does_not_go_on(more: dict[str, object]) -> None:
    job = samples.job("a" * 12, "/mnt/tmp/00", **more)
    assert eta.left(samples.facts(job), job) is None


def test_without_a_loop_the_headline_says_that_nobody_works() -> None:
    snapshot = replace(states.away(), holders=states.HERE)
    first, plotting, archiving, *_ = headline.lines(snapshot, UNICODE, 0.0)
    assert "no loop runs" in first.text
    assert "idle: no loop" in plotting.text and "idle: no loop" in archiving.text
