"""Disks that did not answer: each question to one may leave a process there that nothing can end. Pure."""

from __future__ import annotations

from collections.abc import Iterable

PAUSE, LONGEST = 60.0, 1800.0
"""Seconds for which such a disk is left alone: at first, doubling, and at most."""


class Hung:
    """Which disks are left alone, and until when. now: any clock that only goes on, in seconds."""

    def __init__(self) -> None:
        self._until: dict[str, tuple[float, float]] = {}

    def add(self, disks: Iterable[str], now: float) -> None:
        """They have not answered."""
        for disk in disks:
            pause = min(2 * self._until[disk][1], LONGEST) if disk in self._until else PAUSE
            self._until[disk] = (now + pause, pause)

    def answered(self, disks: Iterable[str]) -> None:
        """They have."""
        for disk in disks:
            self._until.pop(disk, None)

    def skipped(self, now: float) -> tuple[str, ...]:
        """Those that are not to be asked now."""
        return tuple(disk for disk, (until, _) in self._until.items() if now < until)
