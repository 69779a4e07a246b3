"""What a file system answers. Every function may block for as long as its disk likes: `probes.py` waits."""

from __future__ import annotations

import errno
import fcntl
import os
import stat

from reconciler.machine.listings import Listings, of_file
from reconciler.machine.text import device, plain_name, reason
from reconciler.state import Absent, Fact, Known, Unknown
from reconciler.world import MISSING, Ask, Chunk, Stat, Survey

# Reading: never through a link at the end, never waiting for the other side of a FIFO.
READ = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
# A folder itself, which need not be readable, where the kernel has such handles.
HANDLE = os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC if hasattr(os, "O_PATH") else None


class Filesystem:
    """The questions, one path at a time. listings: of directories as they were."""

    def __init__(self, listings: Listings) -> None:
        self._listings = listings

    def survey(self, ask: Ask) -> Fact[Survey]:
        """One directory."""
        path = ask.path
        try:
            found = os.stat(path)
            if not stat.S_ISDIR(found.st_mode):
                return Absent("is not a directory")
            if ask.mount and found.st_dev == os.stat("/").st_dev:
                return Absent("is not a mount point of its own")
            room = os.statvfs(path)
            return Known(
                Survey(
                    real=plain_name(_real(path)),
                    device=device(found.st_dev),
                    free=room.f_bavail * room.f_frsize,
                    total=room.f_blocks * room.f_frsize,
                    writable=not room.f_flag & os.ST_RDONLY and os.access(path, os.W_OK | os.X_OK),
                    entries=self._listings.of(ask, found) if ask.names or ask.stats else (),
                )
            )
        except OSError as error:
            return doubt(error)

    def stat(self, path: str) -> Fact[Stat]:
        """One regular file."""
        try:
            found = os.lstat(path)
        except OSError as error:
            return doubt(error)
        if not stat.S_ISREG(found.st_mode):
            return Absent("is not a regular file")
        return of_file(found)

    def read(self, wanted: tuple[str, int, int]) -> Fact[Chunk]:
        """Bytes of (path, offset, limit)."""
        path, offset, limit = wanted
        try:
            file = os.open(path, READ)
        except OSError as error:
            return doubt(error)
        try:
            found = os.fstat(file)
            if not stat.S_ISREG(found.st_mode):
                return Unknown("is not a regular file")
            length = min(limit, found.st_size - offset)
            data = os.pread(file, length, offset) if length > 0 else b""
            return Known(Chunk(found.st_ino, found.st_size, found.st_mtime, data))
        except OSError as error:
            return doubt(error)
        finally:
            os.close(file)

    def held(self, path: str) -> Fact[bool]:
        """Does any process keep the lock of this log?"""
        try:
            file = os.open(path, READ)
        except OSError as error:
            return doubt(error)
        try:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return Known(True)
        except OSError as error:
            return doubt(error)
        else:
            return Known(False)
        finally:
            os.close(file)

    def folders(self, path: str) -> Fact[tuple[tuple[str, bool], ...]]:
        """Names of a directory's folders and links; True for a link, which may lead to anything."""
        try:
            with os.scandir(path) as listing:
                return Known(
                    tuple(
                        (entry.name, entry.is_symlink())
                        for entry in listing
                        if entry.is_dir(follow_symlinks=False) or entry.is_symlink()
                    )
                )
        except OSError as error:
            return doubt(error)

    def folder(self, path: str) -> Fact[None]:
        """Is it a directory, or a link to one?"""
        try:
            found = os.stat(path)
        except OSError as error:
            return doubt(error)
        return Known(None) if stat.S_ISDIR(found.st_mode) else Absent("is not a directory")


def doubt(error: OSError) -> Absent | Unknown:
    """What a refusal says about the file: gone for certain, or not to be told."""
    if error.errno == errno.ENOENT:
        return Absent(MISSING)
    if error.errno == errno.ENOTDIR:
        return Absent("is not a directory")
    if error.errno == errno.ELOOP:
        return Unknown("is a symbolic link")
    return Unknown(reason(error))


def _real(path: str) -> str:
    """The path of a directory without links, from the kernel where it tells (proc(5)): in three calls, however deep."""
    if HANDLE is None:
        return os.path.realpath(path)
    folder = os.open(path, HANDLE)
    try:
        return os.readlink(f"/proc/self/fd/{folder}")
    finally:
        os.close(folder)
