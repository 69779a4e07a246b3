"""Ringing a sleeping loop awake, from whatever process. A ring carries no data."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager

ADDRESS = 100
"""Bytes of a path that every system takes as a socket's address."""


def ring(wake: str) -> bool:
    """Ring the bell at that path; did anyone listen?"""
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
