"""A report tells what the logs tell, and its page is whole, quiet and fits every screen."""

from __future__ import annotations

import html
import json
import re
import shutil
import subprocess
import xml.dom.minidom
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.plotters.log import NO_ERROR, LogState
from reconciler.record import Entry
from reconciler.views import report_text, svg
from reconciler.views.report import DAY, Report
from reconciler.views.report_page import page
from reconciler.views.report_sums import report
from reconciler.views.svg import Column, Part
from reconciler.views.symbols import ASCII

from .reports import SIZE, facts, job, month, moved, nothing
from .samples import KEY, NOW

HOUR = 3600.0


def of(*jobs: object, transfers: tuple[object, ...] = (), record: tuple[Entry, ...] = ()) -> Report:
    return report(facts(), jobs, transfers, record, NOW.at - 30 * DAY)  # type: ignore[arg-type]


def test_each_job_counts_on_the_day_it_ended_and_killed_ones_count_not() -> None:
    found = of(
        job(2 * DAY), job(2 * DAY + 60), job(DAY, "failed"), job(HOUR, "killed"), transfers=(moved(HOUR),)
    )
    assert [(day.finished, day.failed, day.archived) for day in found.days] == [
        (2, 0, 0), (0, 1, 0), (0, 0, 1),
    ]  # fmt: skip
    assert (found.finished, found.failed, found.archived) == (2, 1, 1)


def test_every_plot_of_a_job_counts_also_before_it_failed() -> None:
    found = of(job(HOUR, "failed", before=2))
    assert (found.finished, found.failed) == (2, 1)
    assert found.paces[0].plots == 2
    assert found.fills[0].daily > 0


def test_days_follow_each_other_without_a_gap_to_this_one() -> None:
    dates = [day.date for day in of(job(20 * DAY)).days]
    assert len(dates) == len(set(dates)) == 21
    assert dates == sorted(dates)
    assert dates[-1] == "2023-11-14"


def test_failures_that_differ_in_numbers_and_ids_only_are_one_cause() -> None:
    one = job(HOUR, "failed", error=f"Bad block 4711 in {'ab12' * 16}")
    two = job(2 * HOUR, "failed", error=f"Bad block 815 in {'cd34' * 16}")
    other = moved(HOUR, finished=False)
    causes = of(one, two, transfers=(other,)).causes
    assert [(cause.what, cause.count) for cause in causes] == [("jobs", 2), ("transfers", 1)]
    assert causes[0].words == "Bad block # in #"
    assert causes[0].last == NOW.at - HOUR


def test_a_job_that_failed_before_its_first_plot_tells_why() -> None:
    silent = job(HOUR, "failed")
    told = replace(silent.log, said=LogState(startup_error="k is too small"))
    causes = of(silent, replace(silent, log=told)).causes
    assert {cause.words for cause in causes} == {NO_ERROR, "k is too small"}


def test_times_are_medians_of_each_tmp_and_plotter() -> None:
    totals = (30000.0, 35000.0, 90000.0)
    slow = job(HOUR, tmp="/mnt/tmp/01", total_seconds=50000.0)
    paces = of(*(job(HOUR, total_seconds=total) for total in totals), slow, job(HOUR, "failed")).paces
    assert [(pace.tmp, pace.plots, pace.total) for pace in paces] == [
        ("/mnt/tmp/00", 3, 35600.0),
        ("/mnt/tmp/01", 1, 50600.0),
    ]
    assert paces[0].phases == (15000.0, 6000.0, 13000.0, 1000.0)


def test_rates_are_of_whole_transfers() -> None:
    whole = [moved(HOUR, rate=rate) for rate in (50e6, 100e6, 120e6)]
    found = of(transfers=(*whole, moved(1, finished=False)))
    (rate,) = found.rates
    assert (rate.plots, rate.failed, rate.bytes) == (3, 1, 3 * SIZE)
    assert (round(rate.lowest), round(rate.middle), round(rate.highest)) == (
        50_000_000,
        100_000_000,
        120_000_000,
    )


def test_a_disk_is_full_when_the_present_rate_has_filled_it() -> None:
    arrivals = tuple(moved(day * DAY, disk="/farm/06") for day in range(10))
    (disk, other) = (each for each in of(transfers=arrivals).fills if each.place[-2:] in ("06", "07"))
    span = 9 * DAY + SIZE / 110e6
    assert disk.daily == pytest.approx(10 * SIZE / (span / DAY))
    assert disk.seconds == pytest.approx(120e9 / disk.daily * DAY)
    assert (other.daily, other.seconds) == (0.0, None)


def test_a_dst_that_is_emptied_as_fast_as_it_fills_is_never_full() -> None:
    filling = of(*(job(day * DAY) for day in range(9)))
    emptied = of(*(job(day * DAY) for day in range(9)), transfers=tuple(moved(day * DAY) for day in range(9)))
    assert filling.fills[0].seconds is not None
    assert filling.fills[0].daily > 0
    assert emptied.fills[0].daily < 0.02 * filling.fills[0].daily


def test_what_came_up_is_counted_from_the_record() -> None:
    def entry(kind: str, result: str = "appeared", what: str = "condition", ago: float = 60.0) -> Entry:
        return Entry(at=NOW.at - ago, tick=None, what=what, kind=kind, subject="x", result=result, text="")  # type: ignore[arg-type]

    record = (
        entry("JobStuck"), entry("JobStuck", "gone"), entry("JobStuck"), entry("loop", "told", "trouble"),
        entry("spawn", "done", "action"), entry("ClockSetBack", ago=40 * DAY),
    )  # fmt: skip
    events = of(job(2 * DAY), record=record).events
    assert [(event.kind, event.count) for event in events] == [("JobStuck", 2), ("loop", 1)]


