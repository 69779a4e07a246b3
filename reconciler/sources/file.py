"""The spec from a file, read again when it has changed."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable

from reconciler.errors import Problem, SpecError
from reconciler.sources import Source
from reconciler.spec.loading import Loaded

DEADLINE = 2.0
"""Seconds that the loop waits for the file; a mount that hangs must not hold it up."""

_Mark = tuple[int, int, int]


class FileSource(Source):
    """Keeps the last good spec while the file is missing, unreadable or wrong."""

    def __init__(self, path: str, load: Callable[[str], Loaded]) -> None:
        self._path = path
        self._load = load
        self._mark: _Mark | None = None
        self._good: Loaded | None = None
        self._error: SpecError | None = None
        self._silent = False
        self._thread: threading.Thread | None = None

    def current(self) -> Loaded:
        """The newest good spec. Raises SpecError while there has been none."""
        if self._thread is None or not self._thread.is_alive():
            self._thread = threading.Thread(target=self._read, daemon=True, name="spec")
            self._thread.start()
        self._thread.join(DEADLINE)
        self._silent = self._thread.is_alive()
        if self._good is not None:
            return self._good
        if self._error is not None:
            raise self._error
        raise SpecError([_silence(self._path)])

    def problem(self) -> str | None:
        """Why the file as it is now is not in force."""
        if self._silent:
            return str(_silence(self._path))
        return str(self._error) if self._error is not None else None

    def _read(self) -> None:
        try:
            stat = os.stat(self._path)
            mark = (stat.st_ino, stat.st_size, stat.st_mtime_ns)
        except OSError:
            mark = None
        if mark is not None and mark == self._mark:
            return
        try:
            self._good = self._load(self._path)
            self._error = None
        except SpecError as error:
            self._error = error
        self._mark = mark


def _silence(path: str) -> Problem:
    words = f"the file has not answered for {DEADLINE:.0f} s; is its file system there?"
    return Problem(path, 0, 0, "", words, "silent")
