"""File events beside a loop: what happens in the farm's folders, or to its spec, ends the loop's sleep."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from functools import partial

from reconciler import journal
from reconciler.commands.context import Farm
from reconciler.events import Event, Planned
from reconciler.machine.watching import Watcher


@contextmanager
def wakening(farm: Farm, works: Collection[str]) -> Iterator[Callable[[Event], None]]:
    """What listens to a loop and watches the folders of the spec that it follows. works: what the loop does."""
    bell = journal.wake_path(farm.logs, "plotting" if "plotting" in works else "archiving")
    watcher = Watcher(partial(farm.world.machine.ring, bell))
    documents = {os.path.dirname(os.path.abspath(file)) for file in farm.loaded.files}

    def hear(event: Event) -> None:
        if isinstance(event, Planned):
            directories = event.facts.spec.directories
            places = (*directories.tmp, *directories.tmp2, *directories.landing, directories.logs)
            watcher.watch(documents | {place.path for place in places})

    try:
        yield hear
    finally:
        watcher.close()
