"""What is asked of directories, put together. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from reconciler.world import Ask


def merged(asks: Iterable[Ask]) -> dict[str, Ask]:
    """One question a directory, by its path, for all that is wanted of it."""
    found: dict[str, Ask] = {}
    for ask in asks:
        other = found.get(ask.path, ask)
        found[ask.path] = Ask(
            ask.path,
            ask.names or other.names,
            ask.mount or other.mount,
            tuple(dict.fromkeys((*other.stats, *ask.stats))),
        )
    return found
