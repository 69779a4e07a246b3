"""Verbs on files: each whole or not at all, and none replaces or removes what it was not meant for."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Callable

from reconciler.errors import MachineError
from reconciler.machine.files import doubt
from reconciler.machine.text import reason
from reconciler.state import Absent, Fact, Known, Unknown

DRAFT = ".new-"

# What a file system without hard links, or a kernel that guards them, answers.
NO_LINKS = (errno.EPERM, errno.EOPNOTSUPP, errno.EMLINK, errno.ENOSYS)


def draft_of(path: str, mark: str = "") -> str:
    """Where a file is prepared: beside it, so that publishing is a rename."""
    folder, name = os.path.split(path)
    return os.path.join(folder, f"{DRAFT}{mark}{name}")


def write_all(file: int, data: bytes) -> None:
    """All of it; a disk that fills up raises."""
    view = memoryview(data)
    while view:
        view = view[os.write(file, view) :]


def flush_folder(path: str) -> None:
    """Flush the folder that holds this path, so that its new name survives a crash."""
    folder = os.open(os.path.dirname(path) or ".", os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def note(path: str, text: str, step: Callable[[str], None]) -> None:
    """As `Machine.note`; folders above it are made."""
    draft = draft_of(path, f"{os.getpid()}-")
    try:
        os.makedirs(os.path.dirname(path), exist_ok=True)
        file = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC, 0o644)
        try:
            write_all(file, text.encode())
            os.fsync(file)
        except BaseException:
            os.unlink(draft)
            raise
        finally:
            os.close(file)
        step("note: flushed")
        os.rename(draft, path)
        flush_folder(path)
    except OSError as error:
        raise MachineError(f"cannot write {path}: {reason(error)}") from error
    step("note: written")


def remove(path: str, inode: int | None, step: Callable[[str], None]) -> Fact[None]:
    """As `Machine.remove`."""
    try:
        found = os.lstat(path)
        if not stat.S_ISREG(found.st_mode):
            return Absent("is not a regular file")
        if inode is not None and found.st_ino != inode:
            return Absent("is another file by now")
        os.unlink(path)
    except OSError as error:
        return doubt(error)
    step("remove: removed")
    return Known(None)


def shelve(path: str, target: str, step: Callable[[str], None]) -> Fact[None]:
    """As `Machine.shelve`; target is the new path, and folders above it are made.

    Done again after a crash between its two effects, it only takes the second.
    """
    try:
        found = os.lstat(path)
        if not stat.S_ISREG(found.st_mode):
            return Absent("is not a regular file")
        os.makedirs(os.path.dirname(target), exist_ok=True)
        try:
            os.link(path, target, follow_symlinks=False)
        except FileExistsError:
            if os.lstat(target).st_ino != found.st_ino:
                return Unknown(f"{target} exists")
        except OSError as error:
            if error.errno not in NO_LINKS:
                raise
            if os.path.lexists(target):
                return Unknown(f"{target} exists")
            os.rename(path, target)
            return Known(None)
        step("shelve: linked")
        os.unlink(path)
    except OSError as error:
        return doubt(error)
    step("shelve: moved")
    return Known(None)


def folder(path: str) -> None:
    """As `Machine.folder`."""
    try:
        os.makedirs(path, exist_ok=True)
    except OSError as error:
        raise MachineError(f"cannot make the folder {path}: {reason(error)}") from error


def drop_folder(path: str) -> Fact[None]:
    """As `Machine.drop_folder`."""
    try:
        os.rmdir(path)
    except OSError as error:
        return doubt(error)
    return Known(None)
