"""The first bytes of finished plots, each read once. A cache."""

from __future__ import annotations

from collections.abc import Mapping

from reconciler.inquiry import HEAD
from reconciler.state import Instant, Known
from reconciler.world import Chunk, Machine, Stat

STILL = 60.0
"""Seconds that a file must have been left alone before its head is kept: clocks of file systems are coarse."""


class Heads:
    """The heads that were read, each with what stat said of its file; good as long as stat says the same."""

    def __init__(self, machine: Machine) -> None:
        self._machine = machine
        self._kept: dict[str, tuple[Stat, bytes]] = {}

    def read(self, stats: Mapping[str, Stat], now: Instant) -> Mapping[str, bytes]:
        """The head of each of these files by its path; what cannot be read is left out. Forgets all others."""
        kept = {path: had for path, had in self._kept.items() if stats.get(path) == had[0]}
        found = {path: head for path, (_, head) in kept.items()}
        asked = [(path, 0, HEAD) for path in stats if path not in kept]
        for path, chunk in (self._machine.read(asked) if asked else {}).items():
            if not isinstance(chunk, Known):
                continue
            found[path] = chunk.value.data
            if _same(stats[path], chunk.value) and now.at - stats[path].modified > STILL:
                kept[path] = (stats[path], chunk.value.data)
        self._kept = kept
        return found


def _same(stat: Stat, chunk: Chunk) -> bool:
    return (stat.inode, stat.bytes, stat.modified) == (chunk.inode, chunk.size, chunk.modified)
