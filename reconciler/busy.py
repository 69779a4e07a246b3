"""How much of a machine's time is taken."""

from __future__ import annotations

from collections.abc import Mapping

from reconciler.noun import noun

SPAN = 300.0
"""Seconds over which shares are reckoned, at most."""
IDLE = 0.3
"""Below this share a drive does not bound anything yet."""
TAKEN = 0.5
"""Above this share a drive is used where no other is left: its jobs wait for one another more and more."""


@noun
class Busy:
    """Shares of the last minutes, from 0 to 1. cpu: of all processors together. drives: of each, by its device.

    memory: the share of it that nobody could have now; 0 where that cannot be told.
    """

    cpu: float
    drives: Mapping[str, float]
    memory: float = 0.0

    def taken(self, device: str | None) -> bool:
        """Is that drive busy for most of its time?"""
        return device is not None and self.drives.get(device, 0.0) > TAKEN

    def eased(self, before: Busy, step: float) -> bool:
        """Has the share of the processors, or of a drive that was not idle, fallen by so much?"""
        drives = (then - self.drives.get(name, 0.0) for name, then in before.drives.items() if then > IDLE)
        return before.cpu - self.cpu >= step or any(fell >= step for fell in drives)
