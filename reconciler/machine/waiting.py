"""Sleeping until something may have changed. Wake-ups only shorten the sleep: they carry no data."""

from __future__ import annotations

import functools
import math
import os
import select
import signal
import threading
import time
from collections.abc import Sequence
from contextlib import ExitStack, suppress
from typing import TYPE_CHECKING

from reconciler.bell import LONGEST, Bell
from reconciler.machine.signals import open_handle
from reconciler.machine.table import Table, lives
from reconciler.state import Ident

if TYPE_CHECKING:
    import socket

SLICE = 0.5  # seconds between two looks at a process that cannot be watched by a handle


class Waiter:
    """One sleeper, and the bell by which it is rung awake."""

    def __init__(self, table: Table) -> None:
        self._table = table
        self._signals = _signal_pipe()
        self._bell: Bell | None = None

    def wait(self, watched: Sequence[Ident], seconds: float, wake: str) -> None:
        """As `Machine.wait`."""
        bell = self._hang(wake)
        poll = select.poll()
        with ExitStack() as handles:
            blind = []
            for ident in watched:
                handle = open_handle(ident.pid)
                if handle is not None:
                    handles.callback(os.close, handle)
                    poll.register(handle, select.POLLIN)
                if not lives(self._table, ident):
                    return
                if handle is None:
                    blind.append(ident)
            if bell is not None:
                poll.register(bell, select.POLLIN)
            if self._signals is not None:
                poll.register(self._signals, select.POLLIN)
            self._sleep(poll, max(0.0, seconds), blind)
        if bell is not None and self._bell is not None:
            self._bell.quiet()
        if self._signals is not None:
            _drain_pipe(self._signals)

    def _sleep(self, poll: select.poll, seconds: float, blind: Sequence[Ident]) -> None:
        """Poll that long, looking now and then at those who have no handle."""
        until = time.monotonic() + seconds
        while True:
            left = until - time.monotonic()
            if poll.poll(math.ceil(max(0.0, min(left, SLICE if blind else LONGEST)) * 1000)):
                return
            if time.monotonic() >= until or not all(lives(self._table, ident) for ident in blind):
                return

    def _hang(self, wake: str) -> socket.socket | None:
        """The bell at this path; None: none is wanted, or it cannot be hung."""
        if not wake:
            return None
        if self._bell is None or self._bell.path != wake:
            if self._bell is not None:
                self._bell.close()
            self._bell = Bell(wake)
        return self._bell.hang()


def _signal_pipe() -> int | None:
    """Where the interpreter writes a byte for each signal that it handles; only its main thread may ask."""
    return _wakeup_pipe() if threading.current_thread() is threading.main_thread() else None


@functools.cache
def _wakeup_pipe() -> int | None:
    """Made once and never closed: the interpreter may write at any moment."""
    reading, writing = os.pipe()
    os.set_blocking(reading, False)
    os.set_blocking(writing, False)
    before = signal.set_wakeup_fd(writing, warn_on_full_buffer=False)
    if before == -1:
        return reading
    signal.set_wakeup_fd(before)
    os.close(reading)
    os.close(writing)
    return None


def _drain_pipe(pipe: int) -> None:
    with suppress(BlockingIOError):
        while os.read(pipe, 4096):
            pass
