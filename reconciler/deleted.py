"""What was deleted lately, by what the journal tells: the ground of all caps on deletions. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cached_property
from typing import TYPE_CHECKING

from reconciler.replacing import ended_at, may_have_removed
from reconciler.state import Deletion, Instant, Known

if TYPE_CHECKING:
    from reconciler.facts import Facts

DAY = 86400.0


class Deleted:
    """What rules read of deletions.

    A deletion that is dated after now counts as just begun: a clock that was set back must not let more go.
    """

    def __init__(self, facts: Facts) -> None:
        self._facts = facts

    @cached_property
    def begun(self) -> tuple[Deletion, ...]:
        """The killed jobs and removed files that are known, as they began."""
        seen = self._facts.seen.deletions
        return seen.value if isinstance(seen, Known) else ()

    @cached_property
    def in_tick(self) -> Sequence[float]:
        """Seconds since each kill, cleaning and retirement began that is younger than the spec's tick; descending.

        Loops tick more often than that, and are ended and begun again; what they do must not depend on it.
        """
        begun = [each.since for each in self.begun] + [each.since for each in self._facts.replacing.removals]
        return _within(map(self._since, begun), self._facts.spec.scheduling.tick)

    @cached_property
    def in_day(self) -> Sequence[float]:
        """Seconds since each cleaning, and since each retirement that may have succeeded, of a day; descending."""
        cleaned = [self._since(each.since) for each in self.begun if each.kind == "clean"]
        retired = [
            0.0 if each.outcome == "running" else self._facts.now.at - ended_at(each)
            for each in self._facts.replacing.removals
            if may_have_removed(each)
        ]
        return _within(cleaned + retired, DAY)

    def _since(self, then: Instant) -> float:
        now = self._facts.now
        return now.up - then.up if now.boot == then.boot else now.at - then.at


def _within(every: Iterable[float], window: float) -> Sequence[float]:
    return sorted((max(0.0, passed) for passed in every if passed < window), reverse=True)
