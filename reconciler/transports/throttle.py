"""Holding a copy to so many bytes a second."""

from __future__ import annotations

import time

from reconciler.transports.contract import Report

SLICE = 0.25
"""Seconds slept at once, so that a mover that is asked to stop does."""


class Throttle:
    """rate: bytes a second; None: as fast as it goes. What was not used is not made up for."""

    def __init__(self, rate: int | None, report: Report) -> None:
        self._rate = rate
        self._report = report
        self._due = 0.0

    def passed(self, size: int, done: int) -> None:
        """So many bytes were copied; sleep until more may be. done: what stands at the target, to report."""
        if self._rate is None:
            return
        self._due = max(self._due, time.monotonic()) + size / self._rate
        while (left := self._due - time.monotonic()) > 0:
            time.sleep(min(left, SLICE))
            self._report(done)
