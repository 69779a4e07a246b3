"""What lies in directories: listed anew only where that can have changed."""

from __future__ import annotations

import os
import stat
import time
from collections.abc import Callable
from typing import TypeAlias

from reconciler.machine.text import device, plain_name
from reconciler.world import Entry, Stat

SETTLED = 2.0
"""Seconds since a directory's last change after which the next one has another date, however coarse the clock is."""
MOST = 10_000
"""Directories that are remembered at once."""

Mark: TypeAlias = tuple[int, int, int, int]
"""Device, inode, and when its names and it itself last changed, in nanoseconds."""


class Listings:
    """Lists again and again.

    A listing counts until the directory's date is another one, where its file system dates every change.
    dates: does the one on a device, by its number?
    """

    def __init__(self, dates: Callable[[int], bool]) -> None:
        self._dates = dates
        self._kept: dict[str, tuple[Mark, tuple[Entry, ...]]] = {}

    def of(self, path: str, found: os.stat_result) -> tuple[Entry, ...]:
        """The names in a directory. found: what stat has just said of it. Raises OSError."""
        mark = found.st_dev, found.st_ino, found.st_mtime_ns, found.st_ctime_ns
        kept = self._kept.get(path)
        if kept is not None and kept[0] == mark:
            return kept[1]
        settled = self._dates(found.st_dev) and time.time() - max(found.st_mtime, found.st_ctime) > SETTLED
        names = entries(path, stats=False)
        if settled:
            if len(self._kept) >= MOST:
                self._kept.clear()
            self._kept[path] = mark, names
        return names


def entries(path: str, *, stats: bool) -> tuple[Entry, ...]:
    """The names in a directory, read now. stats: and what stat says of each regular file. Raises OSError."""
    with os.scandir(path) as listing:
        # By a list, which is made in half the time of a generator.
        return tuple(
            [
                Entry(
                    plain_name(entry.name),
                    entry.inode(),
                    entry.is_dir(follow_symlinks=False),
                    _told(entry) if stats else None,
                )
                for entry in listing
            ]
        )


def _told(entry: os.DirEntry[str]) -> Stat | None:
    """None also for what is gone by now."""
    try:
        found = entry.stat(follow_symlinks=False)
    except OSError:
        return None
    if not stat.S_ISREG(found.st_mode):
        return None
    return Stat(found.st_size, found.st_mtime, found.st_ino, device(found.st_dev))
