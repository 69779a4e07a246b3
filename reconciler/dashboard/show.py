"""The dashboard on this terminal, from its first look to its last, also where the terminal is lost before that."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from types import FrameType

from reconciler.dashboard.app import Dashboard
from reconciler.dashboard.feed import LiveFeed
from reconciler.views.symbols import Symbols

PATIENCE = 60.0
"""Seconds that the last tick is given to end."""
TURN = 0.0005
"""Seconds after which a thread that computes lets another go on: an answer to a key takes a dozen such turns."""
GRACE = 3.0
"""Seconds after it that the screen is given, where its terminal is gone."""


def show(feed: LiveFeed, symbols: Symbols, *, reading: bool) -> None:
    """Until it is quit, or SIGTERM or SIGHUP comes. Jobs run on. Raises what has ended the looking."""
    sys.setswitchinterval(TURN)
    app = Dashboard(feed, symbols, reading=reading)
    with _signals(app, feed):
        app.run()
        feed.close(PATIENCE)
    if feed.failure is not None:
        raise feed.failure


@contextmanager
def _signals(app: Dashboard, feed: LiveFeed) -> Iterator[None]:
    """End in good order when told to: the loop first, which no terminal may hold up."""

    def end(number: int, _frame: FrameType | None) -> None:
        feed.stop()
        if number == signal.SIGHUP:
            _let_go()
        threading.Thread(target=_last, args=(feed,), daemon=True).start()
        with suppress(RuntimeError):
            asyncio.get_running_loop().call_soon_threadsafe(app.exit)

    before = {number: signal.signal(number, end) for number in (signal.SIGTERM, signal.SIGHUP)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _let_go() -> None:
    """The terminal is gone; what is still written to it must not fail."""
    nowhere = os.open(os.devnull, os.O_RDWR | os.O_CLOEXEC)
    for stream in (0, 1, 2):
        os.dup2(nowhere, stream)
    os.close(nowhere)


def _last(feed: LiveFeed) -> None:
    """End this process, whatever the screen does: it may wait for ever for a terminal that is gone."""
    feed.close(PATIENCE)
    time.sleep(GRACE)
    os._exit(0)
