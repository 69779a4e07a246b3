"""The record: what was done and what became known, for people to look back on. Never an input to planning.

``state/actions.jsonl`` in the log directory, a JSON object a line; when full it becomes ``actions.jsonl.1``,
that one ``.2``, and so on. Two loops may write beside each other: each line is one append.
"""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from typing import Literal, TypeAlias, get_args

from reconciler.drift import Leaf
from reconciler.events import Event, Planned, Trouble
from reconciler.execute import Outcome
from reconciler.state import Condition

LIMIT = 2_000_000
"""Bytes after which a new file is begun: about 4000 actions."""
KEPT = 5
"""Full files that are kept beside the one that is written."""

What: TypeAlias = Literal["action", "condition", "trouble"]
Key: TypeAlias = tuple[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One line of the record.

    at: wall clock. tick: wall clock of the look that it came of; None: of none.
    what, kind: an action and its kind, a condition and its type, or a trouble of the loop's own.
    result: done, refused or failed; appeared or gone; told.
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
            at=float(told["at"]),
            tick=None if told["tick"] is None else float(told["tick"]),
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


# --- the files -----------------------------------------------------------------------------------


def path_of(logs: str) -> str:
    """The record's newest file."""
    return f"{logs}/state/actions.jsonl"


@dataclass(frozen=True, slots=True)
class Reading:
    """All that is kept, oldest first. spoilt: how many lines are no entries."""

    entries: tuple[Entry, ...]
    spoilt: int


def read(path: str) -> Reading:
    """Read the record, full files and all; one that was never begun is empty. Raises OSError."""
    parsed = [parse(line) for data in reversed(list(_contents(path))) for line in data.splitlines() if line]
    entries = tuple(entry for entry in parsed if entry is not None)
    return Reading(entries, len(parsed) - len(entries))


def _contents(path: str) -> Iterator[bytes]:
    """Each file's bytes, the newest file first; one that is moved aside meanwhile is met only once."""
    met = set()
    for name in (path, *(f"{path}.{number}" for number in range(1, KEPT + 1))):
        with suppress(FileNotFoundError), open(name, "rb") as file:
            inode = os.fstat(file.fileno()).st_ino
            if inode not in met:
                met.add(inode)
                yield file.read()


def append(path: str, entries: Iterable[Entry]) -> None:
    """Add some entries, all or none of them. Raises OSError."""
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
    if size + len(data) >= LIMIT:
        _begin_anew(path)


def _begin_anew(path: str) -> None:
    """Move the full file aside, and those before it; whoever finds another one at it leaves it to that one."""
    folder = os.open(os.path.dirname(path), os.O_RDONLY | os.O_CLOEXEC)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if os.stat(path).st_size >= LIMIT:
            names = [path, *(f"{path}.{number}" for number in range(1, KEPT + 1))]
            for name, older in reversed(list(zip(names, names[1:], strict=False))):
                with suppress(FileNotFoundError):
                    os.replace(name, older)
    except BlockingIOError:
        pass
    finally:
        os.close(folder)


# --- the listener --------------------------------------------------------------------------------


class Recorder:
    """Listens to a loop and writes down what is worth it. It never raises; what cannot be written is dropped.

    clock: the wall clock. clean: makes text fit to be kept, without secrets.
    tell: where a Trouble of the record's own goes, once until it changes.
    """

    def __init__(
        self,
        path: str,
        clock: Callable[[], float],
        clean: Callable[[str], str],
        tell: Callable[[Trouble], None],
    ) -> None:
        self._path = path
        self._clock = clock
        self._clean = clean
        self._tell = tell
        self._tick: float | None = None
        self._conditions: frozenset[Key] | None = None
        self._dropped = 0

    def hear(self, event: Event) -> None:
        """Write down what this event tells, if anything."""
        match event:
            case Planned():
                self._tick = event.facts.now.at
                self._write(self._changes(event.plan.conditions))
            case Outcome():
                self._write([self._outcome(event)])
            case Trouble():
                self._write([self._entry("trouble", "loop", "", "told", event.text)])

    def _outcome(self, outcome: Outcome) -> Entry:
        action = outcome.action
        return Entry(
            at=self._clock(),
            tick=self._tick,
            what="action",
            kind=action.kind,
            subject=action.subject,
            result=outcome.result,
            text=self._fit(outcome.text),
            why=tuple(map(self._fit, action.why)),
            old=_plain(action.old),
            new=_plain(action.new),
        )

    def _changes(self, conditions: Sequence[Condition]) -> list[Entry]:
        """Conditions that have come or gone: since the last tick, and as far as the record does not know it yet.

        So what lasts is told once, also where the loop was started anew or another one runs beside it.
        """
        now = {(each.type, each.subject): each for each in conditions}
        if self._conditions == now.keys():
            return []
        self._conditions = frozenset(now)
        stood = self._standing()
        come = [each for key, each in now.items() if key not in stood]
        gone = [entry for key, entry in stood.items() if key not in now]
        return [
            *(self._entry("condition", each.type, each.subject, "appeared", each.message) for each in come),
            *(self._entry("condition", entry.kind, entry.subject, "gone", entry.text) for entry in gone),
        ]

    def _standing(self) -> Mapping[Key, Entry]:
        """Conditions that have appeared and not gone, as the record tells."""
        stood: dict[Key, Entry] = {}
        with suppress(OSError):
            for entry in read(self._path).entries:
                if entry.what == "condition":
                    stood.pop((entry.kind, entry.subject), None)
                    if entry.result == "appeared":
                        stood[entry.kind, entry.subject] = entry
        return stood

    def _entry(self, what: What, kind: str, subject: str, result: str, text: str) -> Entry:
        return Entry(
            at=self._clock(), tick=self._tick, what=what, kind=kind, subject=subject, result=result,
            text=self._fit(text),
        )  # fmt: skip

    def _fit(self, text: str) -> str:
        return "\n".join(map(self._clean, text.splitlines()))

    def _write(self, entries: Sequence[Entry]) -> None:
        if not entries:
            return
        try:
            append(self._path, entries)
        except OSError as error:
            if not self._dropped:
                why = (error.strerror or str(error)).lower()
                self._tell(Trouble(f"{self._path} cannot be written: {why}; what happens goes unrecorded"))
            self._dropped += len(entries)
        else:
            if self._dropped:
                self._tell(Trouble(f"{self._path} is written again; {self._dropped} entries are missing"))
            self._dropped = 0


def _plain(leaf: Leaf | None) -> Mapping[str, object] | None:
    return None if leaf is None else asdict(leaf)
