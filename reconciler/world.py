"""The narrow waist: what the reconciler may ask of a machine, and do to it.

Raw facts and few verbs. `machine/` and `remote/` are the real one, `simulate/` holds another; the observer, the
actions and the loop receive a World and never make one. Imports nothing but the nouns.

Laws for whoever implements this:

- A question that can block has a deadline of its own; what did not answer is Unknown, and is not
  asked again before it has answered.
- A fact that is Absent is certain.
- Nothing raises for what a path, a process or a disk may do; MachineError is for verbs only.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Literal, NamedTuple, Protocol

from reconciler.busy import Busy
from reconciler.inquiry import Heard, Question
from reconciler.noun import noun
from reconciler.state import Fact, Ident, Instant

MISSING = "does not exist"
"""Why a path is Absent that nothing stands in the way of making."""

# --- raw facts -----------------------------------------------------------------------------------


@noun(kw_only=True)
class Process:
    """One process, as the process table shows it.

    session: pid of its session's leader.
    age: seconds since it started.
    stdout: the file behind its standard output; None: no file, or not to be read.
    cwd: None: not to be read.
    job: the value of PLOTMAN_JOB in its environment; None: not set, or not to be read.
    stopped: by a signal.
    """

    ident: Ident
    ppid: int
    session: int
    argv: tuple[str, ...]
    age: float
    stopped: bool = False
    stdout: str | None = None
    cwd: str | None = None
    job: str | None = None


class Entry(NamedTuple):
    """One name in a directory. stat: of a regular file, where it was asked for and can be told."""

    name: str
    inode: int
    folder: bool = False
    stat: Stat | None = None


EVERY = ""
"""How the names of all files end."""


@noun
class Ask:
    """A question about one directory.

    names: list it, too. stats: and say what stat says of each regular file there whose name ends so; `EVERY`: of each.
    mount: it must lie at or below a mount point of its own, else it is Absent.
    """

    path: str
    names: bool = False
    mount: bool = False
    stats: tuple[str, ...] = ()


@noun(kw_only=True)
class Survey:
    """A directory as it answered. entries: empty unless asked for; free: for whoever writes here, bytes."""

    real: str
    device: str
    free: int
    total: int
    writable: bool
    entries: tuple[Entry, ...] = ()


@noun
class Stat:
    """What stat says of a regular file. modified: wall clock."""

    bytes: int
    modified: float
    inode: int
    device: str


@noun
class Chunk:
    """Some bytes of a file from the offset asked for; short at the end, or where the limit was met."""

    inode: int
    size: int
    modified: float
    data: bytes


@noun
class Usage:
    """What a job has taken. memory: resident bytes; user, system, io: CPU and I/O wait seconds."""

    memory: int
    user: float
    system: float
    io: float


@noun(kw_only=True)
class Command:
    """What to run. env is added to the loop's own; cwd: None: "/"; nice is added to the loop's own."""

    argv: tuple[str, ...]
    env: Mapping[str, str]
    nice: int = 0
    cwd: str | None = None


Signal = Literal["stop", "continue", "terminate", "kill"]

# --- the machine ---------------------------------------------------------------------------------


class Machine(Protocol):
    """One computer: its clocks, processes, files and locks."""

    @property
    def host(self) -> str:
        """Its name."""

    @property
    def cpus(self) -> int:
        """Logical processors."""

    @property
    def memory(self) -> int:
        """Bytes of RAM."""

    def now(self) -> Instant:
        """Both clocks, read together."""

    def utc_offset(self) -> int:
        """Seconds that local time is ahead of UTC, now."""

    # questions

    def processes(self, wanted: Callable[[Sequence[str]], bool]) -> Fact[tuple[Process, ...]]:
        """Every process whose argv is wanted. Zombies and kernel threads are none.

        The answer for one process may be kept as long as it lives, but a "no" only once the process is
        older than 5 s: before that it may not have exec'ed yet.
        """

    def survey(self, asks: Sequence[Ask]) -> Mapping[str, Fact[Survey]]:
        """Each directory by its path, asked side by side, within one deadline for all.

        One that is asked for twice is asked once, for all that was wanted.
        """

    def stat(self, paths: Sequence[str]) -> Mapping[str, Fact[Stat]]:
        """Each regular file by its path; Absent for what is none (links are not followed)."""

    def read(self, wanted: Sequence[tuple[str, int, int]]) -> Mapping[str, Fact[Chunk]]:
        """Bytes of each (path, offset, limit); a regular file only, links are not followed at the end."""

    def glob(self, pattern: str) -> Fact[tuple[str, ...]]:
        """The folders that match, sorted; a path without wildcards is itself, whether it exists or not."""

    def held(self, path: str) -> Fact[bool]:
        """Does a process live that was started with this log? "No" is final."""

    def members(self, ident: Ident, session: bool) -> Fact[tuple[Ident, ...]]:
        """All processes of the session that ident leads; or ident and what descends from it.

        Absent: ident is no longer that process and (with session) nothing of its session is left.
        """

    def alive(self, idents: Sequence[Ident]) -> tuple[Ident, ...]:
        """Those of them that are still that process, and no zombie."""

    def usage(self, idents: Sequence[Ident]) -> Mapping[Ident, Usage]:
        """What each of them has taken; those that are gone are left out."""

    def busy(self) -> Fact[Busy]:
        """How busy processors and drives have been in the last minutes; Unknown until they were looked at that long."""

    # verbs

    def start(self, log: str, record: bytes, command: Command) -> Ident:
        """Start a detached process with its output in a new log.

        The log is created under its name exclusively, holding `record` as its first line, locked and
        flushed to disk (file and directory) before the process exists; the lock lives exactly as long as
        a process that inherited the log. The process leads a session of its own.

        Raises AlreadyStarted where the log exists, MachineError where anything else is in the way; the log
        then holds a line that says so, or does not exist.
        """

    def signal(self, idents: Sequence[Ident], what: Signal) -> Fact[int]:
        """Signal each process that is still that process, proven at the very signal; how many were.

        Absent: none was; Unknown: the kernel refused.
        """

    def note(self, path: str, text: str) -> None:
        """Write a small file, whole or not at all, flushed to disk; replaces. Raises MachineError."""

    def folder(self, path: str) -> None:
        """Make a folder and those above it, where they are missing. Raises MachineError."""

    def drop_folder(self, path: str) -> Fact[None]:
        """Remove a folder, if it is empty. Absent: it is not there or no folder; Unknown: it holds something."""

    def remove(self, path: str, inode: int | None = None) -> Fact[None]:
        """Remove a regular file, if it is (still) that inode. Absent: it is not there or is another."""

    def shelve(self, path: str, target: str) -> Fact[None]:
        """Move a settled log to another folder of the same file system; never replaces."""

    def lock(self, path: str, purpose: str) -> AbstractContextManager[Callable[[], None]]:
        """Hold the kernel's lock on that file for the context. Raises LockHeld, naming the holder.

        The context's value takes the lock anew where somebody has removed its file; it raises LockHeld where
        another has been quicker.
        """

    def holder(self, path: str) -> str | None:
        """Who holds that lock, in words; None: nobody."""

    def wait(self, watched: Sequence[Ident], seconds: float, wake: str) -> None:
        """Sleep that long at most; less where a process ends, a signal comes or `wake` is rung.

        The processes that count are the watched ones and those that this machine object started itself.
        wake: the path of the socket to listen on; empty: none.
        """

    def ring(self, wake: str) -> bool:
        """Ring a waiting loop awake; did anyone listen?"""

    def step(self, name: str) -> None:
        """A named place between two effects. Does nothing; a test that wants the world to end ends it here."""


# --- other machines ------------------------------------------------------------------------------


class Farmers(Protocol):
    """Other machines that plots go to."""

    def hear(
        self, questions: Sequence[Question], *, wake: str = "", kicked: float = 0.0
    ) -> Mapping[str, Heard]:
        """What each farmer last said, by its name; and ask anew, in the background, those whose time it is.

        Never waits for longer than this object's patience, which is none in a loop. wake: the bell to ring
        when a farmer that was not known has answered. kicked: wall clock before which failures are forgotten.
        A farmer has at most one question under way; farmers that are not asked after any more are let go.
        """


class World(Protocol):
    """Everything outside."""

    @property
    def machine(self) -> Machine:
        """The machine that this reconciler runs on."""

    @property
    def farmers(self) -> Farmers:
        """The other machines."""
