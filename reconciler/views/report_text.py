"""A report as people read it on a terminal, and as JSON."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict

from reconciler.spec.units import show_duration, show_size
from reconciler.views import words
from reconciler.views.report import DAY, Fill, Pace, Report
from reconciler.views.symbols import Symbols
from reconciler.views.table import table

FAR = 730 * DAY
"""Seconds that nobody plans for any more."""
SURE = 10 * DAY
"""Seconds after which hours of a forecast mean nothing."""


def text(report: Report, symbols: Symbols, width: int | None) -> str:
    """The sums in a sentence, then a table for each question; tables without rows are left out."""
    parts = [summary(report)]
    for title, header, rows, right in _tables(report):
        if rows:
            lines = table(rows, header, right=right, width=width, cut=symbols.cut)
            parts.append("\n".join((title, *lines)))
    return "\n\n".join(parts) + "\n"


def to_json(report: Report) -> str:
    """A JSON document with the fields of the values in `report.py`; times in seconds, sizes in bytes."""
    return json.dumps(asdict(report), indent=2) + "\n"


def summary(report: Report) -> str:
    """``34 plots finished, 2 failed, 31 archived since 2026-11-01 on plotter1``."""
    since = words.date(report.begin, report.utc_offset)[:16]
    finished = words.plural(report.finished, "plot")
    return (
        f"{finished} finished, {report.failed} failed, {report.archived} archived since {since}"
        f" on {words.clean(report.host)}"
    )


def span(seconds: float | None) -> str:
    """A duration in few columns, or a dash."""
    return "-" if seconds is None else show_duration(seconds)


def rate(bytes_a_second: float) -> str:
    """``112.3 MB/s``."""
    return f"{show_size(round(bytes_a_second))}/s"


def until_full(fill: Fill) -> str:
    """When a place is full, in words."""
    if fill.free <= 0:
        return "full"
    if fill.seconds is None:
        return "does not fill"
    if fill.seconds > FAR:
        return "in years"
    seconds = fill.seconds if fill.seconds < SURE else round(fill.seconds / DAY) * DAY
    return f"in {show_duration(seconds)}"


def daily(fill: Fill) -> str:
    """How much a place fills or empties a day: ``+1.2 TB``."""
    return "0" if fill.daily == 0 else f"{'+' if fill.daily > 0 else '-'}{show_size(abs(round(fill.daily)))}"


def pace_name(pace: Pace) -> str:
    """``chia k32 on /mnt/tmp/00``."""
    return words.clean(f"{pace.plotter} k{pace.k} on {pace.tmp}")


_Table = tuple[str, tuple[str, ...], list[tuple[str, ...]], tuple[int, ...]]


def _tables(report: Report) -> Iterator[_Table]:
    """Title, header, rows and the columns that are aligned to the right."""

    def date(at: float) -> str:
        return words.date(at, report.utc_offset)[:16]

    yield (
        "Plots a day",
        ("day", "finished", "failed", "archived"),
        [(day.date, str(day.finished), str(day.failed), str(day.archived)) for day in report.days],
        (1, 2, 3),
    )
    yield (
        "Failures, by what they say",
        ("count", "of", "last", "cause"),
        [(str(cause.count), cause.what, date(cause.last), cause.words) for cause in report.causes],
        (0,),
    )
    yield (
        "Median times of finished plots",
        ("plotter", "tmp", "plots", "phase 1", "2", "3", "4", "copy", "total"),
        [
            (
                words.clean(f"{pace.plotter} k{pace.k}"), words.clean(pace.tmp), str(pace.plots),
                *map(span, pace.phases), span(pace.copy), span(pace.total),
            )
            for pace in report.paces
        ],
        (2, 3, 4, 5, 6, 7, 8),
    )  # fmt: skip
    yield (
        "Transfers, from start to verified end",
        ("farmer", "plots", "failed", "size", "slowest", "median", "fastest"),
        [
            (
                words.clean(each.farmer), str(each.plots), str(each.failed), show_size(each.bytes),
                rate(each.lowest), rate(each.middle), rate(each.highest),
            )
            for each in report.rates
        ],
        (1, 2, 3, 4, 5, 6),
    )  # fmt: skip
    yield (
        "Room, and when it is full at the present rate",
        ("where", "free", "of", "a day", "full"),
        [
            (
                words.clean(each.place),
                show_size(each.free),
                show_size(each.total),
                daily(each),
                until_full(each),
            )
            for each in report.fills
        ],
        (1, 2, 3),
    )
    yield (
        "What came up, as the record tells",
        ("count", "last", "what"),
        [(str(event.count), date(event.last), event.kind) for event in report.events],
        (0,),
    )
