"""Starting a process whose log is its journal entry and whose lock lives as long as it does."""

from __future__ import annotations

import errno
import fcntl
import os
import sys
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING

from reconciler.errors import AlreadyStarted, MachineError
from reconciler.machine.text import reason
from reconciler.machine.writing import draft_of, flush_folder, write_all
from reconciler.world import Command

if TYPE_CHECKING:
    import subprocess

NICEST = 19


class Starter:
    """Starts processes, and reaps those of them that have ended."""

    def __init__(self, step: Callable[[str], None]) -> None:
        self._step = step
        self._children: list[subprocess.Popen[bytes]] = []
        self._ended = False

    def start(self, log: str, record: bytes, command: Command) -> int:
        """As `Machine.start`; the pid."""
        file = self._publish(log, record)
        try:
            self._step("start: log published")
            try:
                child = _fork(command, file)
            except (OSError, ValueError) as error:
                why = reason(error) if isinstance(error, OSError) else str(error)
                words = f"could not start {command.argv[0]}: {why}"
                with suppress(OSError):
                    write_all(file, f"plotman: {words}\n".encode(errors="backslashreplace"))
                raise MachineError(f"{words}; its log is {log}") from error
            self._children.append(child)
            self._step("start: forked")
        finally:
            # From here on only the child, and whoever inherits from it, keeps the lock.
            os.close(file)
        self._step("start: started")
        return child.pid

    @property
    def pids(self) -> tuple[int, ...]:
        """Children that have not been taken leave of."""
        return tuple(child.pid for child in self._children)

    def reap(self) -> None:
        """Take leave of children that have ended. By their pids: others' children are none of ours."""
        living = [child for child in self._children if child.poll() is None]
        self._ended |= len(living) < len(self._children)
        self._children = living

    def ended(self) -> bool:
        """Has a child ended since this was last asked? Reaps first."""
        self.reap()
        ended, self._ended = self._ended, False
        return ended

    def _publish(self, log: str, record: bytes) -> int:
        """Make the log appear under its name: whole, locked and on disk. Returns it open for appending.

        It is prepared under another name. Of all who prepare this log only the one who has locked that file
        goes on, so that asking for the final name and renaming are one. A hard link would refuse an existing
        name by itself, yet /proc/PID/fd/1 would then for ever show the other name, as deleted.
        """
        name = draft_of(log)
        file = _claim(name, log)
        try:
            if os.path.lexists(log):
                raise AlreadyStarted(f"{log} exists: it was started before")
            os.ftruncate(file, 0)
            write_all(file, record.rstrip(b"\n") + b"\n")
            os.fsync(file)
            self._step("start: log written")
            os.rename(name, log)
            name = log
            flush_folder(log)
        except BaseException as error:
            with suppress(OSError):
                os.unlink(name)
            os.close(file)
            if isinstance(error, OSError):
                raise _refusal(log, error) from error
            raise
        return file


def _claim(draft: str, log: str) -> int:
    """Open the draft and lock it; what a killed starter has left is taken over."""
    flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
    try:
        file = os.open(draft, flags, 0o644)
    except OSError as error:
        raise _refusal(log, error) from error
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        # Whoever had it before may have published it between our opening and our locking.
        if os.lstat(draft).st_ino == os.fstat(file).st_ino:
            return file
    except (BlockingIOError, FileNotFoundError):
        pass
    except OSError as error:
        os.close(file)
        raise _refusal(log, error) from error
    os.close(file)
    raise AlreadyStarted(f"{log} is being started by another process")


def _refusal(log: str, error: OSError) -> MachineError:
    full = error.errno in (errno.ENOSPC, errno.EDQUOT)
    remedy = "; make room on its disk" if full else ""
    return MachineError(f"cannot create the log {log}: {reason(error)}{remedy}")


def _fork(command: Command, file: int) -> subprocess.Popen[bytes]:
    """The process, exec'ed; raises OSError or ValueError where that cannot be."""
    import subprocess
    from concurrent.futures import ThreadPoolExecutor

    def run() -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            command.argv,
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=file,
            env={**os.environ, **command.env},
            cwd=command.cwd or "/",
            start_new_session=True,
        )

    if not command.nice:
        return run()
    nice = min(os.getpriority(os.PRIO_PROCESS, 0) + command.nice, NICEST)
    if sys.platform == "linux":
        # Niceness belongs to a thread, and what it forks inherits it. So no thread of the child can have been
        # made before the setting, as it could were the child reniced after its fork.
        def run_niced() -> subprocess.Popen[bytes]:
            os.setpriority(os.PRIO_PROCESS, 0, nice)
            return run()

        with ThreadPoolExecutor(1) as thread:
            return thread.submit(run_niced).result()
    else:
        child = run()
        os.setpriority(os.PRIO_PROCESS, child.pid, nice)
        return child
