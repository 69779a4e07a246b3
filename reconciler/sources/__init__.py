"""Where the spec comes from.

A source gives the newest good spec and says what is wrong with a newer one that is not. It never blocks
the loop, and once it has given a good spec it always has one to give.
"""

from __future__ import annotations

from typing import Protocol

from reconciler.spec.loading import Loaded


class Source(Protocol):
    """Gives the spec, tick by tick."""

    def current(self) -> Loaded:
        """The newest good spec. Raises SpecError while there has been none."""

    def problem(self) -> str | None:
        """Why something newer is not in force; None: nothing newer is."""