def test_the_text_has_every_number_and_leaves_empty_tables_out() -> None:
    text = report_text.text(month(), ASCII, None)
    assert text.startswith("249 plots finished, 14 failed, 249 archived since 2023-10-15 22:13 on plotter1\n")
    for title in ("Plots a day", "Failures", "Median times", "Transfers", "Room", "What came up"):
        assert f"\n{title}" in text
    assert "Failures" not in report_text.text(nothing(), ASCII, None)
    assert all(len(line) <= 80 for line in report_text.text(month(), ASCII, 80).splitlines()[1:])


def test_json_is_the_same_numbers() -> None:
    found = month()
    told = json.loads(report_text.to_json(found))
    assert [day["finished"] for day in told["days"]] == [day.finished for day in found.days]
    assert told["fills"][0]["free"] == found.fills[0].free


# --- the page ------------------------------------------------------------------------------------


class Tags(HTMLParser):
    """Checks that tags close as they opened, and collects what they refer to."""

    VOID = ("meta",)

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.refers: list[tuple[str, str | None]] = []
        self.kinds: set[str] = set()
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.kinds.add(tag)
        self.refers += [each for each in attributes if each[0] in ("src", "href", "action", "data", "srcset")]
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.kinds.add(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


@pytest.mark.parametrize("found", [month(), nothing()], ids=["month", "nothing"])
def test_the_page_is_well_formed_and_asks_nobody(found: Report) -> None:
    text = page(found)
    tags = Tags(text)
    assert tags.open == []
    assert tags.refers == []
    assert not tags.kinds & {"script", "link", "img", "iframe", "object", "embed"}
    assert not re.search(r"url\(|@import|https?:", text)


def test_every_chart_has_its_title() -> None:
    charts = re.findall(r"<svg.*?</svg>", page(month()))
    assert len(charts) > 8
    for chart in charts:
        drawn = xml.dom.minidom.parseString(chart).documentElement
        assert drawn is not None
        assert drawn.getAttribute("aria-label")
        assert drawn.getAttribute("role") == "img"


@given(st.text(), st.text())
def test_what_logs_say_cannot_break_the_page(error: str, host: str) -> None:
    found = of(job(HOUR, "failed", error=f"{error}</style><script>{KEY}"))
    text = page(replace(found, host=f"{host}\"'<b>"))
    assert Tags(text).open == []
    assert "<script" not in text
    assert KEY not in text


@given(st.floats(0, 1e6))
def test_an_axis_is_round_and_high_enough(highest: float) -> None:
    top, step = svg.scale(highest)
    assert top >= highest
    assert top / step <= 4
    assert step == int(step)
    assert str(int(step)).rstrip("0") in ("1", "2", "5")


@given(st.lists(st.lists(st.floats(0, 1e6), max_size=3), max_size=40))
def test_columns_stay_within_their_chart(values: list[list[float]]) -> None:
    every = [
        Column(f"{n}<", tuple(Part(value, "good", "&") for value in one)) for n, one in enumerate(values)
    ]
    drawn = xml.dom.minidom.parseString(svg.columns("<title>", every))
    for rect in drawn.getElementsByTagName("rect"):
        assert float(rect.getAttribute("y")) >= 0
        assert float(rect.getAttribute("y")) + float(rect.getAttribute("height")) <= svg.HEIGHT
        assert float(rect.getAttribute("x")[:-1]) + float(rect.getAttribute("width")[:-1]) <= 100


# A window cannot be as narrow as a telephone, a frame can.
FRAME = """<!doctype html><iframe id="it" style="width: {width}px; height: 1000px; border: 0" srcdoc="{page}"></iframe>
<script>onload = () => {{
  const frame = document.getElementById("it").contentWindow, charts = [...frame.document.querySelectorAll("svg")];
  document.title = JSON.stringify({{
    width: frame.innerWidth, needs: frame.document.documentElement.scrollWidth, charts: charts.length,
    seen: charts.every(one => one.getBoundingClientRect().width > 100),
    apart: charts.every(one => {{
      const boxes = [...one.querySelectorAll("text")].map(text => text.getBoundingClientRect());
      return boxes.every((a, n) => boxes.slice(n + 1).every(b =>
        a.right < b.left || b.right < a.left || a.bottom < b.top || b.bottom < a.top));
    }}),
  }});
}}</script>"""


FEW = of(*(job(day * DAY) for day in range(5)), transfers=(moved(DAY),))


@pytest.mark.parametrize(("found", "width"), [(month(), 400), (month(), 1600), (FEW, 400)])
def test_a_browser_shows_it_without_overflow(found: Report, width: int, tmp_path: Path) -> None:
    browser = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if browser is None:
        pytest.skip("no Chromium is installed")
    file = tmp_path / "report.html"
    file.write_text(FRAME.format(width=width, page=html.escape(page(found))))
    command = [
        browser, "--headless=new", "--no-sandbox", "--disable-gpu", f"--user-data-dir={tmp_path}/profile",
        f"--window-size={width},1000", "--dump-dom", file.as_uri(),
    ]  # fmt: skip
    told = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True).stdout
    title = re.search(r"<title>(\{.*?\})</title>", told)
    assert title is not None
    measured = json.loads(title[1])
    assert measured["width"] == width
    assert measured["needs"] <= width
    assert measured["charts"] > 8
    assert measured["seen"]
    assert measured["apart"]
