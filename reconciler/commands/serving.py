"""Telling the service manager how a loop does: it is ready, what it does, it lives, it ends.

Each sign of life comes from a tick that has ended, on the loop's own thread: a loop that hangs gives none.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from reconciler.events import Event, Ticked
from reconciler.machine.manager import Manager
from reconciler.views import revisions, words


def longest(manager: Manager | None) -> float:
    """Seconds that the loop may sleep at most, so that a healthy one gives its sign of life twice in time."""
    return manager.patience / 2 if manager is not None and manager.patience is not None else math.inf


@contextmanager
def serving(manager: Manager) -> Iterator[Callable[[Event], None]]:
    """What listens to a loop and tells the manager, as long as the context lasts."""
    told: str | None = None

    def hear(event: Event) -> None:
        nonlocal told
        if not isinstance(event, Ticked):
            return
        news = ["READY=1"] if told is None else []
        line = status(event)
        if line != told:
            news.append(f"STATUS={line}")
            told = line
        if manager.patience is not None:
            news.append("WATCHDOG=1")
        if news:
            manager.tell(*news)

    try:
        yield hear
    finally:
        manager.tell("STOPPING=1")


def status(ticked: Ticked) -> str:
    """A tick in one line: ``3 jobs, 1 transfer; 2 actions, 4 held; main@4f1c2ab, newest unverified``."""
    facts = ticked.facts
    source = facts.seen.source
    parts = [
        f"{words.plural(len(facts.all_jobs), 'job')}, {words.plural(len(facts.moving), 'transfer')}",
        f"{words.plural(len(ticked.outcomes), 'action')}, {sum(hold.count for hold in ticked.plan.holds)} held",
    ]
    if source is not None:
        behind = f", newest {source.obstacle}" if source.obstacle is not None else ""
        parts.append(revisions.in_force(source) + behind)
    return "; ".join(parts)
