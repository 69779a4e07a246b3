"""Questions that may never be answered: a thread for each mount, and a deadline."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Hashable, Mapping, Sequence
from queue import Empty, SimpleQueue
from typing import Any, Generic, TypeVar

from reconciler.state import Fact, Unknown

Q = TypeVar("Q", bound=Hashable)
T = TypeVar("T")


class _Round(Generic[Q, T]):
    """What one call asks of one mount. over: nobody waits for the rest any more."""

    def __init__(
        self, questions: Sequence[Q], answer: Callable[[Q], Fact[T]], replies: SimpleQueue[_Round[Q, T]]
    ) -> None:
        self.questions = questions
        self.answer = answer
        self.answers: dict[Q, Fact[T]] = {}
        self.over = False
        self._replies = replies

    def run(self) -> None:
        """Answer one question after the other. A slow mount keeps what it has answered in time."""
        for question in self.questions:
            if self.over:
                break
            try:
                self.answers[question] = self.answer(question)
            except Exception as error:
                self.answers[question] = Unknown(f"could not be asked: {error!r}")

    def done(self) -> None:
        """Tell whoever waits."""
        self._replies.put(self)


class _Worker:
    """The one thread that asks one mount. since: monotonic time of the hand-over; None: idle."""

    def __init__(self, mount: str) -> None:
        self.since: float | None = None
        self._rounds: SimpleQueue[_Round[Any, Any]] = SimpleQueue()
        # A daemon: a mount that never answers must not keep the program from ending.
        threading.Thread(target=self._run, name=f"probe {mount}", daemon=True).start()

    def hand(self, round: _Round[Any, Any]) -> None:
        self.since = time.monotonic()
        self._rounds.put(round)

    def _run(self) -> None:
        while True:
            round = self._rounds.get()
            round.run()
            self.since = None
            round.done()
            del round


class Probes:
    """Asks mounts side by side. At most one question is under way per mount.

    deadline: seconds that one call waits for all its mounts together.
    """

    def __init__(self, deadline: float) -> None:
        self._deadline = deadline
        self._workers: dict[str, _Worker] = {}

    def ask(self, groups: Mapping[str, Sequence[Q]], answer: Callable[[Q], Fact[T]]) -> dict[Q, Fact[T]]:
        """Each question's answer; Unknown where its mount has not given one within the deadline.

        groups: the questions by the mount that answers them. A mount that still owes an answer of an earlier
        call is not asked again.
        """
        began = time.monotonic()
        answers: dict[Q, Fact[T]] = {}
        replies: SimpleQueue[_Round[Q, T]] = SimpleQueue()
        waiting: set[_Round[Q, T]] = set()
        for mount, questions in groups.items():
            worker = self._workers.get(mount)
            if worker is None:
                worker = self._workers[mount] = _Worker(mount)
            since = worker.since
            if since is not None:
                answers.update(dict.fromkeys(questions, _silent(began - since)))
                continue
            round = _Round(questions, answer, replies)
            waiting.add(round)
            worker.hand(round)
        while waiting:
            try:
                round = replies.get(timeout=max(0.0, began + self._deadline - time.monotonic()))
            except Empty:
                break
            waiting.remove(round)
            answers.update(round.answers)
        for round in waiting:
            round.over = True
            answers.update(dict.fromkeys(round.questions, _silent(self._deadline)))
            answers.update(round.answers.copy())
        return answers


def _silent(seconds: float) -> Unknown:
    return Unknown(f"has not answered for {seconds:.0f} s" if seconds >= 1 else "has not answered yet")
