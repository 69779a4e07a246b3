"""Moving to another disk of this machine.

The part file's room is taken when it is created, so that a full disk shows before anything is copied, and
so that what the disk says to be free is free of it. Its length therefore says nothing of how much was
copied: a move that takes it up compares it with the source from the start, and writes from the first block
that differs. (Where the file system cannot take room ahead, the free room is only looked at.)
"""

from __future__ import annotations

import errno
import fcntl
import hashlib
import os
import stat
from typing import Self

from reconciler.errand import Errand
from reconciler.transports.contract import Report, Step
from reconciler.transports.failure import Broken, Busy, Conflict, Corrupt, Full, Missing
from reconciler.transports.kernel import allocate, flush_folder, forget_cached, rename_exclusive
from reconciler.transports.names import part_name
from reconciler.transports.source import BLOCK, Source
from reconciler.transports.throttle import Throttle

TRIES = 3
"""How often the part file is opened anew where another mover just gave it its final name."""

LAG = 16 * BLOCK
"""Bytes behind the last written block within which the kernel may still be writing."""

_NO_LINKS = {errno.EPERM, errno.EOPNOTSUPP, errno.ENOSYS}
_READ = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK
_WRITE = os.O_RDWR | os.O_NOFOLLOW | os.O_NONBLOCK


