"""Plot logs in files, as people name them on the command line: any file, of any plotter, of any size."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress

from reconciler import journal
from reconciler.commands.progress import progress
from reconciler.errors import PlotmanError
from reconciler.noun import noun
from reconciler.plotters import LogState, Plotter, Plotters
from reconciler.views import words

BLOCK = 1 << 20
"""Bytes that are read at a time."""
LINE = 16384
"""Bytes of a line, cut by the end of a block, that are kept while it is not known whose log it is."""


@noun
class PlotterLog:
    """One log, read to its end.

    file: its path as it was given. plotter: whose log it is. said: what it says.
    """

    file: str
    plotter: Plotter
    said: LogState


@noun
class Reading:
    """What came of many files: the logs, in the order asked for; and a line for each that is none."""

    logs: Sequence[PlotterLog]
    failed: Sequence[str]


def read_all(paths: Iterable[str], plotters: Plotters, forced: Plotter | None = None) -> Reading:
    """Every log that can be read. forced: the plotter whose logs they are, whatever they look like."""
    every = tuple(paths)
    logs, failed = [], []
    with progress(f"reading {words.plural(len(every), 'log')}", sum(map(size, every))) as advance:
        for path in every:
            try:
                logs.append(read(path, plotters, forced, advance))
            except PlotmanError as error:
                failed.append(words.clean(str(error)))
    return Reading(logs, failed)


def read(
    path: str, plotters: Plotters, forced: Plotter | None = None, advance: Callable[[int], None] | None = None
) -> PlotterLog:
    """One log, whose size does not matter.

    Whose it is, its record says where it is of the journal, else the first block that means anything to a
    plotter. advance: told the bytes of each block. Raises PlotmanError where the file cannot be read, is no
    text, or is nobody's log.
    """
    plotter, state, unread, binary = forced, None, b"", False
    for number, block in enumerate(blocks(path)):
        if number == 0:
            binary = b"\0" in block
            plotter = plotter or _recorded(block, plotters)
        if advance is not None:
            advance(len(block))
        unread += block
        plotter = plotter or plotters.of_log(unread)
        if plotter is None:
            unread = unread.rpartition(b"\n")[2][-LINE:]
        else:
            state, unread = plotter.fold(state or plotter.begin(), unread), b""
    if binary and (state is None or not (state.plots or state.startup_error)):
        raise PlotmanError(f"{path} is no text; a plotter's log is")
    if plotter is None:
        raise PlotmanError(f"{path} holds no line that means anything to a plotter that is known here")
    return PlotterLog(path, plotter, state or plotter.begin())


def blocks(path: str) -> Iterator[bytes]:
    """The bytes of a regular file as it is now, block by block. Raises PlotmanError."""
    try:
        with open(path, "rb", opener=_opener) as file:
            found = os.fstat(file.fileno())
            if not stat.S_ISREG(found.st_mode):
                raise PlotmanError(f"{path} is no regular file; a log is")
            left = found.st_size
            while left > 0 and (block := file.read(min(BLOCK, left))):
                left -= len(block)
                yield block
    except OSError as error:
        raise PlotmanError(f"{path} cannot be read: {(error.strerror or str(error)).lower()}") from None
    except ValueError as error:
        raise PlotmanError(f"{path} cannot be read: {error}") from None


def _opener(path: str, flags: int) -> int:
    # Of a FIFO nobody writes to, an open would wait for ever.
    return os.open(path, flags | os.O_NONBLOCK | os.O_CLOEXEC)


def size(path: str) -> int:
    """Bytes of a file; 0 where it does not tell."""
    with suppress(OSError, ValueError):
        return os.path.getsize(path)
    return 0


def _recorded(block: bytes, plotters: Plotters) -> Plotter | None:
    """The plotter that a journal's own log names in its first line."""
    record = journal.parse_record(block.partition(b"\n")[0])
    return plotters.get(str(record.body.get("plotter"))) if record is not None else None
