"""The machine that this program runs on, composed of its parts."""

from __future__ import annotations

import os
from collections.abc import Callable, Hashable, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import TypeVar

from reconciler.bell import ring
from reconciler.busy import Busy
from reconciler.errors import MachineError
from reconciler.machine import globbing, locks, signals, table, writing
from reconciler.machine.clock import Clock
from reconciler.machine.files import Filesystem
from reconciler.machine.listings import Listings
from reconciler.machine.load import Load
from reconciler.machine.mounts import Mounts
from reconciler.machine.processes import PROC, ProcTable
from reconciler.machine.questions import merged
from reconciler.machine.start import Starter
from reconciler.machine.waiting import Waiter
from reconciler.probes import Probes, answered
from reconciler.remote.farmers import RemoteFarmers
from reconciler.state import Absent, Fact, Ident, Instant, Unknown
from reconciler.world import Ask, Chunk, Command, Farmers, Machine, Process, Signal, Stat, Survey, Usage

Q = TypeVar("Q", bound=Hashable)
T = TypeVar("T")

# What the probes know the process table by; no mount is called so.
PROCESSES = "process table"


class LocalMachine:
    """`Machine`, really. For one thread only.

    deadline: seconds that a question to the file systems or the process table may take.
    step: called at each named place between two effects.
    mounts, filesystem: where the mount tables lie, and what asks the file systems.
    """

    def __init__(
        self,
        *,
        deadline: float = 2.0,
        step: Callable[[str], None] = lambda _: None,
        mounts: Mounts | None = None,
        filesystem: Filesystem | None = None,
    ) -> None:
        self.host = os.uname().nodename
        self.cpus = os.cpu_count() or 1
        self.memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
        self._step = step
        self._clock = Clock()
        self._mounts = mounts or Mounts()
        self._files = filesystem or Filesystem(Listings(self._mounts.dates))
        self._probes = Probes(deadline)
        self._table = _table(self._clock)
        self._starter = Starter(step)
        self._waiter = Waiter(self._table)
        self._load = Load()

    def now(self) -> Instant:
        """Both clocks, read together."""
        return self._clock.now()

    def utc_offset(self) -> int:
        """Seconds that local time is ahead of UTC, now."""
        return self._clock.utc_offset()

    # questions

    def processes(self, wanted: Callable[[Sequence[str]], bool]) -> Fact[tuple[Process, ...]]:
        """Every process whose argv is wanted; pass the same function each time, answers are kept for one."""
        self._starter.reap()
        # Reading an argv waits for the lock of that process's memory, which a hung disk may keep.
        return self._probes.ask({PROCESSES: [PROCESSES]}, lambda _: self._table.processes(wanted))[PROCESSES]

    def survey(self, asks: Sequence[Ask]) -> Mapping[str, Fact[Survey]]:
        """Each directory by its path."""
        wanted = merged(asks)
        self._mounts.refresh()
        answers: dict[str, Fact[Survey]] = {}
        for path in list(wanted):
            missing = self._mounts.missing(path)
            if missing is not None:
                answers[path] = Absent("is not mounted" if missing == path else f"{missing} is not mounted")
                del wanted[path]
        found = self._ask({ask: path for path, ask in wanted.items()}, self._files.survey)
        answers.update((ask.path, fact) for ask, fact in found.items())
        return answers

    def stat(self, paths: Sequence[str]) -> Mapping[str, Fact[Stat]]:
        """Each regular file by its path."""
        return self._ask({path: _folder(path) for path in paths}, self._files.stat)

    def read(self, wanted: Sequence[tuple[str, int, int]]) -> Mapping[str, Fact[Chunk]]:
        """Bytes of each (path, offset, limit)."""
        found = self._ask({one: _folder(one[0]) for one in wanted}, self._files.read)
        return {path: fact for (path, _, _), fact in found.items()}

    def glob(self, pattern: str) -> Fact[tuple[str, ...]]:
        """The folders that match, sorted."""
        return globbing.glob(pattern, self._each(self._files.folders), self._each(self._files.folder))

    def sure(self, path: str) -> bool:
        """Does asking for that path hang only where this program hangs, too?"""
        self._mounts.refresh()
        return self._mounts.ours(self._mounts.of(path))

    def held(self, path: str) -> Fact[bool]:
        """Does a process live that was started with this log?"""
        return self._ask({path: _folder(path)}, self._files.held)[path]

    def members(self, ident: Ident, session: bool) -> Fact[tuple[Ident, ...]]:
        """All processes of the session that ident leads; or ident and what descends from it; oldest first."""
        self._starter.reap()
        return table.members(self._table, ident, session)

    def alive(self, idents: Sequence[Ident]) -> tuple[Ident, ...]:
        """Those of them that are still that process, and no zombie."""
        self._starter.reap()
        return tuple(ident for ident in idents if table.lives(self._table, ident))

    def usage(self, idents: Sequence[Ident]) -> Mapping[Ident, Usage]:
        """What each of them has taken."""
        found = ((ident, self._table.usage(ident)) for ident in idents)
        return {ident: usage for ident, usage in found if usage is not None}

    def busy(self) -> Fact[Busy]:
        """How busy processors and drives have been."""
        return self._load.look(self.now().up)

    # verbs

    def start(self, log: str, record: bytes, command: Command) -> Ident:
        """Start a detached process with its output in a new log."""
        touched = (log, command.cwd or "/", command.argv[0])
        answers = self._each(self._files.folder)([path for path in touched if "/" in path])
        for path, fact in answers.items():
            if isinstance(fact, Unknown):
                raise MachineError(f"cannot start {command.argv[0]}: {path} {fact.why}")
        pid = self._starter.start(log, record, command)
        row = self._table.row(pid)
        if row is None:
            raise MachineError(f"{command.argv[0]} has ended before it could be seen; its log is {log}")
        return row.ident

    def signal(self, idents: Sequence[Ident], what: Signal) -> Fact[int]:
        """Signal each process that is still that process; how many were."""
        return signals.send(self._table, idents, what, self._step)

    def note(self, path: str, text: str) -> None:
        """Write a small file, whole or not at all."""
        writing.note(path, text, self._step)

    def folder(self, path: str) -> None:
        """Make a folder and those above it, where they are missing."""
        writing.folder(path)

    def drop_folder(self, path: str) -> Fact[None]:
        """Remove a folder, if it is empty."""
        return writing.drop_folder(path)

    def remove(self, path: str, inode: int | None = None) -> Fact[None]:
        """Remove a regular file, if it is (still) that inode."""
        return writing.remove(path, inode, self._step)

    def shelve(self, path: str, target: str) -> Fact[None]:
        """Move a settled log to the new path `target`; never replaces."""
        return writing.shelve(path, target, self._step)

    def lock(self, path: str, purpose: str) -> AbstractContextManager[Callable[[], None]]:
        """Hold the kernel's lock on that file for the context."""
        return locks.lock(path, purpose, self._table, self._clock.boot)

    def holder(self, path: str) -> str | None:
        """Who holds that lock, in words."""
        return locks.holder(path)

    def wait(self, watched: Sequence[Ident], seconds: float, wake: str) -> None:
        """Sleep that long at most; not at all where a process that was started here has ended since."""
        if self._starter.ended():
            return
        own = (row.ident for pid in self._starter.pids if (row := self._table.row(pid)) is not None)
        self._waiter.wait(tuple({*watched, *own}), seconds, wake)
        self._starter.ended()

    def ring(self, wake: str) -> bool:
        """Ring a waiting loop awake."""
        return ring(wake)

    def step(self, name: str) -> None:
        """A named place between two effects."""
        self._step(name)

    def _ask(self, places: Mapping[Q, str], answer: Callable[[Q], Fact[T]]) -> dict[Q, Fact[T]]:
        """Each question's answer, asked by the mount of its place.

        Mounts that may hang are asked by others, side by side. To have those asked, too, that hang only where this
        program does would cost more than the answers.
        """
        groups: dict[str, list[Q]] = {}
        there: dict[str, list[Q]] = {}
        for question, place in places.items():
            if place not in there:
                there[place] = groups.setdefault(self._mounts.of(place), [])
            there[place].append(question)
        here = {mount: groups.pop(mount) for mount in [*groups] if self._mounts.ours(mount)}
        found = {question: answered(answer, question) for each in here.values() for question in each}
        return {**found, **self._probes.ask(groups, answer)} if groups else found

    def _each(self, answer: Callable[[str], Fact[T]]) -> Callable[[Sequence[str]], dict[str, Fact[T]]]:
        """The same question about each of some paths."""
        return lambda paths: self._ask({path: path for path in paths}, answer)


class LocalWorld:
    """`World`, really. patience: seconds that a farmer's first answer is waited for; a loop has none."""

    def __init__(self, machine: LocalMachine, *, patience: float = 0.0) -> None:
        self.machine: Machine = machine
        self.farmers: Farmers = RemoteFarmers(machine.now, patience)


def _folder(path: str) -> str:
    return path.rpartition("/")[0] or "/"


def _table(clock: Clock) -> table.Table:
    """The process table, from where this system keeps it."""
    if os.path.exists(f"{PROC}/self/stat"):
        return ProcTable(clock)
    from reconciler.machine.elsewhere import PsutilTable

    return PsutilTable(clock)
