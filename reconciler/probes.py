"""Questions that may never be answered: asked on threads of their own, within a deadline.

One thread asks all mounts in turn, since to hand over a question costs more than to answer it. Only where one mount
takes its time are those behind it given to others, a thread each.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from queue import Empty, SimpleQueue
from typing import Any, Generic, TypeVar

from reconciler.state import Fact, Unknown

Q = TypeVar("Q", bound=Hashable)
T = TypeVar("T")

PATIENCE = 0.02
"""Seconds that mounts wait behind another one, before they are asked side by side."""


class _Round(Generic[Q, T]):
    """What one call asks of one mount, and what that has answered so far."""

    def __init__(self, mount: str, questions: Sequence[Q]) -> None:
        self.mount = mount
        self.questions = questions
        self.answers: dict[Q, Fact[T]] = {}


class _Call(Generic[Q, T]):
    """All that is asked at once. over: nobody waits for it any more.

    ahead: the rounds that nobody has begun; whoever takes one out of it, and nobody else, has it.
    open: the rounds that are not done.
    """

    def __init__(self, rounds: Iterable[_Round[Q, T]], answer: Callable[[Q], Fact[T]]) -> None:
        self.ahead = deque(rounds)
        self.open = set(self.ahead)
        self.over = False
        self._answer = answer
        self._done: SimpleQueue[None] = SimpleQueue()

    def take(self) -> _Round[Q, T] | None:
        """A round that nobody has begun."""
        try:
            return self.ahead.popleft()
        except IndexError:
            return None

    def ask(self, round: _Round[Q, T]) -> None:
        """One question after the other. A slow mount keeps what it has answered in time."""
        for question in round.questions:
            if self.over:
                break
            try:
                round.answers[question] = self._answer(question)
            except Exception as error:
                round.answers[question] = Unknown(f"could not be asked: {error!r}")

    def tell(self) -> None:
        """Let whoever waits know, if all is done."""
        if not self.open:
            self._done.put(None)

    def wait(self, seconds: float) -> bool:
        """Is all done, within so long?"""
        try:
            self._done.get(timeout=seconds)
        except Empty:
            return False
        return True


class Probes:
    """Asks mounts, of which none keeps another waiting for long. At most one question is under way per mount.

    deadline: seconds that one call waits for all its mounts together.
    """

    def __init__(self, deadline: float) -> None:
        self._deadline = deadline
        self._owing: dict[str, float] = {}  # since when, by monotonic time, a mount owes an answer
        self._idle: list[SimpleQueue[_Call[Any, Any]]] = []  # how each idle thread is handed a call

    def ask(
        self,
        groups: Mapping[str, Sequence[Q]],
        answer: Callable[[Q], Fact[T]],
        *,
        deadline: float | None = None,
    ) -> dict[Q, Fact[T]]:
        """Each question's answer; Unknown where its mount has not given one within the deadline.

        groups: the questions by the mount that answers them. A mount that still owes an answer of an earlier
        call is not asked again. deadline: of this call, where it is another one.
        """
        began = time.monotonic()
        seconds = self._deadline if deadline is None else deadline
        answers: dict[Q, Fact[T]] = {}
        rounds: list[_Round[Q, T]] = []
        for mount, questions in groups.items():
            since = self._owing.get(mount)
            if since is None:
                self._owing[mount] = began
                rounds.append(_Round(mount, questions))
            else:
                answers.update(dict.fromkeys(questions, _silent(began - since)))
        if rounds:
            self._ask(_Call(rounds, answer), seconds)
        for round in rounds:
            # Whoever is late writes on in what it was given: what is handed out is a copy.
            answered = round.answers.copy()
            if len(answered) < len(round.questions):
                answers.update(dict.fromkeys(round.questions, _silent(seconds)))
            answers.update(answered)
        return answers

    def _ask(self, call: _Call[Any, Any], seconds: float) -> None:
        """Let others ask, and wait until all is answered, but no longer than that."""
        try:
            self._hand(call)
            first = min(PATIENCE, seconds)
            if not call.wait(first):
                for _ in range(len(call.ahead)):
                    self._hand(call)
                call.wait(seconds - first)
        finally:
            call.over = True
            while (round := call.take()) is not None:
                del self._owing[round.mount]

    def _hand(self, call: _Call[Any, Any]) -> None:
        """Give the call to one more thread: the one that was busy last, or else a new one."""
        if self._idle:
            self._idle.pop().put(call)
            return
        calls: SimpleQueue[_Call[Any, Any]] = SimpleQueue()
        calls.put(call)
        # A daemon: a mount that never answers must not keep the program from ending.
        threading.Thread(target=self._work, args=(calls,), name="probe", daemon=True).start()

    def _work(self, calls: SimpleQueue[_Call[Any, Any]]) -> None:
        while True:
            call = calls.get()
            while (round := call.take()) is not None:
                call.ask(round)
                del self._owing[round.mount]
                call.open.discard(round)
            self._idle.append(calls)
            call.tell()
            del call, round


def _silent(seconds: float) -> Unknown:
    return Unknown(f"has not answered for {seconds:.0f} s" if seconds >= 1 else "has not answered yet")
