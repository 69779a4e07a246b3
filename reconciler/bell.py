"""Ringing a sleeping loop awake, from whatever process. A ring carries no data."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import socket

ADDRESS = 100
"""Bytes of a path that every system takes as a socket's address."""
LONGEST = 20 * 86400.0
"""Seconds that whoever listens waits at once, at most: no system call takes more than 24 days."""


def ring(wake: str) -> bool:
    """Ring the bell at that path; did anyone listen?"""
    import socket

    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as clapper:
        clapper.setblocking(False)
        try:
            with address_of(wake) as address:
                clapper.sendto(b"!", address)
        except BlockingIOError:
            return True  # it has been rung often enough
        except OSError:
            return False
    return True


@contextmanager
def address_of(path: str) -> Iterator[str]:
    """A socket's address for this path: a long one by way of its open folder."""
    if len(os.fsencode(path)) <= ADDRESS:
        yield path
        return
    folder = os.open(os.path.dirname(path), os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        yield f"/proc/self/fd/{folder}/{os.path.basename(path)}"
    finally:
        os.close(folder)


class Bell:
    """A bell at one path, for whoever polls it."""

    def __init__(self, path: str) -> None:
        self.path = path
        self._hung: tuple[int, socket.socket] | None = None

    def hang(self) -> socket.socket | None:
        """What becomes readable when it is rung; hung anew where it was taken away; None: it cannot be hung."""
        if self._hung is not None:
            inode, bell = self._hung
            if _inode(self.path) == inode:
                return bell
            bell.close()
            self._hung = None
        import socket

        bell = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        bell.setblocking(False)
        draft = f"{self.path}.{os.getpid()}"
        try:
            with address_of(draft) as address:
                _unlink(draft)
                bell.bind(address)
            os.rename(draft, self.path)
        except OSError:
            _unlink(draft)
            bell.close()
            return None
        self._hung = (_inode(self.path), bell)
        return bell

    def quiet(self) -> None:
        """Forget all rings so far."""
        if self._hung is not None:
            with suppress(BlockingIOError):
                while self._hung[1].recv(16):
                    pass

    def close(self) -> None:
        """Listen no more. The path stays, as after a crash: who rings there finds nobody."""
        if self._hung is not None:
            self._hung[1].close()
            self._hung = None


def _inode(path: str) -> int:
    try:
        return os.lstat(path).st_ino
    except OSError:
        return -1


def _unlink(path: str) -> None:
    with suppress(OSError):
        os.unlink(path)
