"""Tables are aligned, whole where they are piped, and cut where a terminal ends."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from reconciler.views.table import table

CELL = st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=30)
ROWS = st.lists(st.tuples(CELL, CELL, CELL), min_size=1, max_size=6)


@given(ROWS)
def test_every_column_begins_where_it_begins_in_all_lines(rows: list[tuple[str, str, str]]) -> None:
    lines = table(rows, ("one", "two", "three"))
    assert len(lines) == len(rows) + 1
    wide = [max(len(cell) for cell in column) for column in zip(("one", "two", "three"), *rows, strict=True)]
    second, third = wide[0] + 2, wide[0] + wide[1] + 4
    for line, row in zip(lines[1:], rows, strict=True):
        assert (line[:second].rstrip(), line[second:third].rstrip(), line[third:]) == row


@given(ROWS, st.integers(12, 60))
def test_no_line_is_wider_than_the_terminal(rows: list[tuple[str, str, str]], width: int) -> None:
    lines = table(rows, width=width)
    assert len(lines) == len(rows)
    assert all(len(line) <= width for line in lines)


def test_cells_are_taken_as_they_are() -> None:
    assert table([("[bold]x[/bold]", ":smile:", "https://a.b")]) == ("[bold]x[/bold]  :smile:  https://a.b",)


def test_of_paths_the_end_is_kept_and_of_all_else_the_beginning() -> None:
    assert table([("/mnt/tmp/00", "x" * 20)], width=20) == ("…t/tmp/00  xxxxxxxx…",)
    assert table([("/a/long/path/to/tmp/00", "12345678")], width=18) == ("…/tmp/00  12345678",)
    assert table([("/a/long/path/to/tmp/00", "12345678")], width=18, cut="...") == ("...mp/00  12345678",)


def test_wide_letters_count_by_the_columns_they_take() -> None:
    assert table([("日本", "x"), ("abc", "y")]) == ("日本  x", "abc   y")


def test_an_empty_table_is_no_line() -> None:
    assert table([]) == ()
