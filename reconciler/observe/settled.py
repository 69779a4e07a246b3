"""What of the journal is over or unchanged, and so is not told anew at each look. A cache."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from operator import attrgetter
from typing import TYPE_CHECKING, NamedTuple, TypeAlias, TypeVar, cast

from reconciler import journal
from reconciler.journal import LogName
from reconciler.noun import noun
from reconciler.state import Deletion, Fact, Removal, Start, Transfer
from reconciler.world import Entry as Name

if TYPE_CHECKING:
    from reconciler.observe.logbook import Log

Entry: TypeAlias = Start | Transfer | Removal | Deletion
E = TypeVar("E", Start, Transfer, Removal, Deletion)
Names: TypeAlias = tuple[Name, ...]


@noun
class Listed:
    """A log in the journal's top folder."""

    name: LogName
    inode: int


@dataclass(frozen=True, slots=True, eq=False)
class Listing:
    """What lies in that folder: logs by their paths, and the ids of the jobs that each kind of note is there for."""

    logs: Mapping[str, Listed]
    notes: Mapping[str, frozenset[str]]


NOTHING = Listing({}, {"suspended": frozenset(), "killed": frozenset()})


class Marks(NamedTuple):
    """All that an entry which is not over was told by, beside its name. log: this very one."""

    log: Fact[Log]
    alive: bool
    locked: bool
    killed: bool


class Settled:
    """What is over for good, by their logs: nothing writes those any more. And what was told before of the others,
    with what it was told by. A cache.
    """

    def __init__(self) -> None:
        self._names: tuple[str, Names] = "", ()
        self._named = NOTHING
        self._listing: Listing | None = None
        self._over: dict[str, tuple[Listed, Entry]] = {}
        self._entries: dict[type[Entry], tuple[Entry, ...]] = {}
        self._last: dict[type[Entry], tuple[Entry, ...]] = {}
        self.told: dict[str, tuple[Marks, Entry]] = {}

    def listing(self, logs: str, there: Names) -> Listing:
        """What these names are; the very same while they are."""
        if self._names != (logs, there):
            self._names, self._named = (logs, there), _listing(logs, there, self._named.logs)
        return self._named

    def open(self, listing: Listing) -> list[str]:
        """Those logs that are not known to be over. What is not listed is forgotten, unless nothing is."""
        if listing is not self._listing and listing is not NOTHING:
            logs = listing.logs
            self._listing = listing
            self._forget([path for path, (log, _) in self._over.items() if logs.get(path) is not log])
        return [path for path in listing.logs if path not in self._over]

    def keep(self, found: Mapping[str, Entry]) -> None:
        """These are over, too."""
        if not found or self._listing is None:
            return
        logs = self._listing.logs
        self._over |= {path: (logs[path], each) for path, each in found.items()}
        for kind in {type(each) for each in found.values()}:
            new = [each for each in found.values() if type(each) is kind]
            self._entries[kind] = tuple(sorted((*self._entries.get(kind, ()), *new), key=begun))

    def _forget(self, paths: Collection[str]) -> None:
        """These are gone, or others."""
        gone = [self._over.pop(path)[1] for path in paths]
        for kind in {type(each) for each in gone}:
            ids = {each.log for each in gone}
            self._entries[kind] = tuple(each for each in self._entries[kind] if each.log not in ids)

    def among(self, kind: type[E], open_ones: Iterable[Entry]) -> tuple[E, ...]:
        """Those of a kind that are over, and of these those of that kind, oldest first.

        The very same value while nothing of it changes.
        """
        over: tuple[Entry, ...] = self._entries.get(kind, ())
        rest: list[Entry] = sorted((each for each in open_ones if isinstance(each, kind)), key=begun)
        younger: int = bisect_left(over, begun(rest[0]), key=begun) if rest else len(over)
        found = (*over[:younger], *sorted((*over[younger:], *rest), key=begun))
        if self._last.get(kind) != found:
            self._last[kind] = found
        return cast("tuple[E, ...]", self._last[kind])


def _listing(logs: str, there: Names, before: Mapping[str, Listed]) -> Listing:
    found: dict[str, Listed] = {}
    notes: dict[str, set[str]] = {"suspended": set(), "killed": set()}
    for file, inode, _, _ in sorted(there):
        path = f"{logs}/{file}"
        known = before.get(path)
        if known is not None and known.inode == inode:
            found[path] = known
        elif (name := journal.parse_log_name(file)) is not None:
            found[path] = Listed(name, inode)
        elif note := journal.parse_note_name(file):
            notes[note[1]].add(note[0])
    return Listing(found, {kind: frozenset(ids) for kind, ids in notes.items()})


begun = attrgetter("since.at", "id")
"""What entries are sorted by, the oldest first: names tell whole seconds only."""
