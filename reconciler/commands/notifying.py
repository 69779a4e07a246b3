"""Telling people what a loop does, beside it: see `notify:` in the spec."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager

from reconciler.commands.context import Farm
from reconciler.events import Event, Ticked, Trouble
from reconciler.notify.notifier import Notifier


@contextmanager
def notifying(
    farm: Farm, works: Collection[str], tell: Callable[[Event], None]
) -> Iterator[Callable[[Event], None]]:
    """What listens to a loop and tells people, as long as the context lasts.

    works: what the loop does. tell: where it goes that a target does not get its messages, once until it changes.
    """
    machine = farm.world.machine
    notifier = Notifier(machine.host, works, os.environ, machine.now, machine.utc_offset)
    told: Mapping[str, str] = {}

    def hear(event: Event) -> None:
        nonlocal told
        notifier.hear(event)
        if isinstance(event, Ticked):
            problems = notifier.problems()
            for place, problem in problems.items():
                if told.get(place) != problem:
                    tell(Trouble(f"notify: {place}: {problem}; it is tried again", "notify"))
            for place in told.keys() - problems.keys():
                tell(Trouble(f"notify: {place} gets its messages again", "notify", over=True))
            told = problems

    try:
        yield hear
    finally:
        notifier.close()
