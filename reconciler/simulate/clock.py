"""Time on a simulated computer: it stands still until somebody lets it pass."""

from __future__ import annotations

import heapq
from collections.abc import Callable
from dataclasses import dataclass, field

from reconciler.state import Instant


@dataclass(order=True, slots=True)
class Call:
    """Something that will happen. due: by the boot clock; order: of two that are due at once."""

    due: float
    order: int
    run: Callable[[], None] = field(compare=False)
    cancelled: bool = field(default=False, compare=False)


class Clock:
    """Both clocks. up: seconds since the boot; at: the wall clock, which may be set.

    watchers: called after everything that happens.
    """

    def __init__(self, at: float, up: float = 3600.0, boot: str = "simulated-boot") -> None:
        self.up = up
        self.boot = boot
        self.watchers: list[Callable[[], None]] = []
        self._booted_at = at - up
        self._calls: list[Call] = []
        self._count = 0

    @property
    def at(self) -> float:
        """Seconds since the epoch, as the wall clock says."""
        return self._booted_at + self.up

    def now(self) -> Instant:
        """Both clocks, read together."""
        return Instant(self.at, self.up, self.boot)

    def jump(self, seconds: float) -> None:
        """Set the wall clock forward, or back where negative."""
        self._booted_at += seconds

    def later(self, seconds: float, run: Callable[[], None]) -> Call:
        """Let something happen in so many seconds."""
        self._count += 1
        call = Call(self.up + seconds, self._count, run)
        heapq.heappush(self._calls, call)
        return call

    def cancel(self, call: Call) -> float:
        """Let it not happen; how many seconds were left."""
        call.cancelled = True
        return max(0.0, call.due - self.up)

    def advance(self, seconds: float, enough: Callable[[], bool] = lambda: False) -> None:
        """Let so much time pass, and happen what is due in it; less where it is enough."""
        end = self.up + seconds
        while not enough():
            if not self._calls or self._calls[0].due > end:
                self.up = end
                return
            call = heapq.heappop(self._calls)
            if call.cancelled:
                continue
            self.up = max(self.up, call.due)
            call.run()
            for watcher in self.watchers:
                watcher()
