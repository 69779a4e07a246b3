"""A report as one HTML page that needs nothing else: no script, no font, no picture, no other host."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache
from html import escape
from importlib.resources import files

from reconciler.spec.units import show_size
from reconciler.views import svg, words
from reconciler.views.report import DAY, Fill, Pace, Report
from reconciler.views.report_text import FAR, daily, pace_name, rate, span, summary, until_full
from reconciler.views.svg import Column, Part

SOON = 7 * DAY
"""Seconds until a place is full that are marked."""
PHASES = ("phase 1", "phase 2", "phase 3", "phase 4", "copy")


@cache
def _style() -> str:
    return files(__package__).joinpath("report.css").read_text("utf-8")


def page(report: Report) -> str:
    """The whole page."""
    host = _shown(report.host)
    sections = (
        _days(report), _fills("Farmers' disks", report, True), _fills("Where plots land", report, False),
        _paces(report), _rates(report), _causes(report), _events(report),
    )  # fmt: skip
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>Plots of {host}</title>\n<style>\n{_style()}</style>\n</head>\n<body>\n<main>\n"
        f"<header>\n<h1>Plots of {host}</h1>\n<p>{_range(report)}</p>\n</header>\n"
        f"{_figures(report)}\n"
        f'<div class="grid">\n{"".join(section for section in sections if section)}</div>\n'
        "</main>\n</body>\n</html>\n"
    )


def _range(report: Report) -> str:
    begin, end = (words.date(at, report.utc_offset)[:16] for at in (report.begin, report.end))
    return f"{begin} to {end}, local time"


def _figures(report: Report) -> str:
    days = max((report.end - report.begin) / DAY, 0.25)
    archived = sum(each.bytes for each in report.rates)
    filling = [each for each in report.fills if each.seconds is not None and each.seconds <= FAR]
    soonest = min(filling, key=_seconds, default=None)
    figures = [
        (str(report.finished), "plots finished"),
        (f"{report.finished / days:.1f}", "plots a day"),
        (str(report.failed), "jobs failed"),
        (str(report.archived), "plots archived"),
        (show_size(archived), "moved to farmers"),
    ]
    if soonest is not None:
        figures.append((until_full(soonest).removeprefix("in "), f"until {soonest.place} is full"))
    shown = "".join(
        f"<div><b>{_shown(value)}</b><span>{_shown(name)}</span></div>" for value, name in figures
    )
    return f'<div class="figures">{shown}</div>'


def _seconds(fill: Fill) -> float:
    return fill.seconds if fill.seconds is not None else 0.0


def _days(report: Report) -> str:
    made = [
        Column(
            day.date[5:],
            (
                Part(day.finished, "good", f"{day.date}: {day.finished} finished"),
                Part(day.failed, "bad", f"{day.date}: {day.failed} failed"),
            ),
        )
        for day in report.days
    ]
    moved = [
        Column(day.date[5:], (Part(day.archived, "moved", f"{day.date}: {day.archived} archived"),))
        for day in report.days
    ]
    charts = _key(("good", "finished"), ("bad", "failed")) + svg.columns(summary(report), made)
    if report.archived:
        about = f"{words.plural(report.archived, 'plot')} archived, a column a day"
        charts += _key(("moved", "archived")) + svg.columns(about, moved)
    numbers = _table(
        ("day", "finished", "failed", "archived"),
        [(day.date, str(day.finished), str(day.failed), str(day.archived)) for day in report.days],
        numeric=(1, 2, 3),
    )
    folded = f"<details><summary>The numbers</summary>{numbers}</details>"
    return _section("Plots a day", charts + folded, wide=True)


def _fills(title: str, report: Report, farm: bool) -> str:
    fills = [each for each in report.fills if each.farm == farm]
    return _section(title, "".join(map(_fill, fills))) if fills else ""


def _fill(fill: Fill) -> str:
    used = max(0, fill.total - fill.free)
    about = f"{fill.place}: {show_size(used)} of {show_size(fill.total)} taken"
    soon = fill.free <= 0 or (fill.seconds is not None and fill.seconds < SOON)
    parts = [Part(used, "bad" if soon else "good", about)]
    left = f"{show_size(fill.free)} free, {daily(fill)} a day, "
    return _row(fill.place, left, until_full(fill), soon, svg.bar(about, parts, fill.total))


def _paces(report: Report) -> str:
    longest = max((sum(map(_told, (*each.phases, each.copy))) for each in report.paces), default=0.0)
    rows = "".join(_pace(each, longest) for each in report.paces)
    key = _key(*((f"p{number}", name) for number, name in enumerate(PHASES, start=1)))
    return _section("Median time of a plot, by phase", key + rows, wide=True) if rows else ""


def _pace(pace: Pace, longest: float) -> str:
    spans = (*pace.phases, pace.copy)
    parts = [
        Part(_told(seconds), f"p{number}", f"{name}: {span(seconds)}")
        for number, (name, seconds) in enumerate(zip(PHASES, spans, strict=True), start=1)
    ]
    about = f"{pace_name(pace)}: " + ", ".join(part.about for part in parts)
    text = f"{span(pace.total)}, {words.plural(pace.plots, 'plot')}"
    return _row(pace_name(pace), text, "", False, svg.bar(about, parts, longest))


def _told(seconds: float | None) -> float:
    return seconds or 0.0


def _rates(report: Report) -> str:
    fastest = max((each.highest for each in report.rates), default=0.0)
    rows = []
    for each in report.rates:
        ends = f"{rate(each.lowest)} to {rate(each.highest)}"
        text = (
            f"median {rate(each.middle)}, {ends}; {words.plural(each.plots, 'plot')}, {show_size(each.bytes)}"
        )
        chart = svg.between(f"{each.farmer}: {text}", each.lowest, each.middle, each.highest, fastest)
        failed = f"{each.failed} attempts failed" if each.failed else ""
        rows.append(_row(each.farmer, f"{text}{', ' if failed else ''}", failed, bool(failed), chart))
    return _section("Transfers, from start to verified end", "".join(rows)) if rows else ""


def _causes(report: Report) -> str:
    rows = [
        (cause.words, cause.what, str(cause.count), words.date(cause.last, report.utc_offset)[5:16])
        for cause in report.causes
    ]
    if not rows:
        return ""
    return _section(
        "Failures, by what they say", _table(("cause", "of", "count", "last"), rows, numeric=(2, 3))
    )


def _events(report: Report) -> str:
    rows = [
        (event.kind, str(event.count), words.date(event.last, report.utc_offset)[5:16])
        for event in report.events
    ]
    return _section("What came up", _table(("what", "count", "last"), rows, numeric=(1, 2))) if rows else ""


# --- pieces --------------------------------------------------------------------------------------


def _section(title: str, inside: str, *, wide: bool = False) -> str:
    kind = ' class="wide"' if wide else ""
    return f"<section{kind}><h2>{_shown(title)}</h2>{inside}</section>\n"


def _row(name: str, text: str, end: str, soon: bool, chart: str) -> str:
    """A name and its numbers above a chart. end: the part of them that is marked where it is soon."""
    marked = f'<span class="soon">{_shown(end)}</span>' if soon else _shown(end)
    return (
        f'<div class="row"><div><b>{_shown(name)}</b><span>{_shown(text)}{marked}</span></div>{chart}</div>'
    )


def _key(*kinds: tuple[str, str]) -> str:
    return f'<div class="key">{"".join(_keyed(kind, name) for kind, name in kinds)}</div>'


def _keyed(kind: str, name: str) -> str:
    return f'<span><i class="{kind}"></i>{_shown(name)}</span>'


def _table(header: Sequence[str], rows: Sequence[Sequence[str]], numeric: Sequence[int]) -> str:
    def cells(tag: str, row: Sequence[str]) -> Iterator[str]:
        for number, cell in enumerate(row):
            kind = ' class="n"' if number in numeric else ""
            yield f"<{tag}{kind}>{_shown(cell)}</{tag}>"

    body = "".join(f"<tr>{''.join(cells('td', row))}</tr>" for row in rows)
    return f"<table><thead><tr>{''.join(cells('th', header))}</tr></thead><tbody>{body}</tbody></table>"


def _shown(text: str) -> str:
    """Fit to stand in a page, also between quotes."""
    return escape(words.clean(text))
