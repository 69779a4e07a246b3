"""The wait between two looks, which whoever knows of something new cuts short."""

from __future__ import annotations

import os
import random
import select
import socket
import time
from collections.abc import Iterator
from contextlib import suppress

from reconciler.bell import LONGEST, Bell

WAKE = "wake"
"""The name of the bell in the state folder."""

SHORTEST = 1.0
"""Seconds between two looks at least, however often one is asked for."""


def wake_path(state: str) -> str:
    """The bell of whoever follows a repository with that state folder: another process may ring it."""
    return os.path.join(state, WAKE)


def pauses(seconds: float, jitter: float, seed: str) -> Iterator[float]:
    """Seconds from each look to the next: always the same for one seed, and others for another."""
    chance = random.Random(seed)
    while True:
        yield seconds * (1 + jitter * chance.uniform(-1, 1))


class Pause:
    """Waits until it is time, the bell rings, or somebody of this process is in a hurry."""

    def __init__(self, state: str) -> None:
        self._bell = Bell(wake_path(state))
        self._ours, self._theirs = socket.socketpair()
        for end in (self._ours, self._theirs):
            end.setblocking(False)

    def hurry(self) -> None:
        """End the wait that is under way, or the next one. May be called by a signal's handler."""
        with suppress(OSError):
            self._theirs.send(b"!")

    def hang(self) -> None:
        """Listen to the bell from now on; what is rung during a look is heard after it."""
        self._bell.hang()

    def wait(self, seconds: float) -> None:
        """Wait that long at most."""
        began = time.monotonic()
        poll = select.poll()
        poll.register(self._ours, select.POLLIN)
        if (bell := self._bell.hang()) is not None:
            poll.register(bell, select.POLLIN)
        rung = poll.poll(min(seconds, LONGEST) * 1000)
        self._bell.quiet()
        with suppress(BlockingIOError):
            while self._ours.recv(64):
                pass
        if rung:
            time.sleep(max(0.0, min(SHORTEST, seconds) - (time.monotonic() - began)))

    def close(self) -> None:
        """Listen no more."""
        self._bell.close()
        self._ours.close()
        self._theirs.close()
