"""Reading logs: each byte once, however often one looks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import islice
from types import MappingProxyType
from typing import TYPE_CHECKING

from reconciler import journal
from reconciler.journal import Record
from reconciler.noun import noun
from reconciler.plotters.log import LogState
from reconciler.state import Absent, Fact, Known
from reconciler.transports.record import TransferLog
from reconciler.transports.record import fold as fold_transfer
from reconciler.world import Chunk, Machine

if TYPE_CHECKING:
    from reconciler.plotters import Plotters

BLOCK = 1 << 16
"""Bytes of one log that are read at a time."""
AT_ONCE = 16
"""Logs that are read at a time: what is kept in memory must not grow with their number."""
LONGEST_RECORD = 65536
TAIL = 64
"""Bytes before the place where reading stopped that are read again, to see that it is still the same log."""
MARK = b'{"plotman"'
"""How a record begins."""
REFUSED = b"plotman: "
"""How the line begins that a machine writes into the log of a process that it could not start."""


@noun
class Log:
    """What a log says so far.

    record: its first line, where that is one of ours.
    said: by its plotter's definition, or by the mover or remover.
    modified: wall clock of its last change.
    refused: why its process could not be started.
    """

    record: Record | None
    said: LogState | TransferLog | None
    modified: float
    refused: str | None = None


@noun
class Kept:
    """A log as far as it was read. tail: the last bytes read; head: the first line while it is not whole."""

    inode: int
    offset: int
    tail: bytes
    plotter: str | None
    head: bytes | None
    log: Known[Log]


class Logbook:
    """The logs that were read, and how far. Nothing in it is more than a cache.

    kept: by path; what an earlier logbook of the same plotters kept will do to begin with. news: bytes read since.
    """

    def __init__(
        self, machine: Machine, plotters: Plotters, kept: Mapping[str, Kept] = MappingProxyType({})
    ) -> None:
        self._machine = machine
        self._plotters = plotters
        self.kept = dict(kept)
        self.news = 0

    def forget_all_but(self, paths: Iterable[str]) -> None:
        """Drop what is kept of any other log."""
        wanted = set(paths)
        for path in [path for path in self.kept if path not in wanted]:
            del self.kept[path]

    def read(self, wanted: Mapping[str, str | None]) -> Mapping[str, Fact[Log]]:
        """Each log by its path, with the plotter whose log it is.

        A journal's own log tells its plotter by its record, which counts for more; None: only the record
        tells.
        """
        found: dict[str, Fact[Log]] = {}
        every = iter(wanted.items())
        while batch := dict(islice(every, AT_ONCE)):
            found.update(self._read(batch))
        return found

    def _read(self, left: Mapping[str, str | None]) -> Mapping[str, Fact[Log]]:
        """The same for a few logs."""
        found: dict[str, Fact[Log]] = {}
        goals: dict[str, int] = {}
        while left:
            answers = self._machine.read([(path, self._offset(path, left[path]), BLOCK) for path in left])
            more: dict[str, str | None] = {}
            for path, plotter in left.items():
                chunk = answers[path]
                if not isinstance(chunk, Known):
                    self.kept.pop(path, None)
                    found[path] = Absent(chunk.why) if isinstance(chunk, Absent) else chunk
                    continue
                got = chunk.value
                kept = self.kept.get(path)
                if kept is not None and not (kept.inode == got.inode and got.data.startswith(kept.tail)):
                    # Another file under the name, or one that was cut, and may have grown again since: from
                    # the start.
                    del self.kept[path]
                    more[path] = plotter
                    continue
                before = kept.offset if kept is not None else 0
                kept = self.kept[path] = self._fold(kept, plotter, got)
                self.news += kept.offset - before
                found[path] = kept.log
                # What is written while we read waits for the next look.
                if before < kept.offset < goals.setdefault(path, got.size):
                    more[path] = plotter
            left = more
        return found

    def _offset(self, path: str, plotter: str | None) -> int:
        kept = self.kept.get(path)
        if kept is not None and kept.plotter != plotter:
            del self.kept[path]
            return 0
        return kept.offset - len(kept.tail) if kept is not None else 0

    def _fold(self, kept: Kept | None, plotter: str | None, got: Chunk) -> Kept:
        if kept is None:
            kept = Kept(got.inode, 0, b"", plotter, b"", Known(Log(None, None, got.modified)))
        data = got.data[len(kept.tail) :]
        offset, tail = kept.offset + len(data), (kept.tail + data)[-TAIL:]
        told = kept.log.value
        if not data and told.modified == got.modified:
            return kept
        head, record, said, refused = kept.head, told.record, told.said, told.refused
        if head is not None:
            head, record, data = _split_head(head + data)
        if data and head is None:
            # It is written in one piece, by the starter, and only as the log's second line.
            refused = refused or _refusal(data)
            said = self._said(said, record, plotter, data)
        log = Log(record, said, got.modified, refused)
        return Kept(kept.inode, offset, tail, kept.plotter, head, Known(log))

    def _said(
        self, said: LogState | TransferLog | None, record: Record | None, plotter: str | None, data: bytes
    ) -> LogState | TransferLog | None:
        if record is not None and record.kind in ("move", "retire"):
            return fold_transfer(said if isinstance(said, TransferLog) else TransferLog(), data)
        name = str(record.body.get("plotter")) if record is not None else plotter
        definition = self._plotters.get(name) if name is not None else None
        if definition is None:
            return None
        return definition.fold(said if isinstance(said, LogState) else definition.begin(), data)


def _split_head(data: bytes) -> tuple[bytes | None, Record | None, bytes]:
    """(what is still to be the first line, the record, the bytes that are the log's own).

    A first line that is no record belongs to the log.
    """
    line, end, rest = data.partition(b"\n")
    if not end and line[: len(MARK)] == MARK[: len(line)] and len(line) < LONGEST_RECORD:
        return data, None, b""
    record = journal.parse_record(line) if end else None
    return (None, record, rest) if record is not None else (None, None, data)


def _refusal(data: bytes) -> str | None:
    if not data.startswith(REFUSED):
        return None
    return data.partition(b"\n")[0].removeprefix(REFUSED).decode(errors="replace").strip()
