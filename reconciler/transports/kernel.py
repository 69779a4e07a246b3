"""What a transport asks of the kernel and Python does not offer everywhere.

Where the kernel or the file system has no such thing, nothing is done.
"""

from __future__ import annotations

import ctypes
import errno
import os
import platform
import sys
from collections.abc import Mapping
from contextlib import suppress

RENAME_NOREPLACE = 1  # linux/fs.h

IOPRIO_WHO_PROCESS = 1  # linux/ioprio.h
IOPRIO_CLASS_IDLE = 3
IOPRIO_CLASS_SHIFT = 13

IOPRIO_SET: Mapping[str, int] = {
    "x86_64": 251,
    "aarch64": 30,
    "riscv64": 30,
    "loongarch64": 30,
    "ppc64le": 273,
    "s390x": 282,
}
"""The number of that system call, which the C library has no function for, on 64-bit machines (asm/unistd.h)."""

_ABSENT = {errno.ENOSYS, errno.EOPNOTSUPP, errno.EINVAL}


def allocate(descriptor: int, size: int) -> bool:
    """Take room on disk for so many bytes; the file is then at least that long. False: not to be had here.

    Not os.posix_fallocate: where the file system cannot do it, the C library writes to each of its blocks
    instead, which takes as long as the copy itself. Raises OSError, ENOSPC where there is no room.
    """
    if sys.maxsize < 1 << 32:  # the C library's off_t is then too small for a plot
        return False
    start, length = ctypes.c_int64(0), ctypes.c_int64(size)
    return _call("fallocate", ctypes.c_int(descriptor), ctypes.c_int(0), start, length)


def rename_exclusive(folder: int, old: str, new: str) -> bool:
    """Rename within an open folder, never replacing. False: not to be had here.

    Raises OSError, FileExistsError where the new name is taken.
    """
    here = ctypes.c_int(folder)
    return _call("renameat2", here, os.fsencode(old), here, os.fsencode(new), ctypes.c_uint(RENAME_NOREPLACE))


def forget_cached(descriptor: int, offset: int, size: int) -> None:
    """Drop what memory holds of that range of a file; what was not yet written is on its way to disk then.

    Size 0: to the file's end.
    """
    if hasattr(os, "posix_fadvise"):
        os.posix_fadvise(descriptor, offset, size, os.POSIX_FADV_DONTNEED)


def be_idle() -> None:
    """Let this thread, and the processes that it starts, use a drive only while nobody else does."""
    number = IOPRIO_SET.get(platform.machine()) if sys.platform == "linux" and sys.maxsize > 1 << 32 else None
    if number is not None:
        idle = ctypes.c_int(IOPRIO_CLASS_IDLE << IOPRIO_CLASS_SHIFT)
        with suppress(OSError):
            _call("syscall", ctypes.c_long(number), ctypes.c_int(IOPRIO_WHO_PROCESS), ctypes.c_int(0), idle)


def flush_folder(descriptor: int) -> None:
    """Bring the names in an open folder to disk. Some network file systems know no such thing."""
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno not in _ABSENT:
            raise


def _call(name: str, *arguments: object) -> bool:
    function = getattr(ctypes.CDLL(None, use_errno=True), name, None)
    if function is None:
        return False
    while function(*arguments) != 0:
        code = ctypes.get_errno()
        if code in _ABSENT:
            return False
        if code != errno.EINTR:
            raise OSError(code, os.strerror(code))
    return True
