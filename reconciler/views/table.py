"""Aligned columns."""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

UNCUT = 100_000
"""Columns that no table reaches: nothing is cut."""


def table(
    rows: Iterable[Sequence[str]],
    header: Sequence[str] = (),
    *,
    right: Iterable[int] = (),
    width: int | None = None,
    ascii: bool = False,
) -> tuple[str, ...]:
    """One line a row, after one with the header where it is given, each column two spaces from the next.

    right: the columns that are aligned to the right, by number.
    width: of the terminal; cells are cut to fit. None: nothing is cut.
    ascii: cells are cut without an ellipsis.
    """
    filled = [tuple(row) for row in rows]
    count = max((len(row) for row in (header, *filled)), default=0)
    grid = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False, show_header=bool(header))
    aligned_right = frozenset(right)
    for number in range(count):
        grid.add_column(
            Text(header[number]) if header else "",
            justify="right" if number in aligned_right else "left",
            no_wrap=True,
            overflow="crop" if ascii else "ellipsis",
        )
    for row in filled:
        grid.add_row(*(Text(cell) for cell in row))
    if count == 0:
        return ()
    screen = Console(file=io.StringIO(), width=width or UNCUT, color_system=None, legacy_windows=False)
    with screen.capture() as shown:
        screen.print(grid)
    return tuple(line.rstrip() for line in shown.get().split("\n")[:-1])
