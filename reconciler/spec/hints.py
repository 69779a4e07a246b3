"""What a name was probably meant to be, and which names there are: for messages, and in bounds."""

from __future__ import annotations

from collections.abc import Collection
from itertools import islice

_COMPARED = 1_000
_LISTED = 12


def nearest(name: str, known: Collection[str]) -> str | None:
    """The known name that is most like another one; None where none is. Of very many only the first are compared."""
    import difflib

    return next(iter(difflib.get_close_matches(name, list(islice(known, _COMPARED)), n=1)), None)


def listed(names: Collection[str]) -> str:
    """The names, or the first of them and how many more there are; "nothing" for none."""
    first = ", ".join(islice(names, _LISTED))
    more = len(names) - _LISTED
    return f"{first} and {more} more" if more > 0 else first or "nothing"
