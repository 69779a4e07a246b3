"""A file that a running loop keeps fresh; written on a thread of its own, however long the file's disk takes."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from reconciler.commands import textfile
from reconciler.errors import PlotmanError
from reconciler.events import Event, Trouble

PATIENCE = 5.0
"""Seconds that the last page is given to be written."""


class Writer:
    """Writes one file, whole or not at all.

    page: what to write, asked for on the writer's thread; None: nothing yet.
    problem: why it could not be written the last time; None: it could.
    """

    def __init__(self, path: str, page: Callable[[], str | None]) -> None:
        self._path = path
        self._page = page
        self._due = threading.Event()
        self._ending = False
        self.problem: str | None = None
        self._thread = threading.Thread(target=self._run, name=f"writes {path}", daemon=True)
        self._thread.start()

    def write(self) -> None:
        """Write soon; several wishes may become one page."""
        self._due.set()

    def close(self) -> None:
        """Write for the last time; a disk that hangs is not waited for."""
        self._ending = True
        self._due.set()
        self._thread.join(PATIENCE)

    def _run(self) -> None:
        last = False
        while not last:
            self._due.wait()
            self._due.clear()
            last = self._ending
            page = self._page()
            if page is not None:
                try:
                    textfile.write(self._path, page)
                    self.problem = None
                except PlotmanError as error:
                    self.problem = str(error)


@contextmanager
def writing(
    option: str, path: str, page: Callable[[], str | None], tell: Callable[[Event], None]
) -> Iterator[Callable[[], None]]:
    """A wish to write the file soon, for as long as the context lasts; it is written once more at its end.

    option: what asked for the file. page: as for Writer. tell: where its troubles go, once each.
    """
    writer = Writer(path, page)
    told: str | None = None

    def report() -> None:
        nonlocal told
        if writer.problem not in (None, told):
            tell(Trouble(f"{option}: {writer.problem}"))
        told = writer.problem

    def write() -> None:
        report()
        writer.write()

    try:
        yield write
    finally:
        writer.close()
        report()
