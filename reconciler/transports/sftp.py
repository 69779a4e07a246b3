"""SFTP, for farmers that have nothing but an ssh server.

The protocol has no locks, no hash and no copy that compares: the part file is created exclusively and is the
reservation, the last bytes of one that is taken up are read back, and so is the whole of it before it gets its
name, by a hash that the farmer computes where it gives us a shell with such a tool, else over the network.

How OpenSSH's server answers (sftp-server.c): a rename links the new name and unlinks the old one, so that it fails
where the new one is taken, and falls back to rename(2) only where the file system has no links and nothing is
found under the new name. ``posix-rename@openssh.com`` replaces, and is not used.
"""

from __future__ import annotations

import errno
import hashlib
import os
import re
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import wraps
from importlib import resources
from typing import Concatenate, ParamSpec, Self, TypeVar

import paramiko

from reconciler.errand import Errand
from reconciler.errors import FarmerError
from reconciler.remote.shell import Shell
from reconciler.transports import giving_way
from reconciler.transports.alone import Alone
from reconciler.transports.contract import Report, Step
from reconciler.transports.failure import Broken, Conflict, Corrupt, Missing, Tool
from reconciler.transports.giving_way import Claim, View, admission
from reconciler.transports.names import parse_part, part_name
from reconciler.transports.source import BLOCK, Source
from reconciler.transports.throttle import Throttle
from reconciler.transports.wire import CHUNK, CREATE, READ, UPDATE, Stat, Wire

P = ParamSpec("P")
T = TypeVar("T")

ANSWER = 60.0
"""Seconds that one answer is waited for."""

FLUSH = 1800.0
"""The same while a disk writes what its machine kept in memory."""

SLOWEST = 10_000_000
"""Bytes a second that a disk reads at least."""

TAIL = 4 * BLOCK
"""Bytes at the end of a part file that are read back before it is taken up."""

LITTLE = 1 << 20
"""Bytes of room below which a failure that gives no reason is taken for a full disk."""


def _over_the_link(method: Callable[Concatenate[Sftp, P], T]) -> Callable[Concatenate[Sftp, P], T]:
    """Says by a FarmerError what the connection does, and by a reason of its own what the disk does."""

    def told(self: Sftp, /, *arguments: P.args, **named: P.kwargs) -> T:
        try:
            return method(self, *arguments, **named)
        except (OSError, EOFError, paramiko.SSHException) as error:
            if isinstance(error, OSError) and error.errno is not None:
                raise self._told(error) from error
            with self._shell.meant():
                raise

    return wraps(method)(told)


