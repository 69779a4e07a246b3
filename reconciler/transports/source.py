"""The plot where it lies: opened, locked, read from end to end, and removed last of all."""

from __future__ import annotations

import errno
import fcntl
import hashlib
import os
import stat
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Self

from reconciler.transports.failure import Busy, Gone, Growing, Unreadable
from reconciler.transports.kernel import flush_folder, forget_cached

BLOCK = 4 << 20
"""Bytes that are read and written at a time."""

TRIES, PAUSE = 20, 0.05
"""How often, and seconds apart, a held lock is asked for: an observer may probe it for a moment."""


class Source:
    """A regular file, exclusively locked as long as the context lasts.

    bytes: its size when it was locked; digest: sha256 of the blocks of the last reading.

    Raises Gone, Busy, or Unreadable (which all of its methods may raise).
    """

    def __init__(self, path: str) -> None:
        self.path = path
        self.digest = hashlib.sha256()
        self._folder = os.path.dirname(path) or "."
        self._descriptor = self._open(os.O_RDONLY)
        try:
            self._lock()
            self._first = os.fstat(self._descriptor)
            if not stat.S_ISREG(self._first.st_mode):
                raise Unreadable(f"{path} is no regular file")
            self.bytes = self._first.st_size
            self.check()
        except BaseException:
            os.close(self._descriptor)
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self._descriptor)

    def blocks(self) -> Iterator[bytes]:
        """The whole content, in order; a file that got shorter just ends early."""
        self.digest = hashlib.sha256()
        offset = 0
        while offset < self.bytes:
            block = self.read(offset, min(BLOCK, self.bytes - offset))
            if not block:
                return
            self.digest.update(block)
            yield block
            # It is read once; what plotting has in memory is worth more.
            forget_cached(self._descriptor, offset, len(block))
            offset += len(block)

    def read(self, offset: int, size: int) -> bytes:
        """Bytes from there on; less at the end."""
        try:
            return os.pread(self._descriptor, size, offset)
        except OSError as error:
            raise self._unreadable(error) from error

    def check(self) -> None:
        """Raises Growing where the file is not as it was when it was locked, Gone where it was removed."""
        now = os.fstat(self._descriptor)
        if (now.st_size, now.st_mtime_ns) != (self._first.st_size, self._first.st_mtime_ns):
            raise Growing(f"{self.path} changed while it was moved; something still writes it")
        if not self._in_place():
            raise Gone(f"{self.path} was removed while it was moved")

    @property
    def descriptor(self) -> int:
        """The open and locked file: whoever inherits it keeps the lock, too."""
        return self._descriptor

    @property
    def modified(self) -> float:
        """When it last changed, wall clock of this machine."""
        return self._first.st_mtime

    def lies_in(self, folder: int) -> bool:
        """Is that open folder the one that the file lies in, under whatever path?"""
        try:
            here = os.stat(self._folder)
        except OSError as error:
            raise self._unreadable(error) from error
        return os.path.samestat(here, os.fstat(folder))

    def shows_in(self, has: Callable[[str], bool]) -> bool:
        """Does what comes to the file's folder show in another one, whatever way leads from there to here?

        That may be a pool of several drives, a share, or this machine by another name: what stands there under the
        file's name is then the file itself. has: is anything under that name there?
        """
        # A name that nobody has asked for before: no answer to it can have been kept on the way.
        name = f".plotman-{os.urandom(8).hex()}"
        mark = os.path.join(self._folder, name)
        try:
            os.close(os.open(mark, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
        except OSError as error:
            raise self._unreadable(error) from error
        try:
            return has(name)
        finally:
            with suppress(OSError):
                os.unlink(mark)

    def remove(self) -> None:
        """Remove the file, if it is as it was locked, and flush its folder; nothing where it is gone."""
        try:
            self.check()
        except Gone:
            return
        try:
            os.unlink(self.path)
            folder = os.open(self._folder, os.O_RDONLY | os.O_DIRECTORY)
            try:
                flush_folder(folder)
            finally:
                os.close(folder)
        except OSError as error:
            raise self._unreadable(error) from error

    def _open(self, how: int) -> int:
        try:
            return os.open(self.path, how | os.O_NOFOLLOW | os.O_NONBLOCK)
        except FileNotFoundError:
            raise Gone(f"{self.path} is not there, and the plot does not stand at its target") from None
        except OSError as error:
            raise self._unreadable(error) from error

    def _lock(self) -> None:
        try:
            self._try_to_lock()
        except OSError as error:
            if error.errno != errno.EBADF:
                raise self._unreadable(error) from error
            # On NFS only those can have an exclusive lock who may write (flock(2)).
            read_only, self._descriptor = self._descriptor, self._open(os.O_RDWR)
            os.close(read_only)
            try:
                self._try_to_lock()
            except OSError as again:
                raise self._unreadable(again) from again

    def _try_to_lock(self) -> None:
        for _ in range(TRIES):
            try:
                fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                time.sleep(PAUSE)
            else:
                return
        raise Busy(f"{self.path} is locked: another mover has it")

    def _in_place(self) -> bool:
        """Does the path still lead to this file? Raises Growing where it leads to another."""
        try:
            there = os.lstat(self.path)
        except FileNotFoundError:
            return False
        except OSError as error:
            raise self._unreadable(error) from error
        if not os.path.samestat(there, self._first):
            raise Growing(f"{self.path} was replaced by another file while it was moved")
        return True

    def _unreadable(self, error: OSError) -> Unreadable:
        return Unreadable(f"{self.path}: {error.strerror or error}")
