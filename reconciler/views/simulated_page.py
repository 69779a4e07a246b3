"""What came of a simulation as one HTML page with pictures, that needs nothing else."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from html import escape
from importlib.resources import files
from typing import TYPE_CHECKING

from reconciler.views import svg
from reconciler.views.simulated import text
from reconciler.views.svg import Column, Part

if TYPE_CHECKING:
    from reconciler.simulate.outcome import Result
    from reconciler.simulate.tally import Moment

DAY = 86400.0
PHASES = {1: "phase 1", 2: "phase 2", 3: "phase 3", 4: "phase 4", 5: "copy"}


@cache
def _style() -> str:
    return files(__package__).joinpath("report.css").read_text("utf-8")


def page(result: Result, title: str) -> str:
    """The whole page. title: of what it was a simulation."""
    head, *rest = text(result).splitlines()
    shown = escape(title)
    drives = sorted({name for moment in result.moments for name in moment.used})
    sections = (
        _section("Jobs, by phase", _key() + svg.columns("jobs under way, by phase", _jobs(result.moments))),
        *_faults(result),
        *(_section(f"Room taken on {name}, percent", _room(result.moments, name), "") for name in drives),
        _section("Transfers under way", _count(result.moments, "transfers", lambda each: each.moving)),
        _section("Plots waiting in dst", _count(result.moments, "plots waiting", lambda each: each.waiting)),
        _section("The numbers", f"<pre>{escape(chr(10).join(rest))}</pre>"),
    )
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{shown}</title>\n<style>\n{_style()}</style>\n</head>\n<body>\n<main>\n"
        f"<header>\n<h1>{shown}</h1>\n<p>{escape(head)}</p>\n</header>\n"
        f'<div class="grid">\n{"".join(sections)}</div>\n</main>\n</body>\n</html>\n'
    )


def _jobs(moments: Sequence[Moment]) -> list[Column]:
    return [
        Column(
            _when(moment),
            tuple(
                Part(count, f"p{phase}", f"{_when(moment)}: {count} in {PHASES[phase]}")
                for phase in PHASES
                if (count := moment.phases.get(phase, 0))
            ),
        )
        for moment in moments
    ]


def _room(moments: Sequence[Moment], name: str) -> str:
    columns = [
        Column(_when(each), (Part(100 * used, "moved", f"{_when(each)}: {100 * used:.0f} %"),))
        for each in moments
        if (used := each.used.get(name)) is not None
    ]
    return svg.columns(f"room taken on {name}", columns, reach=100.0)


def _count(moments: Sequence[Moment], what: str, number: Callable[[Moment], int]) -> str:
    columns = [
        Column(_when(each), (Part(number(each), "good", f"{_when(each)}: {number(each)} {what}"),))
        for each in moments
    ]
    return svg.columns(what, columns)


def _when(moment: Moment) -> str:
    return f"day {moment.time / DAY:.1f}"


def _key() -> str:
    spans = "".join(f'<span><i class="p{phase}"></i>{name}</span>' for phase, name in PHASES.items())
    return f'<div class="key">{spans}</div>'


def _faults(result: Result) -> Sequence[str]:
    """What went wrong on purpose, where something did."""
    if not result.faults:
        return ()
    rows = "".join(
        f"<tr><td>{escape(each.what)}</td><td>day {each.begins / DAY:.1f} to {each.ends / DAY:.1f}</td></tr>"
        for each in result.faults
    )
    return (_section("What goes wrong on purpose", f"<table>{rows}</table>"),)


def _section(title: str, inside: str, kind: str = "wide") -> str:
    return f'<section class="{kind}"><h2>{escape(title)}</h2>{inside}</section>\n'
