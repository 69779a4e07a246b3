"""Plays a mover: the steps, log lines, locks and files of `transports/mover.py`, to a disk here or at a farmer."""

from __future__ import annotations

from dataclasses import dataclass
from json.encoder import encode_basestring_ascii
from typing import TYPE_CHECKING

from reconciler.errand import STALE, Errand
from reconciler.simulate.disks import Disks, File
from reconciler.simulate.faults import Fate
from reconciler.simulate.processes import Process, Program, Terminated
from reconciler.transports import failure
from reconciler.transports.failure import Failure, failure_of
from reconciler.transports.names import parse_part, part_name

if TYPE_CHECKING:
    from reconciler.simulate.computer import Computer
    from reconciler.simulate.network import Host

SLICES = 5
"""Into so many steps a copy is cut."""
PATIENCE = 1.0
"""Seconds for which a mover asks for a lock that another has."""
TIMEOUT = 120.0
"""Seconds of silence after which a link is given up."""
HANGS = 300.0
"""Seconds between two moments of a mover that does nothing."""


class _Doom(Failure):
    """The failure that a fate holds in store."""

    def __init__(self, fate: Fate) -> None:
        super().__init__(fate.words)
        self.word = fate.kind


@dataclass(eq=False, slots=True)
class Move:
    """A plot on its way. step: the last one taken."""

    errand: Errand
    process: Process
    fate: Fate | None = None
    step: str = ""
    part: File | None = None

    def program(self, computer: Computer) -> Program:
        """The whole move, and its outcome as the log's last line."""
        try:
            yield from self._move(computer)
        except _Doom as doom:
            if doom.word is not None:
                self._say(computer, outcome="failed", kind=doom.word, error=str(doom))
        except (Failure, OSError) as error:
            told = failure_of(self.errand.disk, error)
            if not told.keeps_part:
                self._discard(computer)
            self._say(computer, outcome="failed", kind=told.kind, error=str(told))
        except Terminated:
            self._say(computer, outcome="failed", kind=failure.Stopped.kind, error="stopped by a signal")
        else:
            self._say(computer, outcome="finished")

    @property
    def _final(self) -> str:
        return f"{self.errand.disk.rstrip('/')}/{self.errand.plot}"

    def _part_path(self, size: int) -> str:
        return f"{self.errand.disk.rstrip('/')}/{part_name(self.errand.plot, size, self.errand.host)}"

    def _move(self, computer: Computer) -> Program:
        disks, path, there = computer.disks, self.errand.path, self._there(computer)
        yield from computer.answers(path)
        source = disks.file(path)
        if source is None:
            yield from self._reach(computer)
            standing = there.file(self._final)
            if standing is None:
                raise failure.Gone(f"{path} is not there, and the plot does not stand at its target")
            yield from self._take(computer, "done", standing.size, standing.size)
            return
        yield from self._lock(source, path)
        yield from self._take(computer, "locked", 0, source.size)
        yield from self._reach(computer)
        standing = there.file(self._final)
        if standing is not None:
            yield computer.pace.check(self.errand, source.size)
            self._compare(source, standing)
            left = there.file(self._part_path(source.size))
            if left is not None and not left.holders:
                there.remove(self._part_path(source.size))
        else:
            yield from self._bring(computer, source)
        yield from computer.answers(path)
        if disks.file(path) is source:
            disks.remove(path)
        yield from self._take(computer, "removed", source.size, source.size)
        yield from self._take(computer, "done", source.size, source.size)

    def _host(self, computer: Computer) -> Host | None:
        """The farmer; None: it is this computer."""
        where = self.errand.way.login or self.errand.way.daemon
        return computer.network[where.host] if where is not None else None

    def _there(self, computer: Computer) -> Disks:
        host = self._host(computer)
        return host.disks if host is not None else computer.disks

    def _reach(self, computer: Computer) -> Program:
        """Wait for the target folder to answer."""
        disk, host, there = self.errand.disk, self._host(computer), self._there(computer)
        if host is not None and host.link == "silent":
            yield TIMEOUT
        if host is not None and host.link != "up":
            silent = host.link == "silent"
            raise (failure.Silent if silent else failure.Away)(f"{self.errand.farmer}: no answer")
        if host is None:
            yield from computer.answers(disk)
        elif there.device(disk).hung:
            yield TIMEOUT
            if there.device(disk).hung:
                raise failure.Silent(f"{disk}: no answer")
        if not there.is_folder(disk):
            self._make_folder(there)
        if not there.device(disk).writable:
            raise failure.Refused(f"{disk}: Read-only file system")

    def _make_folder(self, there: Disks) -> None:
        """The folder for plots, on a disk that is there."""
        disk, folder = self.errand.disk, self.errand.way.folder
        if not folder or not there.is_folder(disk.removesuffix(f"/{folder}")):
            raise failure.Missing(f"{disk}: No such file or directory")
        there.make_folder(disk)

    def _lock(self, file: File, path: str) -> Program:
        if file.holders:
            yield PATIENCE
        if file.holders:
            raise failure.Busy(f"{path} is locked: another mover has it")
        self.process.lock(file)

    def _compare(self, source: File, standing: File) -> None:
        if (standing.size, bytes(standing.data)) != (source.size, bytes(source.data)):
            raise failure.Conflict(f"{self._final} stands there with other content")

    def _bring(self, computer: Computer, source: File) -> Program:
        """Make the plot stand at its target, under its final name."""
        disks, size = self._there(computer), source.size
        path = self._part_path(size)
        self.part = disks.file(path) or disks.create(path)
        host = self._host(computer)
        if host is None:
            yield from self._lock(self.part, path)
            disks.reserve(self.part, size)
        else:
            self._claim(computer, host)
        yield from self._take(computer, "reserved", 0, size)
        yield from self._take(computer, "copying", 0, size)
        while self.part.size < size:
            piece = min(size - self.part.size, max(1, size // SLICES))
            until = self.part.size + piece
            yield computer.pace.carry(self.errand, piece, self.part)
            yield from self._reach(computer)
            disks.resize(self.part, until)
            yield from self._take(computer, "copying", self.part.size, size)
        self.part.data[:] = source.data
        yield from self._take(computer, "synced", size, size)
        yield computer.pace.check(self.errand, size)
        yield from self._reach(computer)
        yield from self._take(computer, "verified", size, size)
        yield from self._reach(computer)
        standing = disks.file(self._final)
        if standing is not None:
            self._compare(source, standing)
        disks.rename(path, self._final)
        yield from self._take(computer, "published", size, size)

    def _claim(self, computer: Computer, host: Host) -> None:
        """All that is under way to that disk must fit, this plot with it."""
        missing = 0
        for name, file in host.parts(self.errand.disk).items():
            landing = parse_part(name)
            if landing is None or landing.bytes is None:
                continue
            if landing.host == self.errand.host or computer.clock.at - file.modified < STALE:
                missing += max(0, landing.bytes - file.size)
        if missing > host.disks.device(self.errand.disk).free - self.errand.way.floor:
            raise failure.Full(f"{self.errand.disk}: {missing} bytes are under way there")

    def _discard(self, computer: Computer) -> None:
        path, host = self.part.path if self.part is not None else None, self._host(computer)
        if path is not None and path != self._final and (host is None or host.link == "up"):
            self._there(computer).remove(path)

    def _take(self, computer: Computer, step: str, done: int, size: int) -> Program:
        """Say that a step was taken, and meet the fate that waits there."""
        self.step = step
        self._say(computer, step=step, done=done, bytes=size)
        if self.fate is not None and self.fate.at == step:
            while self.fate.how == "hangs":
                yield HANGS
            raise _Doom(self.fate)

    def _say(self, computer: Computer, **told: str | float) -> None:
        if self.process.output is not None:
            said = (f'"{key}": {_json(value)}' for key, value in {**told, "at": computer.clock.at}.items())
            computer.disks.append(self.process.output, f"{{{', '.join(said)}}}\n".encode())


def _json(value: str | float) -> str:
    """As `json.dumps`, which makes an encoder for each line."""
    return encode_basestring_ascii(value) if isinstance(value, str) else repr(value)
