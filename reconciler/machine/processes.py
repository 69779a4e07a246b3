"""The process table out of /proc.

Formats: proc(5). What a process is, is kept by (pid, inode of /proc/PID): procfs gives a reused pid another
inode, so one scandir tells who is new, and an unchanged process that is none of ours costs no read at all.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass

from reconciler.machine.clock import Clock
from reconciler.machine.table import JOB, YOUNG, Row, Wanted
from reconciler.machine.text import plain, reason
from reconciler.state import Fact, Ident, Known, Unknown
from reconciler.world import Process, Usage

PROC = "/proc"
BLOCK = 1 << 16

# An exec within an old process, say of a shell that has waited, changes neither its pid nor its inode: so
# "not wanted" is asked again after this many seconds, and a share of the pid to spread the asking.
RECHECK = 240.0
SPREAD = 128


@dataclass(slots=True)
class _Kept:
    """A wanted process as last read. comm: changes with an exec; settled: no longer young."""

    inode: int
    comm: bytes
    settled: bool
    process: Process


class ProcTable:
    """The processes of a system with /proc."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._tick: int = os.sysconf("SC_CLK_TCK")
        self._page: int = os.sysconf("SC_PAGE_SIZE")
        self._wanted: Wanted | None = None
        self._others: dict[str, tuple[int, float]] = {}  # pid: inode, and until when "not wanted" holds
        self._ours: dict[str, _Kept] = {}

    def processes(self, wanted: Wanted) -> Fact[tuple[Process, ...]]:
        """As `Machine.processes`. Pass the same function each time: answers are kept for one only."""
        if wanted != self._wanted:
            self._wanted, self._others, self._ours = wanted, {}, {}
        up = self._clock.up()
        known, others, ours = self._others, {}, {}
        try:
            with os.scandir(PROC) as listing:
                for entry in listing:
                    pid = entry.name
                    if not pid.isdecimal():
                        continue
                    inode = entry.inode()
                    other = known.get(pid)
                    if other is not None and other[0] == inode and up < other[1]:
                        others[pid] = other
                        continue
                    found = self._look(pid, inode, up, wanted)
                    if isinstance(found, _Kept):
                        ours[pid] = found
                    elif found is not None:
                        others[pid] = (inode, found)
        except OSError as error:
            return Unknown(f"the process table cannot be read: {reason(error)}")
        self._others, self._ours = others, ours
        return Known(tuple(kept.process for kept in ours.values()))

    def _look(self, pid: str, inode: int, up: float, wanted: Wanted) -> _Kept | float | None:
        """A wanted process; or until when "not wanted" holds; None: it is gone, or too young to tell."""
        stat = _stat(pid)
        if stat is None:
            return None
        comm, fields = stat
        if fields[0] in b"ZX":
            return None
        age = max(0.0, up - int(fields[19]) / self._tick)
        kept = self._ours.get(pid)
        if kept is not None and kept.inode == inode and kept.settled and kept.comm == comm:
            was = kept.process
            kept.process = Process(
                ident=was.ident,
                ppid=int(fields[1]),
                session=int(fields[3]),
                argv=was.argv,
                age=age,
                stopped=fields[0] == b"T",
                stdout=was.stdout,
                cwd=was.cwd,
                job=was.job,
            )
            return kept
        argv = _strings(pid, "cmdline")
        if not argv or not wanted(argv):
            return up + RECHECK + int(pid) % SPREAD if age > YOUNG else None
        process = Process(
            ident=Ident(self._clock.boot, int(pid), int(fields[19])),
            ppid=int(fields[1]),
            session=int(fields[3]),
            argv=argv,
            age=age,
            stopped=fields[0] == b"T",
            stdout=_file(_link(pid, "fd/1")),
            cwd=_link(pid, "cwd"),
            job=_variable(pid, JOB),
        )
        return _Kept(inode, comm, age > YOUNG, process)

    def row(self, pid: int) -> Row | None:
        """As `Table.row`."""
        stat = _stat(str(pid))
        return None if stat is None else self._row(str(pid), stat[1])

    def rows(self) -> Iterator[Row]:
        """As `Table.rows`."""
        for pid in filter(str.isdecimal, os.listdir(PROC)):
            stat = _stat(pid)
            if stat is not None:
                yield self._row(pid, stat[1])

    def usage(self, ident: Ident) -> Usage | None:
        """As `Table.usage`."""
        stat = _stat(str(ident.pid))
        if stat is None or self._row(str(ident.pid), stat[1]).ident != ident:
            return None
        fields = stat[1]
        user, system, io = (int(fields[index]) / self._tick for index in (11, 12, 39))
        return Usage(int(fields[21]) * self._page, user, system, io)

    def _row(self, pid: str, fields: list[bytes]) -> Row:
        ident = Ident(self._clock.boot, int(pid), int(fields[19]))
        return Row(ident, int(fields[1]), int(fields[3]), fields[0] in b"ZX", fields[0] == b"T")


def _stat(pid: str) -> tuple[bytes, list[bytes]] | None:
    """The name, and the fields after it (the third of proc(5) is the first here); None: it is gone."""
    raw = _contents(pid, "stat")
    if not raw:
        return None
    # The name stands in parentheses and may hold any byte, a parenthesis or a blank too.
    head, _, tail = raw.rpartition(b")")
    return head, tail.split()


def _contents(pid: str, name: str) -> bytes | None:
    """All bytes of a file of the process; None: it is gone, or this is not for us to read."""
    try:
        file = os.open(f"{PROC}/{pid}/{name}", os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return None
    try:
        data = block = os.read(file, BLOCK)
        while len(block) == BLOCK:
            block = os.read(file, BLOCK)
            data += block
        return data
    except OSError:
        return None
    finally:
        os.close(file)


def _strings(pid: str, name: str) -> tuple[str, ...]:
    """The NUL-terminated strings of a file of the process."""
    raw = _contents(pid, name)
    if not raw:
        return ()
    return tuple(plain(raw).removesuffix("\0").split("\0"))


def _variable(pid: str, name: str) -> str | None:
    """The value of a variable in the environment that the process was started with."""
    raw = _contents(pid, "environ")
    if not raw:
        return None
    _, found, rest = (b"\0" + raw).partition(f"\0{name}=".encode())
    return plain(rest.partition(b"\0")[0]) if found else None


def _link(pid: str, name: str) -> str | None:
    """Where a link of the process leads; a removed file keeps its name."""
    try:
        return plain(os.readlink(f"{PROC}/{pid}/{name}".encode())).removesuffix(" (deleted)")
    except OSError:
        return None


def _file(path: str | None) -> str | None:
    """The path, where it is one of a file: pipes have none, and devices are no logs."""
    return path if path is not None and path.startswith("/") and not path.startswith("/dev/") else None
