"""What earlier indexes of facts have found, for those that rest on the same. A cache: without it all is found anew."""

from __future__ import annotations

from typing import Any


class Kept:
    """Tables of findings, each with the grounds that it rests on."""

    def __init__(self) -> None:
        self._tables: dict[str, tuple[tuple[object, ...], dict[Any, Any]]] = {}

    def table(self, name: str, *grounds: object) -> dict[Any, Any]:
        """The table of that name, an empty one where its grounds are not what they were.

        Whoever has asked for it on other grounds goes on with his own.
        """
        kept = self._tables.get(name)
        if kept is None or kept[0] != grounds:
            kept = self._tables[name] = grounds, {}
        return kept[1]
