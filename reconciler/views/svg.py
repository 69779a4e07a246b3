"""Charts as SVG text, out of numbers: as wide as the page lets them, with letters that never shrink.

Widths are shares of the whole, heights are pixels; colours are the page's own, by class. Every mark tells its
number when it is pointed at, and every chart has a title for whoever cannot see it.
"""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from math import ceil, floor, log10

from reconciler.noun import noun

HEIGHT = 180
"""Pixels of a chart of columns, its labels included."""
_LABELS, _TOP = 22, 16
BAR = 14
"""Pixels of a bar."""
SLOTS = 14
"""Columns that there is room for at least, so that few of them do not become walls."""


@noun
class Part:
    """A part of a column or bar. about: what it stands for, with its number. kind: its class."""

    value: float
    kind: str
    about: str


@noun
class Column:
    """One column: its parts from the bottom up."""

    label: str
    parts: tuple[Part, ...]


def columns(title: str, every: Sequence[Column], labels: int = 5, reach: float = 0.0) -> str:
    """Columns beside each other, with a line for each round number. labels: how many are named at most.

    reach: the value that the axis reaches at least.

    The numbers stand left of the chart, where the page's style leaves room for them.
    """
    highest = max((sum(part.value for part in column.parts) for column in every), default=0.0)
    highest = max(highest, reach)
    top, step = scale(highest)
    room = HEIGHT - _LABELS - _TOP

    def height(value: float) -> float:
        return room * value / top

    marks = []
    for number in range(1, round(top / step) + 1):
        y = HEIGHT - _LABELS - height(number * step)
        marks.append(f'<line class="grid" x1="0" x2="100%" y1="{y:.1f}" y2="{y:.1f}"/>')
        marks.append(f'<text class="axis" x="-8" y="{y + 4:.1f}" text-anchor="end">{number * step:g}</text>')
    wide = 100 / max(len(every), SLOTS)
    for index, column in enumerate(every):
        y = float(HEIGHT - _LABELS)
        for part in column.parts:
            tall = height(part.value)
            y -= tall
            marks.append(
                f'<rect class="{part.kind}" x="{wide * (index + 0.14):.3f}%" y="{y:.1f}" width="{wide * 0.72:.3f}%"'
                f' height="{tall:.1f}"><title>{escape(part.about)}</title></rect>'
            )
    for index in named(len(every), ceil(labels * len(every) / max(len(every), SLOTS))):
        middle, anchor = wide * (index + 0.5), "middle"
        if index == 0:
            middle, anchor = 0.0, "start"
        elif index == max(len(every), SLOTS) - 1:
            middle, anchor = 100.0, "end"
        marks.append(
            f'<text class="axis" x="{middle:.3f}%" y="{HEIGHT - 6}" text-anchor="{anchor}">'
            f"{escape(every[index].label)}</text>"
        )
    marks.append(f'<line class="base" x1="0" x2="100%" y1="{HEIGHT - _LABELS}" y2="{HEIGHT - _LABELS}"/>')
    return _svg(title, HEIGHT, marks, "columns")


def bar(title: str, parts: Sequence[Part], whole: float) -> str:
    """Parts behind each other on one line. whole: the value of the full width."""
    marks = [f'<rect class="track" x="0" y="0" width="100%" height="{BAR}" rx="3"/>']
    at = 0.0
    for part in parts:
        wide = 100 * part.value / whole if whole > 0 else 0.0
        marks.append(
            f'<rect class="{part.kind}" x="{at:.3f}%" y="0" width="{wide:.3f}%" height="{BAR}">'
            f"<title>{escape(part.about)}</title></rect>"
        )
        at += wide
    return _svg(title, BAR, marks)


def between(title: str, lowest: float, middle: float, highest: float, whole: float) -> str:
    """A line from the lowest to the highest value, with a stroke at the middle one."""
    low, mid, high = (100 * value / whole if whole > 0 else 0.0 for value in (lowest, middle, highest))
    half = BAR / 2
    return _svg(
        title,
        BAR,
        [
            f'<rect class="track" x="0" y="0" width="100%" height="{BAR}" rx="3"/>',
            f'<rect class="range" x="{low:.3f}%" y="{half - 3:g}" width="{high - low:.3f}%" height="6" rx="3"/>',
            f'<circle class="middle" cx="{mid:.3f}%" cy="{half:g}" r="6"/>',
        ],
    )


def scale(highest: float) -> tuple[float, float]:
    """(top, step) of an axis: at most four steps of 1, 2 or 5 times a power of ten; whole numbers only."""
    raw = max(highest, 1.0) / 4
    power = 10.0 ** floor(log10(raw))
    step = max(1.0, next(power * unit for unit in (1, 2, 5, 10) if power * unit >= raw))
    return step * ceil(max(highest, 1.0) / step), step


def named(count: int, labels: int) -> tuple[int, ...]:
    """Which of so many columns are named: the first, the last, and some in even steps between."""
    if count <= labels or labels == 1:
        return tuple(range(min(count, labels)))
    return tuple(dict.fromkeys(round(index * (count - 1) / (labels - 1)) for index in range(labels)))


def _svg(title: str, height: int, marks: Sequence[str], kind: str = "bar") -> str:
    shown = escape(title)
    return (
        f'<svg class="{kind}" role="img" aria-label="{shown}" width="100%" height="{height}"><title>{shown}</title>'
        f"{''.join(marks)}</svg>"
    )
