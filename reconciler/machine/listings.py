"""What lies in directories: listed anew only where that can have changed."""

from __future__ import annotations

import functools
import os
import stat
import time
from collections.abc import Callable
from typing import TypeAlias

from reconciler.machine.text import device, plain_name
from reconciler.state import Known
from reconciler.world import EVERY, Ask, Entry, Stat

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

    def of(self, ask: Ask, found: os.stat_result) -> tuple[Entry, ...]:
        """What is asked of a directory's names. found: what stat has just said of it. Raises OSError."""
        if EVERY in ask.stats:
            return listed(ask.path, _described)
        names = self._names(ask.path, found)
        if not ask.stats:
            return names
        path, endings = ask.path, ask.stats
        # By a list, which is made in half the time of a generator.
        return tuple([_with_stat(path, entry) if entry.name.endswith(endings) else entry for entry in names])

    def _names(self, path: str, found: os.stat_result) -> tuple[Entry, ...]:
        mark = found.st_dev, found.st_ino, found.st_mtime_ns, found.st_ctime_ns
        kept = self._kept.get(path)
        if kept is not None and kept[0] == mark:
            return kept[1]
        settled = self._dates(found.st_dev) and time.time() - max(found.st_mtime, found.st_ctime) > SETTLED
        names = listed(path)
        if settled:
            if len(self._kept) >= MOST:
                self._kept.clear()
            self._kept[path] = mark, names
        return names


def _named(entry: os.DirEntry[str]) -> Entry:
    return Entry(plain_name(entry.name), entry.inode(), entry.is_dir(follow_symlinks=False))


def _described(entry: os.DirEntry[str]) -> Entry:
    """With what stat says of a regular file, unless it is gone by now."""
    if not entry.is_file(follow_symlinks=False):
        return _named(entry)
    try:
        found = entry.stat(follow_symlinks=False)
    except OSError:
        return _named(entry)
    told = Stat(found.st_size, found.st_mtime, found.st_ino, device(found.st_dev))
    return Entry(plain_name(entry.name), found.st_ino, False, told)


def listed(path: str, entry: Callable[[os.DirEntry[str]], Entry] = _named) -> tuple[Entry, ...]:
    """What lies in a directory, read now. entry: what is told of each. Raises OSError."""
    with os.scandir(path) as listing:
        return tuple([entry(each) for each in listing])


def of_file(found: os.stat_result) -> Known[Stat]:
    """What stat says, of a regular file."""
    return Known(Stat(found.st_size, found.st_mtime, found.st_ino, device(found.st_dev)))


def _with_stat(path: str, entry: Entry) -> Entry:
    """Without what is gone by now, or is no regular file."""
    try:
        found = os.lstat(f"{path}/{entry.name}")
    except OSError:
        return entry
    if not stat.S_ISREG(found.st_mode):
        return entry
    return _told(entry.name, entry.inode, found.st_size, found.st_mtime, found.st_ino, found.st_dev)


@functools.lru_cache(maxsize=1 << 12)
def _told(name: str, inode: int, bytes: int, modified: float, file: int, number: int) -> Entry:
    """The very same as before of a file that has not changed, as most have not: those are compared in no time."""
    return Entry(name, inode, False, Stat(bytes, modified, file, device(number)))
