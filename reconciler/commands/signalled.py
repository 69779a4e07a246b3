"""Signals to a running loop: SIGTERM and SIGINT end it after its tick, SIGHUP makes it look now."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from types import FrameType


@contextmanager
def signalled(hurry: Callable[[], None]) -> Iterator[Callable[[], bool]]:
    """Whether SIGTERM or SIGINT has come, to be asked between ticks; the second one ends the process at once.

    hurry: done when that is asked after a SIGHUP. Every signal ends a sleeping loop's sleep by itself.
    """
    ending = looking = False

    def end(number: int, _frame: FrameType | None) -> None:
        nonlocal ending
        ending = True
        signal.signal(number, signal.SIG_DFL)
        # Not by way of sys.stderr, which may be in the middle of a write of its own.
        with suppress(OSError):
            os.write(2, b"ending after this tick; the jobs run on\n")

    def look(_number: int, _frame: FrameType | None) -> None:
        nonlocal looking
        looking = True

    def ended() -> bool:
        nonlocal looking
        # Not in the handler: it may interrupt whoever holds the lock that hurrying needs.
        if looking:
            looking = False
            hurry()
        return ending

    handlers = {signal.SIGTERM: end, signal.SIGINT: end, signal.SIGHUP: look}
    before = {number: signal.signal(number, handler) for number, handler in handlers.items()}
    try:
        yield ended
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
