"""Where something stands in a document."""

from __future__ import annotations

from typing import NamedTuple


class Place(NamedTuple):
    """file: as messages call it; line, column: counted from 1, 0 where not known."""

    file: str
    line: int
    column: int
