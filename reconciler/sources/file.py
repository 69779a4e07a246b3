"""The spec from a file and those that it extends, read again when one of them has changed."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import TypeAlias

from reconciler.errors import Problem, SpecError
from reconciler.probes import Probes
from reconciler.sources import Source
from reconciler.spec.files import DISK, Files
from reconciler.spec.loaded import Loaded
from reconciler.spec.shrink import shrunk
from reconciler.state import Fact, Known, Unknown

DEADLINE = 2.0
"""Seconds that the loop waits for the files; a mount that hangs must not hold it up."""
FIRST = 10.0
"""Likewise, while there is no good spec to go on with."""

_Mark: TypeAlias = tuple[int, int, int, int] | None


class FileSource(Source):
    """Keeps the last good spec while a file is missing, unreadable or wrong, or the spec suddenly much smaller."""

    def __init__(
        self,
        path: str,
        load: Callable[[Files, str], Loaded],
        sure: Callable[[str], bool] = lambda _: False,
    ) -> None:
        """load: reads the spec at a path of some files; raises SpecError.

        sure: does asking for that path hang only where this program hangs, too?
        """
        self._path = path
        self._load = load
        self._sure = sure
        self._marks: dict[str, _Mark] = {}
        self._good: Loaded | None = None
        self._error: SpecError | None = None
        self._silent: str | None = None
        self._probes = Probes(DEADLINE)

    def current(self) -> Loaded:
        """The newest good spec. Raises SpecError while there has been none."""
        if all(map(self._sure, self._marks)) and self._same():
            self._silent = None
        else:
            self._ask()
        if self._good is not None:
            return self._good
        if self._error is not None:
            raise self._error
        raise SpecError([_silence(self._path, self._silent or "")])

    def problem(self) -> str | None:
        """Why the files as they are now are not in force."""
        if self._silent is not None:
            return str(_silence(self._path, self._silent))
        return str(self._error) if self._error is not None else None

    def _ask(self) -> None:
        deadline = FIRST if self._good is None else None
        read = self._probes.ask({self._path: (self._path,)}, self._read, deadline=deadline)[self._path]
        # As it was put first, however long it lasts: it is told once.
        self._silent = (self._silent or read.why) if isinstance(read, Unknown) else None

    def _same(self) -> bool:
        """Do the files that were read look as they did?"""
        return bool(self._marks) and all(_mark(path) == mark for path, mark in self._marks.items())

    def _read(self, path: str) -> Fact[None]:
        if self._same():
            return Known(None)
        files = _Marked()
        try:
            loaded = self._load(files, path)
            why = shrunk(self._good.spec, loaded.spec) if self._good is not None else None
            if why is not None:
                raise SpecError([Problem(path, 0, 0, "", why, "shrunk")])
            self._good, self._error = loaded, None
        except SpecError as error:
            self._error = error
        self._marks = files.marks
        return Known(None)


class _Marked(Files):
    """The files of this machine. marks: how each one that was asked for looked just before it was read."""

    def __init__(self) -> None:
        self.marks: dict[str, _Mark] = {}

    def read(self, path: str) -> str:
        """As on disk."""
        self.marks[path] = _mark(path)
        return DISK.read(path)

    def beside(self, path: str, other: str) -> str:
        """As on disk."""
        return DISK.beside(path, other)


def _mark(path: str) -> _Mark:
    """What changes when a file does, its permissions included; None where it is not there."""
    try:
        stat = os.stat(path)
    except (OSError, ValueError):
        return None
    return stat.st_ino, stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns


def _silence(path: str, why: str) -> Problem:
    return Problem(path, 0, 0, "", f"the file {why}; is its file system there?", "silent")
