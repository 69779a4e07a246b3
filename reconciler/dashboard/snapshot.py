"""What one look gives the screen, and what the screen wants of whoever looks. Values only; threads are `feed.py`'s."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from typing import Literal, Protocol, TypeAlias

from reconciler.desire import Desire
from reconciler.facts import Facts
from reconciler.loop import Work
from reconciler.noun import noun
from reconciler.plan import Plan
from reconciler.record import Entry
from reconciler.state import Ident, Job
from reconciler.world import Usage


@noun(kw_only=True)
class Snapshot:
    """One look at everything.

    usage: of those processes that could be asked. temps: bytes of temporary files by the job's id, as last measured.
    entries: the end of the record, the newest last.
    here: this program runs the loop. holders: who holds each lock, in words; None: nobody.
    next_in: seconds from this look to the next, if nothing wakes the looker.
    trouble: what is wrong with the loop or the spec, in words; "": nothing.
    """

    facts: Facts
    plan: Plan
    wish: Desire
    usage: Mapping[Ident, Usage] = field(default_factory=dict)
    temps: Mapping[str, int] = field(default_factory=dict)
    entries: tuple[Entry, ...] = ()
    here: bool
    holders: Mapping[Work, str | None]
    next_in: float
    trouble: str = ""


Act: TypeAlias = Literal["pause", "unpause", "suspend", "resume", "kill"]


@noun
class Asked:
    """What a key asks for. target: the work to pause or unpause, or the job."""

    act: Act
    target: Work | Job


@noun
class Note:
    """Something to tell the person at the screen, once."""

    text: str
    bad: bool = False


class Following(Protocol):
    """The end of a log that grows."""

    def lines(self) -> tuple[str, ...]:
        """What is there by now; never waits."""

    def close(self) -> None:
        """Follow it no more."""


class Feed(Protocol):
    """Looks at the farm, and passes on what people want. No call ever waits."""

    def start(self) -> None:
        """Begin to look."""

    def stop(self) -> None:
        """Look no more; a loop ends after its tick."""

    def newest(self) -> Snapshot | None:
        """The last look; the same object until there is a newer one."""

    def said(self) -> tuple[Note, ...]:
        """What there is to tell since this was last called."""

    def ask(self, asked: Asked) -> None:
        """Write a wish down, soon."""

    def follow(self, path: str) -> Following:
        """A log's lines."""
