"""Aligned columns."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

GAP = 2
NARROW = 8
"""Columns of the terminal that a column keeps, however little room there is: an id's width."""


def table(
    rows: Iterable[Sequence[str]],
    header: Sequence[str] = (),
    *,
    right: Iterable[int] = (),
    width: int | None = None,
    cut: str = "…",
) -> tuple[str, ...]:
    """One line a row, after one with the header where it is given; all rows have as many cells.

    right: the columns that are aligned to the right, by number.
    width: of the terminal; the widest columns are cut to fit it. None: nothing is cut.
    cut: what stands where something was cut off.
    """
    lines = [tuple(row) for row in ((header, *rows) if header else rows)]
    if not lines:
        return ()
    aligned_right = frozenset(right)
    widths = [max(map(_columns, column)) for column in zip(*lines, strict=True)]
    if width is not None:
        _shrink(widths, width)
    shown = []
    for line in lines:
        cells = [
            _padded(_cut(cell, room, cut, front=cell.startswith("/")), room, number in aligned_right)
            for number, (cell, room) in enumerate(zip(line, widths, strict=True))
        ]
        whole = (" " * GAP).join(cells).rstrip()
        shown.append(whole if width is None else _cut(whole, width, "", front=False))
    return tuple(shown)


def _columns(text: str) -> int:
    """Of the terminal, that it takes."""
    if text.isascii() and text.isprintable():
        return len(text)
    from rich.cells import cell_len

    return cell_len(text)


def _shrink(widths: list[int], width: int) -> None:
    """Narrow the widest columns, one cell at a time, until all fit or none is wider than NARROW."""
    while sum(widths) + GAP * (len(widths) - 1) > width and max(widths) > NARROW:
        widths[widths.index(max(widths))] -= 1


def _cut(cell: str, room: int, cut: str, *, front: bool) -> str:
    """At most so wide. front: cut there, as of paths, whose ends tell more."""
    if _columns(cell) <= room:
        return cell
    room = max(0, room - _columns(cut))
    while _columns(cell) > room:
        cell = cell[1:] if front else cell[:-1]
    return cut + cell if front else cell + cut


def _padded(cell: str, room: int, right: bool) -> str:
    space = " " * (room - _columns(cell))
    return space + cell if right else cell + space
