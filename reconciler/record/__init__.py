"""The record: what was done and what became known, for people to look back on. Never an input to planning.

``state/actions.jsonl`` in the log directory, a JSON object a line; when full it becomes ``actions.jsonl.1``,
that one ``.2``, and so on. Two loops may write beside each other: an append is one write.
"""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import asdict
from itertools import pairwise
from typing import Literal, TypeAlias, get_args

from reconciler.noun import noun

LIMIT = 2_000_000
"""Bytes after which a new file is begun: about 4000 actions."""
KEPT = 5
"""Full files that are kept beside the one that is written."""

END = 1 << 17
"""Bytes of a file that are read for its newest entries."""

What: TypeAlias = Literal["action", "condition", "revision", "trouble"]


@noun(kw_only=True)
class Entry:
    """One line of the record.

    at: wall clock. tick: wall clock of the look that it came of; None: of none.
    what, kind: an action and its kind, a condition and its type, a revision of the
        spec, or a trouble of the loop's own.
    result: done, refused or failed; appeared or gone; in force; told.
    why: the reasons that the plan gave. old, new: the State entry before and after; None: it is not there.
    """

    at: float
    tick: float | None
    what: What
    kind: str
    subject: str
    result: str
    text: str
    why: tuple[str, ...] = ()
    old: Mapping[str, object] | None = None
    new: Mapping[str, object] | None = None

    def line(self) -> str:
        """As it is written, without the line's end: at, tick, what, kind, subject, result, text, why, from, to."""
        document = {_NAMES.get(name, name): value for name, value in asdict(self).items()}
        return json.dumps(document, separators=(",", ":"))


_NAMES = {"old": "from", "new": "to"}


def parse(line: bytes) -> Entry | None:
    """What a line says; None for what is no entry, such as one that was cut short."""
    try:
        told = json.loads(line)
        if told["what"] not in get_args(What):
            return None
        return Entry(
            at=_time(told["at"]),
            tick=None if told["tick"] is None else _time(told["tick"]),
            what=told["what"],
            kind=str(told["kind"]),
            subject=str(told["subject"]),
            result=str(told["result"]),
            text=str(told["text"]),
            why=tuple(map(str, told["why"])),
            old=None if told["from"] is None else dict(told["from"]),
            new=None if told["to"] is None else dict(told["to"]),
        )
    except (ValueError, KeyError, TypeError, RecursionError):
        return None


def _time(told: float) -> float:
    """Raises ValueError, TypeError for what is no time before the year 10000."""
    if not 0 <= told < 250e9:
        raise ValueError(told)
    return float(told)


# --- the files -----------------------------------------------------------------------------------


def path_of(logs: str) -> str:
    """The record's newest file."""
    return f"{logs}/state/actions.jsonl"


@noun
class Reading:
    """All that is kept, oldest first. spoilt: how many lines are no entries."""

    entries: tuple[Entry, ...]
    spoilt: int


def read(path: str) -> Reading:
    """Read the record, full files and all; one that was never begun is empty. Raises OSError."""
    parsed = [parse(line) for line in lines(path)]
    entries = tuple(entry for entry in parsed if entry is not None)
    return Reading(entries, len(parsed) - len(entries))


def lines(path: str) -> Iterator[bytes]:
    """Every line, oldest first. Raises OSError."""
    for data in reversed(list(_contents(path))):
        yield from filter(None, data.splitlines())


def _contents(path: str) -> Iterator[bytes]:
    """Each file's bytes, the newest file first; one that is moved aside meanwhile is met only once."""
    met = set()
    for name in (path, *(f"{path}.{number}" for number in range(1, KEPT + 1))):
        with suppress(FileNotFoundError), open(name, "rb") as file:
            inode = os.fstat(file.fileno()).st_ino
            if inode not in met:
                met.add(inode)
                yield file.read()


def last(path: str, count: int) -> tuple[Entry, ...]:
    """The newest entries, oldest first, as far as the last END bytes of the two newest files hold them.

    Raises OSError.
    """
    found: list[Entry] = []
    for name in (path, f"{path}.1"):
        if len(found) < count:
            found = [*filter(None, map(parse, _end(name))), *found]
    return tuple(found[-count:])


def _end(name: str) -> list[bytes]:
    """The last lines of a file; none where there is no file."""
    with suppress(FileNotFoundError), open(name, "rb") as file:
        cut = max(0, os.fstat(file.fileno()).st_size - END)
        file.seek(cut)
        return file.read().splitlines()[1 if cut else 0 :]
    return []


def append(path: str, entries: Iterable[Entry]) -> None:
    """Add some entries in one write. Raises OSError where not all of them could be."""
    with suppress(FileNotFoundError):
        if os.stat(path).st_size >= LIMIT:
            _begin_anew(path)
    data = "".join(f"{entry.line()}\n" for entry in entries).encode()
    file = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o644)
    try:
        size = os.fstat(file).st_size
        if size and os.pread(file, 1, size - 1) != b"\n":
            # What a full disk or a crash has cut short must not take the next entry with it.
            data = b"\n" + data
        if os.write(file, data) != len(data):
            raise OSError("there was no room for all of it")
    finally:
        os.close(file)


def _begin_anew(path: str) -> None:
    """Move the full file aside, and those before it; whoever finds another one at it leaves it to that one."""
    folder = os.open(os.path.dirname(path), os.O_RDONLY | os.O_CLOEXEC)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if os.stat(path).st_size >= LIMIT:
            names = [path, *(f"{path}.{number}" for number in range(1, KEPT + 1))]
            for name, older in reversed(list(pairwise(names))):
                with suppress(FileNotFoundError):
                    os.replace(name, older)
    except BlockingIOError:
        pass
    finally:
        os.close(folder)
