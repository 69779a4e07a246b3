"""What a running loop sees, written to a file for others: a repository's check, `plan --observed`, a bug report."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from reconciler import documents
from reconciler.commands.writer import writing
from reconciler.events import Event, Ticked
from reconciler.observation import Observation
from reconciler.views import words

EVERY = 60.0
"""Seconds between two writings at least: each makes a new version of a file that may lie in a repository."""


@contextmanager
def publishing(path: str, tell: Callable[[Event], None]) -> Iterator[Callable[[Event], None]]:
    """What listens to a loop and writes its newest Observation to that file, now and then and at the end.

    tell: where its troubles go, once each.
    """
    newest: Observation | None = None
    written: float | None = None

    def page() -> str | None:
        # The observer leaves keys out; this is for the words of people and of other programs in it.
        return None if newest is None else words.shorten(documents.to_json(newest))

    with writing("--publish-observation", path, page, tell) as write:

        def hear(event: Event) -> None:
            nonlocal newest, written
            if isinstance(event, Ticked):
                newest = event.facts.seen
                if written is None or newest.now.up - written >= EVERY:
                    written = newest.now.up
                    write()

        yield hear
