"""Time on a simulated computer: it stands still until somebody lets it pass."""

from __future__ import annotations

import heapq
from collections.abc import Callable
from dataclasses import dataclass

from reconciler.state import Instant


@dataclass(eq=False, slots=True)
class Call:
    """Something that will happen. due: by the clock's time."""

    due: float
    run: Callable[[], None]
    cancelled: bool = False


class Clock:
    """Both clocks. time: seconds since the simulation began.

    watchers: called after everything that happens. resting: called once no more time passes, before anybody looks.
    """

    def __init__(self, at: float, up: float = 3600.0) -> None:
        self.time = 0.0
        self.boot = "simulated-boot-1"
        self.watchers: list[Callable[[], None]] = []
        self.resting: list[Callable[[], None]] = []
        self._began_at = at
        self._booted = -up
        self._calls: list[tuple[float, int, Call]] = []
        self._count = 0

    @property
    def up(self) -> float:
        """Seconds since the boot."""
        return self.time - self._booted

    @property
    def at(self) -> float:
        """Seconds since the epoch, as the wall clock says."""
        return self._began_at + self.time

    def now(self) -> Instant:
        """Both clocks, read together."""
        return Instant(self.at, self.up, self.boot)

    def jump(self, seconds: float) -> None:
        """Set the wall clock forward, or back where negative."""
        self._began_at += seconds

    def reboot(self) -> None:
        """Begin another boot."""
        self._booted = self.time
        number = int(self.boot.rpartition("-")[2])
        self.boot = f"simulated-boot-{number + 1}"

    def later(self, seconds: float, run: Callable[[], None]) -> Call:
        """Let something happen in so many seconds."""
        self._count += 1
        call = Call(self.time + seconds, run)
        # Of two that are due at once the one that was asked for first is the first.
        heapq.heappush(self._calls, (call.due, self._count, call))
        return call

    def cancel(self, call: Call) -> float:
        """Let it not happen; how many seconds were left."""
        call.cancelled = True
        return max(0.0, call.due - self.time)

    def advance(self, seconds: float, enough: Callable[[], bool] = lambda: False) -> None:
        """Let so much time pass, and happen what is due in it; less where it is enough.

        What is due at one instant happens all, or not at all: nobody sees half of it.
        """
        self._pass(self.time + seconds, enough)
        for call in self.resting:
            call()

    def _pass(self, end: float, enough: Callable[[], bool]) -> None:
        satisfied = False
        while not ((satisfied := satisfied or enough()) and self._over()):
            if not self._calls or self._calls[0][0] > end:
                self.time = end
                return
            _, _, call = heapq.heappop(self._calls)
            if call.cancelled:
                continue
            self.time = max(self.time, call.due)
            call.run()
            for watcher in self.watchers:
                watcher()

    def _over(self) -> bool:
        """Is nothing more due now?"""
        while self._calls and self._calls[0][2].cancelled:
            heapq.heappop(self._calls)
        return not self._calls or self._calls[0][0] > self.time
