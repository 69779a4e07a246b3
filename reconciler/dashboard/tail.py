"""The end of a file that grows."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable

from reconciler.state import Known
from reconciler.views import words
from reconciler.world import Machine

BLOCK = 1 << 16
"""Bytes that are read at once; so much of the end is shown at first."""
KEPT = 500
"""Lines that are kept."""
PAUSE = 0.5
"""Seconds between two looks."""


class Tail:
    """Follows a log on a thread of its own, which ends with `close`; keys in it are shortened.

    machine: makes one for that thread.
    """

    def __init__(self, path: str, machine: Callable[[], Machine]) -> None:
        self._path = path
        self._machine = machine
        self._lines: tuple[str, ...] = ()
        self._closing = threading.Event()
        threading.Thread(target=self._run, name="tail", daemon=True).start()

    def lines(self) -> tuple[str, ...]:
        """The last lines, or why there are none; the same object until there are others."""
        return self._lines

    def close(self) -> None:
        """Follow it no more."""
        self._closing.set()

    def _run(self) -> None:
        machine = self._machine()
        kept, rest = deque[str](maxlen=KEPT), b""
        stat = machine.stat([self._path])[self._path]
        offset = max(0, stat.value.bytes - BLOCK) if isinstance(stat, Known) else 0
        while not self._closing.is_set():
            chunk = machine.read([(self._path, offset, BLOCK)])[self._path]
            if not isinstance(chunk, Known):
                self._lines = (*kept, f"{self._path} cannot be read: {chunk.why}")
            elif chunk.value.data:
                offset += len(chunk.value.data)
                *whole, rest = (rest + chunk.value.data).split(b"\n")
                kept.extend(words.clean(line.decode(errors="replace").expandtabs()) for line in whole)
                self._lines = tuple(kept)
                continue
            self._closing.wait(PAUSE)
