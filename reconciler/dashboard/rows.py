"""A sheet: rows of text about things, and how they fit a width. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, TypeAlias

from rich.cells import cell_len

from reconciler.noun import noun
from reconciler.views.table import GAP, table

Tone: TypeAlias = Literal["plain", "good", "held", "bad", "faint"]
"""How a row is to be taken; its words or marks say the same to those who see no colour."""


@noun
class Subject:
    """What a row is about. name: a job's id, a directory's path, a plot's file name, a farmer's name."""

    kind: Literal["job", "directory", "plot", "farmer"]
    name: str


@noun
class Column:
    """rank: where the width does not do, the columns of the highest rank go first; those of 0 stay.

    least: columns of the screen to which it is rather cut, before another goes; 0: it is not.
    """

    name: str
    right: bool = False
    rank: int = 0
    least: int = 0


@noun
class Row:
    """One line: a cell for each column of its sheet."""

    cells: tuple[str, ...]
    tone: Tone = "plain"
    subject: Subject | None = None


@noun
class Sheet:
    """A panel's content. note: beside its title; empty: what is said where there is no row."""

    title: str
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    note: str = ""
    empty: str = ""


@noun
class Line:
    """A row as it is shown."""

    text: str
    tone: Tone = "plain"
    subject: Subject | None = None


@noun
class Page:
    """A sheet at one width. header: "" where its columns have no names."""

    header: str
    lines: tuple[Line, ...]


def lay(sheet: Sheet, width: int, cut: str, wanted: str = "") -> Page:
    """The sheet's lines, none wider than width. cut: stands where something is left out.

    wanted: only rows that hold this text somewhere, in whatever case.
    """
    rows = [row for row in sheet.rows if not wanted or wanted.casefold() in " ".join(row.cells).casefold()]
    if not rows:
        empty = f"nothing here holds {wanted!r}" if sheet.rows else sheet.empty
        return Page("", (Line(clipped(empty, width, cut), "faint"),) if empty else ())
    kept = _fitting(sheet.columns, rows, width)
    columns = [sheet.columns[at] for at in kept]
    header = tuple(column.name for column in columns) if any(column.name for column in columns) else ()
    texts = table(
        ([row.cells[at] for at in kept] for row in rows),
        header,
        right=[at for at, column in enumerate(columns) if column.right],
        width=width,
        cut=cut,
    )
    shown = texts[1:] if header else texts
    lines = (Line(text, row.tone, row.subject) for text, row in zip(shown, rows, strict=True))
    return Page(texts[0] if header else "", tuple(lines))


def _fitting(columns: Sequence[Column], rows: Sequence[Row], width: int) -> list[int]:
    """The numbers of the columns that are kept."""
    whole = [
        max(cell_len(column.name), *(cell_len(row.cells[at]) for row in rows))
        for at, column in enumerate(columns)
    ]
    widths = [min(wide, column.least or wide) for wide, column in zip(whole, columns, strict=True)]
    kept = list(range(len(columns)))
    while sum(widths[at] + GAP for at in kept) - GAP > width:
        most = max(columns[at].rank for at in kept)
        if most == 0:
            break
        kept.remove(max(at for at in kept if columns[at].rank == most))
    return kept


def clipped(text: str, width: int, cut: str) -> str:
    """A line at most so wide. cut: stands where something is left out."""
    return table(((text,),), width=width, cut=cut)[0] if cell_len(text) > width else text