class Sftp:
    """A plot's place in a folder of a farmer."""

    def __init__(self, errand: Errand, report: Report, step: Step) -> None:
        if errand.way.login is None:
            raise Tool(f"{errand.farmer} has no ssh; sftp needs it")
        self._errand = errand
        self._report = report
        self._step = step
        self._login = errand.way.login
        self._path = f"{errand.disk.rstrip('/')}/{errand.plot}"
        self._part = ""
        self._alone: Alone | None = None
        self._handle = b""
        self._standing = 0
        self._verified: Stat | None = None
        self._shell = Shell(self._login)

    def __enter__(self) -> Self:
        try:
            self._begin()
        except BaseException:
            self._shell.close()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._release()
        self._shell.close()

    @_over_the_link
    def _begin(self) -> None:
        self._wire = Wire(self._shell.sftp(deadline=ANSWER, waiting=lambda: self._report(0)))
        disk, beyond = self._disk, self._errand.way.beyond
        if self._wire.look(disk) is None:
            raise Missing(f"{disk} is not there")
        if beyond and self._wire.room(disk).device == self._wire.room(beyond).device:
            raise Missing(f"{disk} is not mounted: it lies on the same file system as {beyond}")

    @_over_the_link
    def stands(self) -> int | None:
        """Bytes of the regular file under the plot's final name."""
        found = self._wire.look(self._path)
        return found.bytes if found is not None and found.regular else None

    @_over_the_link
    def same(self, source: Source) -> bool:
        """Compares size and content."""
        found = self._wire.look(self._path)
        if found is None:
            return False
        if not found.regular:
            raise Conflict(f"{self._path} is no regular file")
        if found.bytes != source.bytes:
            raise Conflict(f"{self._path} stands there with {found.bytes} bytes, not {source.bytes}")
        if source.shows_in(self._has):
            raise Conflict(f"{self._errand.disk} shows the folder that the plot is to leave")
        self._flush(self._path)
        for _ in source.blocks():
            self._report(source.bytes)
        if self._digest(self._errand.plot, source.bytes) != source.digest.hexdigest():
            raise Conflict(f"{self._path} stands there with other content")
        self._hold(source)
        if self._wire.look(self._part) is not None:
            self._wire.remove(self._part)
        self._flush_folder()
        return True

    @_over_the_link
    def reserve(self, source: Source) -> None:
        """What stands in our part file is kept as far as its end is right."""
        self._hold(source)
        self._make_folder()
        try:
            self._handle = self._wire.open(self._part, CREATE)
        except OSError:
            if (found := self._wire.look(self._part)) is None:
                raise
            if not found.regular:
                raise Conflict(f"{self._part} is no regular file") from None
            self._take_up(source, found.bytes)
        name = os.path.basename(self._part)
        for _ in admission(name, self._errand.host, self._errand.disk, self._view):
            self._report(0)
            time.sleep(giving_way.PAUSE)

    @_over_the_link
    def copy(self, source: Source) -> None:
        """Appends, no faster than the spec allows."""
        offset, throttle = 0, Throttle(self._errand.way.bandwidth, self._report)
        for block in source.blocks():
            for start in range(max(0, self._standing - offset), len(block), CHUNK):
                data = block[start : start + CHUNK]
                self._wire.write(self._handle, offset + start, data)
                throttle.passed(len(data), offset + start)
            offset += len(block)
            self._step("copied-some")
            self._report(offset)
        self._wire.settle()

    @_over_the_link
    def sync(self) -> None:
        """Data and length of the part file, and its name where the server can."""
        self._wire.flush(self._handle, FLUSH)
        self._close()
        self._flush_folder()

    @_over_the_link
    def verify(self, source: Source) -> None:
        """By size and sha256."""
        found = self._wire.look(self._part)
        if found is None:
            raise Missing(f"{self._part} is not there any more")
        self._verified = found
        if found.bytes != source.bytes:
            raise Corrupt(f"{self._part} has {found.bytes} bytes, not {source.bytes}")
        if self._digest(os.path.basename(self._part), source.bytes) != source.digest.hexdigest():
            raise Corrupt(
                f"{self._part}: the disk gave back other bytes than it got; check RAM and disk there"
            )

    @_over_the_link
    def publish(self, source: Source) -> None:
        """By a hard link; where the server or the file system has none, by a rename, which does not replace."""
        if self._wire.look(self._part) != self._verified:
            # What has its name now is not what was copied.
            raise Missing(f"{self._part} is not there any more")
        try:
            self._give_name()
        except FileExistsError:
            self.same(source)
        self._flush(self._path)
        self._flush_folder()
        self._release()

    @_over_the_link
    def discard(self) -> None:
        """Only the part file that this move holds."""
        if self._alone is not None:
            self._close()
            with suppress(FileNotFoundError):
                self._wire.remove(self._part)
            self._release()

    # the part file

    def _close(self) -> None:
        if self._handle:
            self._wire.close(self._handle)
            self._handle = b""

    def _hold(self, source: Source) -> None:
        if self._alone is None:
            name = part_name(self._errand.plot, source.bytes, self._errand.host)
            self._part = f"{self._errand.disk.rstrip('/')}/{name}"
            self._alone = Alone(f"{self._login.host}:{self._part}")

    def _release(self) -> None:
        if self._alone is not None:
            self._alone.release()
            self._alone = None

    def _has(self, name: str) -> bool:
        """Is anything under that name in the folder?"""
        return self._wire.look(f"{self._errand.disk.rstrip('/')}/{name}") is not None

    def _take_up(self, source: Source, standing: int) -> None:
        """Open our part file; where its end is not the source's there, a new one in its place."""
        self._handle = self._wire.open(self._part, UPDATE)
        start = max(0, standing - TAIL)
        same = standing <= source.bytes and all(
            source.read(at, len(data)) == data for at, data in self._read(self._handle, start, standing)
        )
        if same:
            self._standing = standing
            # From now on it counts as fresh.
            self._wire.cut(self._handle, standing)
            return
        # A new file: that one may have been published, and moved away, and be somebody else's now.
        self._close()
        self._wire.remove(self._part)
        self._handle = self._wire.open(self._part, CREATE)

    def _read(self, handle: bytes, start: int, end: int) -> Iterator[tuple[int, bytes]]:
        """(offset, bytes) from start to end, in order."""
        for data in self._wire.read(handle, start, end):
            yield start, data
            start += len(data)

    def _view(self) -> View:
        parts = {name: each for name, each in self._wire.names(self._errand.disk) if each.regular}
        # Ours was changed just now, by the farmer's clock.
        mine = parts.get(os.path.basename(self._part))
        now = mine.modified if mine is not None else 0
        claims = [
            Claim(name, each.bytes, now - each.modified) for name, each in parts.items() if parse_part(name)
        ]
        return View(claims, self._wire.room(self._errand.disk).free - self._errand.way.floor)

    def _give_name(self) -> None:
        """Raises FileExistsError where the final name is taken."""
        try:
            try:
                self._wire.link(self._part, self._path)
            except OSError:
                if self._wire.look(self._path) is not None:
                    raise
                self._wire.rename(self._part, self._path)
                self._step("linked")
                return
        except OSError as error:
            if self._wire.look(self._path) is None:
                raise
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), self._path) from error
        self._step("linked")
        self._wire.remove(self._part)

    # the folder

    @property
    def _disk(self) -> str:
        """The disk that the target folder is on."""
        folder = self._errand.way.folder
        return self._errand.disk.removesuffix(f"/{folder}") if folder else self._errand.disk

    def _make_folder(self) -> None:
        """Make what is missing between the disk and the target folder."""
        path = self._disk
        for name in filter(None, self._errand.way.folder.split("/")):
            path = f"{path.rstrip('/')}/{name}"
            if self._wire.look(path) is None:
                self._wire.make_folder(path)

    def _flush(self, path: str) -> None:
        with self._wire.opened(path, READ) as handle:
            self._wire.flush(handle, FLUSH)

    def _flush_folder(self) -> None:
        """OpenSSH opens a folder like a file; others may not."""
        try:
            self._flush(self._errand.disk)
        except OSError as error:
            if error.errno is None:
                raise

    # what the farmer gives back

    def _digest(self, name: str, size: int) -> str:
        """The sha256 of a file in the folder, in hexadecimal."""
        # A connection of its own: one that gives no shell may be lost by asking for it.
        with suppress(FarmerError), Shell(self._login) as shell:
            if told := self._digest_there(shell, name, size):
                return told
        read = hashlib.sha256()
        with self._wire.opened(f"{self._errand.disk.rstrip('/')}/{name}", READ) as handle:
            for data in self._wire.read(handle, 0, size):
                read.update(data)
                self._report(size)
        return read.hexdigest()

    def _digest_there(self, shell: Shell, name: str, size: int) -> str:
        """The same by a tool of the farmer's; empty: it has none, or no shell."""
        script = resources.files(__package__).joinpath("beside.sh").read_text()
        place = (self._errand.disk, name)
        # What answers this in time is a shell.
        if shell.run(script, "look", *place, deadline=ANSWER).out.strip() != str(size):
            return ""
        deadline = ANSWER + size / SLOWEST
        ran = shell.run(script, "digest", *place, deadline=deadline, waiting=lambda: self._report(size))
        found = re.search(r"\b[0-9a-f]{64}\b", ran.out)
        return found[0] if ran.code == 0 and found else ""

    def _told(self, error: OSError) -> Exception:
        """What an answer means: SFTP has one word for a full disk, a read-only one and a name that is taken."""
        if error.errno != errno.EIO:
            return error
        with suppress(OSError, EOFError, paramiko.SSHException):
            room = self._wire.room(self._disk)
            if not room.writable:
                return OSError(errno.EROFS, os.strerror(errno.EROFS))
            if room.free < LITTLE or room.files == 0:
                return OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return Broken(f"{self._errand.disk}: the farmer says no more than: {error.strerror}")
