"""A running program's hands on a simulated computer, as `world.Machine` asks for them.

A new object is a new program on the same computer: whoever drops it has killed that program. The named
steps are those of the real machine, so that a test can let the world end at each of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager

from reconciler.busy import Busy
from reconciler.errors import AlreadyStarted, LockHeld, MachineError
from reconciler.machine.globbing import glob
from reconciler.machine.questions import merged
from reconciler.simulate.computer import Computer
from reconciler.simulate.disks import File
from reconciler.simulate.moving import Move
from reconciler.simulate.network import SimulatedFarmers
from reconciler.simulate.processes import Process as Played
from reconciler.state import Absent, Fact, Ident, Instant, Known, Unknown
from reconciler.world import Ask, Chunk, Command, Entry, Farmers, Process, Signal, Stat, Survey, Usage

JOB_MEMORY = 4 << 30
"""Bytes that a simulated process says it has resident."""


class SimulatedMachine:
    """`Machine`, in memory. step: called at each named place between two effects."""

    def __init__(self, computer: Computer, *, step: Callable[[str], None] = lambda _: None) -> None:
        self.computer = computer
        self.host, self.cpus, self.memory = computer.host, computer.cpus, computer.memory
        self.step = step
        self._started: list[Ident] = []
        self._wanted: Callable[[Sequence[str]], bool] | None = None
        self._chosen: dict[Played, bool] = {}
        self._listed: dict[str, tuple[Sequence[tuple[str, File | None]], tuple[Entry, ...]]] = {}

    def now(self) -> Instant:
        """Both clocks, read together."""
        return self.computer.clock.now()

    def utc_offset(self) -> int:
        """Seconds that local time is ahead of UTC, now."""
        return self.computer.utc_offset

    # questions

    def processes(self, wanted: Callable[[Sequence[str]], bool]) -> Fact[tuple[Process, ...]]:
        """Every process whose argv is wanted; before its exec, a process shows this program's."""
        if self.computer.faults.process_table is not None:
            return Unknown(self.computer.faults.process_table)
        up = self.computer.clock.up
        living = self.computer.processes.living
        if wanted != self._wanted:
            self._wanted, self._chosen = wanted, {}
        chosen: dict[Played, bool] = {}
        for each in living:
            if each.execs <= up:
                chosen[each] = self._chosen[each] if each in self._chosen else wanted(each.argv)
        # An argv never changes here, and of what has ended nothing is kept.
        self._chosen = chosen
        return Known(tuple(self._seen(each, up) for each, is_wanted in chosen.items() if is_wanted))

    def _seen(self, process: Played, up: float) -> Process:
        return Process(
            ident=process.ident,
            ppid=1,
            session=process.ident.pid,
            argv=process.argv,
            age=up - process.started,
            stopped=process.stopped,
            stdout=process.output.path if process.output is not None else None,
            cwd="/",
            job=process.job,
        )

    def survey(self, asks: Sequence[Ask]) -> Mapping[str, Fact[Survey]]:
        """Each directory by its path."""
        return {path: self._survey(ask) for path, ask in merged(asks).items()}

    def _survey(self, ask: Ask) -> Fact[Survey]:
        disks, path = self.computer.disks, ask.path
        device = disks.device(path)
        if device.trouble is not None:
            return device.trouble
        if not disks.is_folder(path):
            return Absent("does not exist" if disks.file(path) is None else "is not a directory")
        if ask.mount and device is disks.device("/"):
            return Absent("is not a mount point of its own")
        return Known(
            Survey(
                real=path,
                device=device.number,
                free=device.free,
                total=device.total,
                writable=device.writable,
                entries=self._sized(path, ask.stats) if ask.names or ask.stats else (),
            )
        )

    def _entries(self, path: str) -> tuple[Entry, ...]:
        """Names in a folder, made anew only where it has changed."""
        listing = self.computer.disks.listing(path)
        kept = self._listed.get(path)
        if kept is None or kept[0] is not listing:
            known = dict(zip(*kept, strict=True)) if kept is not None else {}
            entries = tuple(
                [
                    known.get(each) or Entry(each[0], each[1].inode if each[1] else 0, each[1] is None)
                    for each in listing
                ]
            )
            kept = self._listed[path] = (listing, entries)
        return kept[1]

    def _sized(self, path: str, endings: tuple[str, ...]) -> tuple[Entry, ...]:
        """The same with what stat says of those files whose names end so."""
        entries = self._entries(path)
        if not endings:
            return entries
        return tuple(
            [self._with_stat(path, each) if each.name.endswith(endings) else each for each in entries]
        )

    def _with_stat(self, path: str, entry: Entry) -> Entry:
        stat = self._stat(f"{path}/{entry.name}")
        return entry._replace(stat=stat.value) if isinstance(stat, Known) else entry

    def stat(self, paths: Sequence[str]) -> Mapping[str, Fact[Stat]]:
        """Each regular file by its path."""
        return {path: self._stat(path) for path in paths}

    def _stat(self, path: str) -> Fact[Stat]:
        device, file = self.computer.disks.device(path), self.computer.disks.file(path)
        if device.hung:
            return device.trouble or Absent("does not exist")
        if file is None:
            return Absent("does not exist")
        return Known(Stat(file.size, file.modified, file.inode, device.number))

    def read(self, wanted: Sequence[tuple[str, int, int]]) -> Mapping[str, Fact[Chunk]]:
        """Bytes of each (path, offset, limit)."""
        return {path: self._read(path, offset, limit) for path, offset, limit in wanted}

    def _read(self, path: str, offset: int, limit: int) -> Fact[Chunk]:
        device, file = self.computer.disks.device(path), self.computer.disks.file(path)
        if device.hung:
            return device.trouble or Absent("does not exist")
        if file is None:
            return Absent("does not exist")
        if not file.readable:
            return Unknown("permission denied")
        return Known(Chunk(file.inode, file.size, file.modified, file.bytes(offset, limit)))

    def glob(self, pattern: str) -> Fact[tuple[str, ...]]:
        """The folders that match, sorted."""
        return glob(
            pattern,
            lambda paths: {path: self._folders(path) for path in paths},
            lambda paths: {path: self._folder(path) for path in paths},
        )

    def _folders(self, path: str) -> Fact[tuple[tuple[str, bool], ...]]:
        folder = self._folder(path)
        if not isinstance(folder, Known):
            return folder
        listing = self.computer.disks.listing(path)
        return Known(tuple((name, False) for name, file in listing if file is None))

    def _folder(self, path: str) -> Fact[None]:
        disks = self.computer.disks
        trouble = disks.device(path).trouble
        if trouble is not None:
            return trouble
        return Known(None) if disks.is_folder(path) else Absent("does not exist")

    def held(self, path: str) -> Fact[bool]:
        """Does a process live that was started with this log?"""
        device, file = self.computer.disks.device(path), self.computer.disks.file(path)
        if device.hung:
            return device.trouble or Absent("does not exist")
        return Known(bool(file.holders)) if file is not None else Absent("does not exist")

    def members(self, ident: Ident, session: bool) -> Fact[tuple[Ident, ...]]:  # noqa: ARG002
        """The process itself: each leads a session of its own, and has no children."""
        return Known((ident,)) if self.computer.processes.get(ident) is not None else Absent("is gone")

    def alive(self, idents: Sequence[Ident]) -> tuple[Ident, ...]:
        """Those of them that are still that process."""
        return tuple(ident for ident in idents if self.computer.processes.get(ident) is not None)

    def usage(self, idents: Sequence[Ident]) -> Mapping[Ident, Usage]:
        """What each of them has taken: one processor, all the time."""
        up = self.computer.clock.up
        living = ((ident, self.computer.processes.get(ident)) for ident in idents)
        return {
            ident: Usage(JOB_MEMORY, up - process.started, 0.0, 0.0)
            for ident, process in living
            if process is not None
        }

    def busy(self) -> Fact[Busy]:
        """How busy processors and drives are: now, since that changes only when work begins or ends."""
        load = {name: self.computer.fluid.load(each) for name, each in self.computer.shared.items()}
        if not load:
            return Unknown("nothing is shared here")
        return Known(Busy(load.pop("cpu"), load, self.computer.memory_taken() / self.memory))

    # verbs

    def start(self, log: str, record: bytes, command: Command) -> Ident:
        """Start a detached process with its output in a new log."""
        disks = self.computer.disks
        if disks.file(log) is not None:
            raise AlreadyStarted(f"{log} exists: it was started before")
        try:
            file = disks.create(_draft(log), record.rstrip(b"\n") + b"\n")
        except OSError as error:
            raise MachineError(f"cannot create the log {log}: {error.strerror}") from error
        file.holders.add(self)
        try:
            self.step("start: log written")
            disks.rename(_draft(log), log)
            self.step("start: log published")
            try:
                process = self.computer.run(command.argv, output=file, job=command.env.get("PLOTMAN_JOB"))
            except (OSError, ValueError) as error:
                words = f"could not start {command.argv[0]}: {error}"
                disks.append(file, f"plotman: {words}\n".encode())
                raise MachineError(f"{words}; its log is {log}") from error
            self._started.append(process.ident)
            self.step("start: forked")
        finally:
            file.holders.discard(self)
        self.step("start: started")
        return process.ident

    def signal(self, idents: Sequence[Ident], what: Signal) -> Fact[int]:
        """Signal each process that is still that process; how many were."""
        processes = self.computer.processes
        verbs = {
            "stop": processes.stop,
            "continue": processes.go_on,
            "terminate": processes.terminate,
            "kill": processes.kill,
        }
        sent = 0
        for ident in idents:
            process = processes.get(ident)
            if process is not None:
                verbs[what](process)
                sent += 1
                self.step("signal: sent")
        return Known(sent) if sent else Absent("no such process any more")

    def note(self, path: str, text: str) -> None:
        """Write a small file, whole or not at all."""
        disks = self.computer.disks
        try:
            disks.make_folder(path.rpartition("/")[0])
            if disks.file(_draft(path)) is not None:
                disks.remove(_draft(path))
            disks.create(_draft(path), text.encode())
            self.step("note: flushed")
            if disks.file(path) is not None:
                disks.remove(path)
            disks.rename(_draft(path), path)
        except OSError as error:
            raise MachineError(f"cannot write {path}: {error.strerror}") from error
        self.step("note: written")

    def folder(self, path: str) -> None:
        """Make a folder and those above it, where they are missing."""
        try:
            self.computer.disks.make_folder(path)
        except OSError as error:
            raise MachineError(f"cannot make the folder {path}: {error.strerror}") from error

    def drop_folder(self, path: str) -> Fact[None]:
        """Remove a folder, if it is empty."""
        return self.computer.disks.drop_folder(path)

    def remove(self, path: str, inode: int | None = None) -> Fact[None]:
        """Remove a regular file, if it is (still) that inode."""
        file = self.computer.disks.file(path)
        if file is None:
            return Absent("does not exist")
        if inode is not None and file.inode != inode:
            return Absent("is another file by now")
        try:
            self.computer.disks.remove(path)
        except OSError as error:
            return Unknown(str(error.strerror))
        self.step("remove: removed")
        return Known(None)

    def shelve(self, path: str, target: str) -> Fact[None]:
        """Move a settled log to another folder; never replaces."""
        disks = self.computer.disks
        if disks.file(path) is None:
            return Absent("does not exist")
        try:
            disks.make_folder(target.rpartition("/")[0])
            disks.rename(path, target)
        except OSError as error:
            return Unknown(str(error.strerror))
        self.step("shelve: moved")
        return Known(None)

    def lock(self, path: str, purpose: str) -> AbstractContextManager[Callable[[], None]]:
        """Hold the lock on that file for the context."""
        return self._lock(path, purpose)

    @contextmanager
    def _lock(self, path: str, purpose: str) -> Iterator[Callable[[], None]]:
        locks = self.computer.locks
        if path in locks:
            raise LockHeld(f"{path} is held by {locks[path]}; stop that, or let it do the work")
        locks[path] = purpose
        try:
            yield lambda: None
        finally:
            del locks[path]

    def holder(self, path: str) -> str | None:
        """Who holds that lock, in words."""
        return self.computer.locks.get(path)

    def wait(self, watched: Sequence[Ident], seconds: float, wake: str) -> None:
        """Let so much time pass; less where a process ends or `wake` is rung."""
        computer = self.computer
        if wake:
            computer.bells.setdefault(wake, False)
        self._started = list(self.alive(self._started))
        computer.noticed = False
        living = {ident.pid: computer.processes.get(ident) for ident in {*watched, *self._started}}
        if None not in living.values():
            ended = computer.processes.ended

            def enough() -> bool:
                nonlocal ended
                if computer.bells.get(wake, False) or computer.noticed:
                    return True
                if computer.processes.ended == ended:
                    return False
                ended = computer.processes.ended
                gone = living.keys() - computer.processes.pids
                return any(self._heeded(process) for pid in gone if (process := living[pid]) is not None)

            computer.clock.advance(max(0.0, seconds), enough)
        if wake:
            computer.bells[wake] = False

    def _heeded(self, ended: Played) -> bool:
        """Is it news that this process has ended?"""
        return self.computer.heed_transfers or not (
            isinstance(ended.doing, Move) and ended.doing.step == "done"
        )

    def ring(self, wake: str) -> bool:
        """Ring a waiting loop awake."""
        if wake not in self.computer.bells:
            return False
        self.computer.bells[wake] = True
        return True


class SimulatedWorld:
    """`World`, in memory."""

    def __init__(self, machine: SimulatedMachine) -> None:
        self.machine = machine
        self.farmers: Farmers = SimulatedFarmers(machine.computer)


def _draft(path: str) -> str:
    """Where a file is prepared: beside it, so that publishing is a rename."""
    folder, _, name = path.rpartition("/")
    return f"{folder}/.new-{name}"
