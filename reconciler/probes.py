"""Questions that may never be answered: asked on threads of their own, within a deadline.

One thread asks all mounts in turn, since to hand over a question costs more than to answer it. Only where one mount
takes its time are those behind it given to others, a thread each.
"""

from __future__ import annotations

import os
import select
import threading
import time
from collections import deque
from collections.abc import Callable, Hashable, Mapping, Sequence
from typing import Any, Generic, TypeVar

from reconciler.state import Fact, Unknown

Q = TypeVar("Q", bound=Hashable)
T = TypeVar("T")
N = TypeVar("N")

PATIENCE = 0.02
"""Seconds that mounts wait behind another one, before they are asked side by side."""


class _Nudge:
    """How one thread wakes another.

    By a pipe: the kernel takes whoever writes to one for about to wait, and lets both have one processor in turn.
    Woken on another one, as by a lock, they would quarrel about the interpreter.
    """

    def __init__(self) -> None:
        self._read, self._write = os.pipe()
        self._poll = select.poll()
        self._poll.register(self._read, select.POLLIN)

    def give(self) -> None:
        """Wake the other one, now or when it comes to wait."""
        os.write(self._write, b"\0")

    def wait(self, seconds: float | None = None) -> bool:
        """Has it been given, within so long? As often as it has, it counts once. None: as long as it takes."""
        if seconds is not None and not self._poll.poll(seconds * 1000):
            return False
        os.read(self._read, 4096)
        return True


class _Round(Generic[Q, T]):
    """What one call asks of one mount, and what that has answered so far."""

    def __init__(self, mount: str, questions: Sequence[Q]) -> None:
        self.mount = mount
        self.questions = questions
        self.answers: dict[Q, Fact[T]] = {}


class _Call(Generic[Q, T]):
    """All that is asked at once. over: nobody waits for it any more.

    ahead: the rounds that nobody has begun; whoever takes one out of it, and nobody else, has it.
    owing: since when, by monotonic time, a mount owes an answer; of this call or of an earlier one.
    """

    def __init__(
        self,
        rounds: Sequence[_Round[Q, T]],
        answer: Callable[[Q], Fact[T]],
        owing: dict[str, float],
        done: _Nudge,
    ) -> None:
        self.ahead = deque(rounds)
        self.over = False
        self._open = set(rounds)
        self._answer = answer
        self._owing = owing
        self._done = done

    def work(self) -> None:
        """Ask one mount after the other, as long as there are any that nobody has asked."""
        while (round := self._take()) is not None:
            self._ask(round)
            del self._owing[round.mount]
            self._open.discard(round)

    def tell(self) -> None:
        """Wake whoever waits, if all is done."""
        if not self._open:
            self._done.give()

    def wait(self, seconds: float) -> bool:
        """Is all done, within so long? What others have told too late wakes for nothing."""
        until = time.monotonic() + seconds
        while self._open:
            if not self._done.wait(max(0.0, until - time.monotonic())):
                return False
        return True

    def end(self) -> None:
        """Wait no longer. Mounts that nobody has asked owe nothing."""
        self.over = True
        while (round := self._take()) is not None:
            del self._owing[round.mount]

    def _take(self) -> _Round[Q, T] | None:
        try:
            return self.ahead.popleft()
        except IndexError:
            return None

    def _ask(self, round: _Round[Q, T]) -> None:
        """One question after the other. A slow mount keeps what it has answered in time."""
        for question in round.questions:
            if self.over:
                break
            round.answers[question] = answered(self._answer, question)


class _Hand:
    """A thread that asks, for whoever has a call."""

    def __init__(self) -> None:
        self._begin = _Nudge()
        self._call: _Call[Any, Any] | None = None
        # A daemon: a mount that never answers must not keep the program from ending.
        threading.Thread(target=self._run, name="probe", daemon=True).start()

    def give(self, call: _Call[Any, Any]) -> None:
        """Let it work on that call, too; it is idle."""
        self._call = call
        self._begin.give()

    def _run(self) -> None:
        while self._begin.wait():
            call, self._call = self._call, None
            assert call is not None
            call.work()
            _IDLE.append(self)
            call.tell()
            del call


_IDLE: list[_Hand] = []
_UNUSED: list[_Nudge] = []
"""Those of this process that have nothing to do; what was busy last comes next."""
# A forked process has none of its parent's threads, and must not wake them by pipes that both have.
os.register_at_fork(after_in_child=_IDLE.clear)
os.register_at_fork(after_in_child=_UNUSED.clear)


def _one(idle: list[N], make: Callable[[], N]) -> N:
    """An idle one, or else a new one."""
    try:
        return idle.pop()
    except IndexError:
        return make()


class Probes:
    """Asks mounts, of which none keeps another waiting for long. At most one question is under way per mount.

    deadline: seconds that one call waits for all its mounts together.
    """

    def __init__(self, deadline: float) -> None:
        self._deadline = deadline
        self._owing: dict[str, float] = {}

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
            self._ask(rounds, answer, seconds)
        for round in rounds:
            # Whoever is late writes on in what it was given: what is handed out is a copy.
            answered = round.answers.copy()
            if len(answered) < len(round.questions):
                answers.update(dict.fromkeys(round.questions, _silent(seconds)))
            answers.update(answered)
        return answers

    def _ask(self, rounds: Sequence[_Round[Q, T]], answer: Callable[[Q], Fact[T]], seconds: float) -> None:
        """Let others ask, and wait until all is answered, but no longer than that."""
        done = _one(_UNUSED, _Nudge)
        call = _Call(rounds, answer, self._owing, done)
        patience = min(PATIENCE, seconds)
        try:
            _one(_IDLE, _Hand).give(call)
            if not call.wait(patience):
                for _ in range(len(call.ahead)):
                    _one(_IDLE, _Hand).give(call)
                call.wait(seconds - patience)
        finally:
            call.end()
            _UNUSED.append(done)


def answered(answer: Callable[[Q], Fact[T]], question: Q) -> Fact[T]:
    """The answer to one question, here and now; Unknown where asking fails."""
    try:
        return answer(question)
    except Exception as error:
        return Unknown(f"could not be asked: {error!r}")


def _silent(seconds: float) -> Unknown:
    return Unknown(f"has not answered for {seconds:.0f} s" if seconds >= 1 else "has not answered yet")