class Local:
    """A plot's place in a folder of this machine. All names are taken within that folder, held open."""

    def __init__(self, errand: Errand, report: Report, step: Step) -> None:
        self._errand = errand
        self._report = report
        self._step = step
        self._path = f"{errand.disk.rstrip('/')}/{errand.plot}"
        self._part: int | None = None
        self._part_name = ""
        self._standing = 0
        self._throttle = Throttle(errand.way.bandwidth, report)
        self._folder = _folder_of(errand)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._release()
        os.close(self._folder)

    def stands(self) -> int | None:
        """Bytes of the regular file under the plot's final name."""
        try:
            found = os.stat(self._errand.plot, dir_fd=self._folder, follow_symlinks=False)
        except FileNotFoundError:
            return None
        return found.st_size if stat.S_ISREG(found.st_mode) else None

    def same(self, source: Source) -> bool:
        """Compares size and every byte, both read from disk."""
        if source.lies_in(self._folder):
            raise Conflict(f"{self._errand.disk} is the folder that the plot is to leave")
        try:
            final = os.open(self._errand.plot, _READ, dir_fd=self._folder)
        except FileNotFoundError:
            return False
        except OSError as error:
            if error.errno == errno.ELOOP:
                raise Conflict(f"{self._path} is a link") from None
            raise
        try:
            if source.shows_in(self._has):
                raise Conflict(f"{self._errand.disk} shows the folder that the plot is to leave")
            self._compare(source, final)
        finally:
            os.close(final)
        if self._take(source, _WRITE):
            self.discard()
        flush_folder(self._folder)
        return True

    def reserve(self, source: Source) -> None:
        """Room is taken for the whole file at once."""
        if not self._take(source, _WRITE | os.O_CREAT):
            raise Broken(f"{self._errand.disk}: the part file {self._part_name} vanishes once it is made")
        self._standing = os.fstat(self._held).st_size
        if self._standing > source.bytes:
            os.ftruncate(self._held, source.bytes)
        if not allocate(self._held, source.bytes):
            room = os.fstatvfs(self._held)
            missing = source.bytes - os.fstat(self._held).st_blocks * 512 - room.f_bavail * room.f_frsize
            if missing > 0:
                raise Full(f"{self._errand.disk}: {missing} bytes more must be free for {self._errand.plot}")

    def copy(self, source: Source) -> None:
        """Blocks at the start that already stand are only compared."""
        offset = 0
        resuming = self._standing > 0
        for block in source.blocks():
            resuming = resuming and os.pread(self._held, len(block), offset) == block
            if not resuming:
                self._write(block, offset)
            offset += len(block)
            forget_cached(self._held, max(0, offset - LAG), LAG)
            self._step("copied-some")
            self._report(offset)
            self._throttle.passed(len(block), offset)

    def sync(self) -> None:
        """Data, length and the name of the part file."""
        os.fsync(self._held)
        flush_folder(self._folder)

    def verify(self, source: Source) -> None:
        """By sha256, after memory has let go of the file."""
        digest = hashlib.sha256()
        offset = 0
        forget_cached(self._held, 0, 0)
        while block := os.pread(self._held, BLOCK, offset):
            digest.update(block)
            forget_cached(self._held, offset, len(block))
            offset += len(block)
            self._report(source.bytes)
        if digest.digest() != source.digest.digest():
            raise Corrupt(f"{self._path}: the disk gave back other bytes than it got; check RAM and disk")

    def publish(self, source: Source) -> None:
        """By a hard link; where the file system has none, by a rename that does not replace."""
        if not self._is_named(os.fstat(self._held)):
            # What has its name now is not what was copied.
            raise Missing(f"{self._errand.disk}/{self._part_name} is not there any more")
        try:
            self._give_name()
        except FileExistsError:
            if not self.same(source):
                raise
        self._release()
        flush_folder(self._folder)

    def discard(self) -> None:
        """Only the part file that this move has locked."""
        if self._part is not None:
            os.unlink(self._part_name, dir_fd=self._folder)
            self._release()

    @property
    def _held(self) -> int:
        if self._part is None:
            raise AssertionError("reserve comes first")
        return self._part

    def _take(self, source: Source, flags: int) -> bool:
        """Open the part file and lock it under its name. False: it is not there."""
        if self._part is not None:
            return True
        self._part_name = part_name(self._errand.plot, source.bytes, self._errand.host)
        path = f"{self._errand.disk}/{self._part_name}"
        for _ in range(TRIES):
            try:
                self._part = os.open(self._part_name, flags, 0o666, dir_fd=self._folder)
                fcntl.flock(self._part, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except FileNotFoundError:
                if flags & os.O_CREAT:
                    raise
                return False
            except BlockingIOError:
                self._release()
                raise Busy(f"{path} is locked: another mover writes it") from None
            opened = os.fstat(self._part)
            if not stat.S_ISREG(opened.st_mode):
                self._release()
                raise Conflict(f"{path} is no regular file")
            if self._is_named(opened):
                if opened.st_nlink <= 1:
                    return True
                # It was published. Whoever has moved that name away since owns these bytes.
                self.discard()
            self._release()
        return False

    def _has(self, name: str) -> bool:
        """Is anything under that name in the folder?"""
        try:
            os.stat(name, dir_fd=self._folder, follow_symlinks=False)
        except FileNotFoundError:
            return False
        return True

    def _is_named(self, opened: os.stat_result) -> bool:
        """Is that file still the one under the part file's name?"""
        try:
            there = os.stat(self._part_name, dir_fd=self._folder, follow_symlinks=False)
        except FileNotFoundError:
            return False
        return os.path.samestat(opened, there)

    def _compare(self, source: Source, final: int) -> None:
        """Raises Conflict where that open file is not the source, byte for byte; else it is safe on disk."""
        found = os.fstat(final)
        if not stat.S_ISREG(found.st_mode):
            raise Conflict(f"{self._path} is no regular file")
        if found.st_size != source.bytes:
            raise Conflict(f"{self._path} stands there with {found.st_size} bytes, not {source.bytes}")
        os.fsync(final)
        forget_cached(final, 0, 0)
        offset = 0
        for block in source.blocks():
            if os.pread(final, len(block), offset) != block:
                raise Conflict(f"{self._path} stands there with other content, at byte {offset} or after")
            offset += len(block)
            self._report(offset)

    def _write(self, block: bytes, offset: int) -> None:
        rest = memoryview(block)
        while rest:
            written = os.pwrite(self._held, rest, offset)
            rest, offset = rest[written:], offset + written

    def _give_name(self) -> None:
        """Raises FileExistsError where the final name is taken."""
        here, part, final = self._folder, self._part_name, self._errand.plot
        try:
            os.link(part, final, src_dir_fd=here, dst_dir_fd=here, follow_symlinks=False)
        except OSError as error:
            if error.errno not in _NO_LINKS:
                raise
        else:
            self._step("linked")
            os.unlink(part, dir_fd=here)
            return
        if not rename_exclusive(here, part, final):
            # Without the system call nothing but the lock on the part file guards these lines.
            if final in os.listdir(here):
                raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), self._path)
            os.rename(part, final, src_dir_fd=here, dst_dir_fd=here)
        self._step("linked")

    def _release(self) -> None:
        if self._part is not None:
            os.close(self._part)
            self._part = None


def _folder_of(errand: Errand) -> int:
    """The target folder, open; made where only its last part is missing, on a disk that is mounted."""
    beyond = os.path.realpath(errand.way.beyond) if errand.way.beyond else ""
    mount = os.path.realpath(errand.base)
    while beyond and not os.path.ismount(mount):
        mount = os.path.dirname(mount)
    if beyond and (mount == beyond or os.path.commonpath((mount, beyond)) != beyond):
        raise Missing(f"{errand.base} is not mounted; a mount point below {beyond} would be right")
    if errand.way.folder and os.path.isdir(errand.base):
        os.makedirs(errand.disk, exist_ok=True)
    return os.open(errand.disk, os.O_RDONLY | os.O_DIRECTORY)
