"""Why a revision is not followed."""

from __future__ import annotations

from reconciler.errors import PlotmanError
from reconciler.revision import Obstacle


class Refused(PlotmanError):
    """The newest revision is not to be followed, or there is none to be had. obstacle: that in one word."""

    def __init__(self, obstacle: Obstacle, message: str) -> None:
        self.obstacle: Obstacle = obstacle
        super().__init__(message)


class MirrorBroken(PlotmanError):
    """Git cannot read its own mirror."""
