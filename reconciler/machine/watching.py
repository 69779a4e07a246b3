"""File events: what happens in some folders rings a bell. See inotify(7).

An event carries no data, and one that is missed (a network file system tells of none) costs nothing but time.
"""

from __future__ import annotations

import os
import select
import sys
import threading
import time
from collections.abc import Callable, Collection
from contextlib import suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from inotify_simple import INotify

AVAILABLE = sys.platform.startswith("linux")
APART = 1.0
"""Seconds between two rings at least, however much happens."""
BLOCK = 1 << 16


class Watcher:
    """Watches folders on a thread of its own, since asking for it may take as long as their disk likes.

    ring: called on that thread when something there has been written, moved or removed; without inotify, never.
    """

    def __init__(self, ring: Callable[[], object]) -> None:
        self._ring = ring
        self._folders: frozenset[str] = frozenset()
        self._over = False
        self._nudged, self._nudge = os.pipe()
        os.set_blocking(self._nudged, False)
        os.set_blocking(self._nudge, False)
        self._thread: threading.Thread | None = None

    def watch(self, folders: Collection[str]) -> None:
        """Watch these and no others: as they are now, also where one was made anew or mounted on since."""
        self._folders = frozenset(folders)
        if self._thread is not None:
            self._wake()
        elif AVAILABLE:
            self._thread = threading.Thread(target=self._run, name="file events", daemon=True)
            self._thread.start()

    def close(self) -> None:
        """Ring no more; does not wait for a disk that hangs."""
        self._over = True
        self._wake()

    def _wake(self) -> None:
        # A full pipe wakes it just as well.
        with suppress(BlockingIOError):
            os.write(self._nudge, b"\0")

    def _run(self) -> None:
        from inotify_simple import INotify

        try:
            events = INotify(nonblocking=True)
        except OSError:
            # The user's instances are used up: then it goes without.
            return
        with events:
            watches = self._renew(events, frozenset())
            due, next_at = False, 0.0
            while not self._over:
                ready = self._wait(events, due, next_at)
                if self._nudged in ready:
                    _drain(self._nudged)
                    watches = self._renew(events, watches)
                due |= events.fileno() in ready
                if due and time.monotonic() >= next_at:
                    _drain(events.fileno())
                    self._ring()
                    due, next_at = False, time.monotonic() + APART

    def _wait(self, events: INotify, due: bool, next_at: float) -> Collection[int]:
        """Until something is ready; while a ring is due, events need not be looked for."""
        poll = select.poll()
        poll.register(self._nudged, select.POLLIN)
        if not due:
            poll.register(events.fileno(), select.POLLIN)
        left = max(0.0, next_at - time.monotonic()) * 1000 + 1 if due else None
        return [file for file, _ in poll.poll(left)]

    def _renew(self, events: INotify, before: frozenset[int]) -> frozenset[int]:
        """Ask for the events of all folders that are there; what was watched before and is not wanted is let go."""
        from inotify_simple import flags

        mask = flags.CLOSE_WRITE | flags.MOVED_TO | flags.MOVED_FROM | flags.DELETE | flags.ONLYDIR
        watches = set()
        for folder in self._folders:
            with suppress(OSError):
                watches.add(events.add_watch(folder, mask))
        for watch in before - watches:
            with suppress(OSError):
                events.rm_watch(watch)
        return frozenset(watches)


def _drain(file: int) -> None:
    with suppress(BlockingIOError):
        while os.read(file, BLOCK):
            pass
