"""What listens to a loop and tells people: folds its events on a thread of its own, and hands out what is news."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, TypeAlias

from reconciler.events import Event, Planned, Ticked
from reconciler.execute import Outcome
from reconciler.notify.digest import digest, takes
from reconciler.notify.kinds import KINDS, Message
from reconciler.notify.news import Memory, fold
from reconciler.notify.sender import Sender
from reconciler.notify.service import Service
from reconciler.notify.signs import Silence
from reconciler.state import Instant

if TYPE_CHECKING:
    from reconciler.spec.notify import Notify, Target

LOOK = 15.0
"""Seconds without an event after which the loop's silence is judged."""
BACKLOG = 256
"""Events that may wait to be folded. Each look tells all that stands, so that a lost one costs little."""
PATIENCE = 5.0
"""Seconds that the last messages are given when the loop ends."""

Heard: TypeAlias = tuple[Event, Instant]


class Notifier:
    """Listens to one loop. It never raises and never waits; without `notify` in the spec it does nothing.

    host: as messages name it. works: the kinds of work that this loop does. environment: where URLs may stand.
    """

    def __init__(
        self,
        host: str,
        works: Collection[str],
        environment: Mapping[str, str],
        clock: Callable[[], Instant],
        utc_offset: Callable[[], int],
    ) -> None:
        self._host = host
        self._works = works
        self._environment = environment
        self._clock = clock
        self._offset = utc_offset
        self._heard: queue.Queue[Heard | None] = queue.Queue(BACKLOG)
        self._thread: threading.Thread | None = None
        self._memory = Memory()
        self._wish: Notify | None = None
        self._senders: dict[Target, Sender] = {}
        self._waiting: list[Message] = []
        self._due = 0.0
        self._ticked: tuple[Instant, float] | None = None

    def hear(self, event: Event) -> None:
        """Take note of this event."""
        if isinstance(event, Outcome):
            return  # It comes again with its tick.
        if self._thread is None:
            if not isinstance(event, Planned) or event.facts.spec.notify is None:
                return
            self._thread = threading.Thread(target=self._run, name="notify", daemon=True)
            self._thread.start()
        with suppress(queue.Full):
            self._heard.put_nowait((event, self._clock()))

    def problems(self) -> Mapping[str, str]:
        """Why targets do not get their messages, by where their URLs stand."""
        senders = dict(self._senders)
        return {target.place: each.problem for target, each in senders.items() if (each.problem) is not None}

    def close(self) -> None:
        """Send what is left. A target that hangs is not waited for."""
        if self._thread is not None:
            with suppress(queue.Full):
                self._heard.put(None, timeout=1.0)
            self._thread.join(PATIENCE + 1.0)

    # on the thread

    def _run(self) -> None:
        while True:
            heard: Heard | None
            try:
                heard = self._heard.get(timeout=self._patience())
            except queue.Empty:
                self._silence()
            else:
                if heard is None:
                    break
                self._fold(*heard)
            if self._waiting and self._clock().up >= self._due:
                self._hand_out()
        self._hand_out()
        self._end(self._senders.values())

    def _patience(self) -> float:
        """Seconds until there is something to do without an event."""
        return max(0.0, min(LOOK, self._due - self._clock().up)) if self._waiting else LOOK

    def _silence(self) -> None:
        if self._ticked is not None:
            memory, messages = fold(self._memory, Silence(*self._ticked), self._clock())
            self._add(memory, messages)

    def _fold(self, event: Event, now: Instant) -> None:
        if isinstance(event, Planned):
            self._follow(event.facts.spec.notify)
            if self._ticked is None:
                self._ticked = now, event.facts.spec.scheduling.tick
        elif isinstance(event, Ticked):
            self._ticked = now, event.facts.spec.scheduling.tick
        self._add(*fold(self._memory, event, now))

    def _add(self, memory: Memory, messages: Sequence[Message]) -> None:
        self._memory = memory
        mine = [each for each in messages if KINDS[each.event].work in (None, *self._works)]
        if not mine or self._wish is None:
            return
        now = self._clock().up
        if not self._waiting:
            self._due = now + self._wish.batch
        if any(each.level == "critical" for each in mine):
            self._due = now
        self._waiting += mine

    def _hand_out(self) -> None:
        for target, sender in self._senders.items():
            if theirs := [each for each in self._waiting if takes(target, each)]:
                sender.give(theirs)
        self._waiting = []

    def _follow(self, wish: Notify | None) -> None:
        """Have a sender for each target of the spec as it is now."""
        if wish == self._wish:
            return
        self._hand_out()
        self._wish = wish
        targets = frozenset(wish.targets) if wish is not None else frozenset()
        kept = {target: each for target, each in self._senders.items() if target in targets}
        for target, sender in self._senders.items():
            if target not in targets:
                sender.close()
        begun = {target: Sender(target.place, self._sending(target)) for target in targets - kept.keys()}
        self._senders = {**kept, **begun}

    def _sending(self, target: Target) -> Callable[[Sequence[Message], int], None]:
        service = Service(target, self._environment)

        def send(messages: Sequence[Message], dropped: int) -> None:
            service.send(digest(self._host, messages, dropped, self._offset()))

        return send

    def _end(self, senders: Collection[Sender]) -> None:
        for sender in senders:
            sender.close()
        end = self._clock().up + PATIENCE
        for sender in senders:
            sender.join(max(0.0, end - self._clock().up))
