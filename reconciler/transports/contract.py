"""What every transport does for the mover.

A transport knows how to reach one kind of target and nothing of locks on the source, of the order of
steps or of logs: those are the mover's. Its methods are called in the order in which they stand here, each
raises a Failure, a FarmerError or an OSError, and each may be the last: after it the machine may lose its power.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Protocol, TypeAlias

from reconciler.errand import Errand
from reconciler.transports.source import Source

Report: TypeAlias = Callable[[int], None]
"""Takes the bytes that stand at the target; called after each block, also when reading. Raises Stopped."""

Step: TypeAlias = Callable[[str], None]
"""Takes the name of a place between two effects. Does nothing; a test may let the world end there."""


class Transport(Protocol):
    """One plot's place on one disk, which is held open as long as the context lasts."""

    def stands(self) -> int | None:
        """Bytes of the file under the plot's final name; None: there is none."""

    def same(self, source: Source) -> bool:
        """Does the final name hold the source's whole content, safe on disk? False: nothing is there.

        What is left of our part file beside it is removed. Raises Conflict for any other content, or where
        the target is the source itself.
        """

    def reserve(self, source: Source) -> None:
        """Create the part file exclusively or take up ours, lock it, and make sure of the room for it."""

    def copy(self, source: Source) -> None:
        """Bring the part file to the source's content; of what stands there already only what differs."""

    def sync(self) -> None:
        """Flush the part file to its disk."""

    def verify(self, source: Source) -> None:
        """Read the part file back from its disk. Raises Corrupt where it is not what was copied."""

    def publish(self, source: Source) -> None:
        """Give the part file its final name, never in place of another, and flush the folder.

        Where that name is taken meanwhile, as `same`.
        """

    def discard(self) -> None:
        """Remove the part file, if this transport holds it; otherwise nothing."""


Open: TypeAlias = Callable[[Errand, Report, Step], AbstractContextManager[Transport]]
"""How a transport is opened: for an errand, with the mover's report and step."""
