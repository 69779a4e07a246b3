"""Waiting for something that may never end, without being held by it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from queue import Empty, SimpleQueue
from typing import TypeVar

from reconciler.remote.ran import TICK, Waiting

T = TypeVar("T")


def within(seconds: float, act: Callable[[], T], waiting: Waiting | None = None) -> T:
    """What act returns, or raises; TimeoutError where it has done neither in time.

    It goes on alone then, on a thread that the program's end does not wait for.
    """
    ends = time.monotonic() + seconds
    came: SimpleQueue[tuple[T | None, BaseException | None]] = SimpleQueue()

    def run() -> None:
        try:
            came.put((act(), None))
        except BaseException as error:
            came.put((None, error))

    threading.Thread(target=run, name="within", daemon=True).start()
    while (left := ends - time.monotonic()) > 0:
        try:
            value, error = came.get(timeout=min(left, TICK))
        except Empty:
            if waiting is not None:
                waiting()
            continue
        if error is not None:
            raise error
        return value  # type: ignore[return-value]  # None only where act returns it
    raise TimeoutError
