"""One target's messages on their way, on a thread of their own: whatever the target does, nobody waits for it."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Sequence

from reconciler.errors import PlotmanError
from reconciler.notify.kinds import Message

ROOM = 200
"""Messages that wait at most; of more, the oldest are given up."""
FIRST, LONGEST = 5.0, 900.0
"""Seconds to wait after a failure: doubled with each further one, up to the longest."""


class Sender:
    """Sends what it is given, in order, as many at once as wait.

    send: sends some messages and the count of those given up before them; raises PlotmanError where that fails.
    problem: why the last try failed; None: it did not.
    """

    def __init__(
        self, name: str, send: Callable[[Sequence[Message], int], None], *, first: float = FIRST
    ) -> None:
        self._send = send
        self._first = first
        self._waiting: deque[Message] = deque()
        self._dropped = 0
        self._ending = False
        self._changed = threading.Condition()
        self.problem: str | None = None
        self._thread = threading.Thread(target=self._run, name=f"notify {name}", daemon=True)
        self._thread.start()

    def give(self, messages: Iterable[Message]) -> None:
        """Send these soon. Never waits."""
        with self._changed:
            self._waiting.extend(messages)
            self._trim()
            self._changed.notify()

    def close(self) -> None:
        """Try once more what waits, then end. Does not wait; `join` does."""
        with self._changed:
            self._ending = True
            self._changed.notify()

    def join(self, seconds: float) -> None:
        """Wait until it has ended, at most so long."""
        self._thread.join(seconds)

    def _trim(self) -> None:
        while len(self._waiting) > ROOM:
            self._waiting.popleft()
            self._dropped += 1

    def _run(self) -> None:
        failures = 0
        while True:
            with self._changed:
                self._changed.wait_for(lambda: bool(self._waiting) or self._ending)
                if failures:
                    self._rest(failures)
                last, batch, dropped = self._ending, tuple(self._waiting), self._dropped
                self._waiting.clear()
                self._dropped = 0
            try:
                if batch:
                    self._send(batch, dropped)
                failures, self.problem = 0, None
            except PlotmanError as error:
                failures += 1
                self.problem = str(error)
                with self._changed:
                    self._waiting.extendleft(reversed(batch))
                    self._dropped += dropped
                    self._trim()
            if last:
                return

    def _rest(self, failures: int) -> None:
        """Wait, after failures in a row, also where more messages come; not where it is to end."""
        until = time.monotonic() + min(LONGEST, self._first * 2.0 ** min(failures - 1, 30))
        while not self._ending and (left := until - time.monotonic()) > 0:
            self._changed.wait(left)
