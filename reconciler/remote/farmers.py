"""Farmers, asked in the background: `world.Farmers`."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from reconciler.bell import ring
from reconciler.errors import FarmerError
from reconciler.inquiry import Answer, Heard, Question
from reconciler.state import Instant

if TYPE_CHECKING:
    from reconciler.remote.asking import Asker

OFTEN = 5.0
"""Seconds between two questions to one farmer, at least."""

FIRST, LONGEST = 10.0, 300.0
"""Seconds until a farmer is asked again that has failed: at first, doubling, and at most."""


class RemoteFarmers:
    """Keeps what each farmer last said. now: this machine's clocks; patience: seconds to wait for first answers."""

    def __init__(self, now: Callable[[], Instant], patience: float = 0.0) -> None:
        self._now = now
        self._patience = patience
        self._listeners: dict[str, Listener] = {}

    def hear(
        self, questions: Sequence[Question], *, wake: str = "", kicked: float = 0.0
    ) -> Mapping[str, Heard]:
        """As `world.Farmers`."""
        wanted = {question.farmer: question for question in questions}
        for name in self._listeners.keys() - wanted.keys():
            self._listeners.pop(name).leave()
        for name, question in wanted.items():
            if name not in self._listeners:
                self._listeners[name] = Listener(name, self._now)
            self._listeners[name].put(question, wake, kicked)
        ends = time.monotonic() + self._patience
        return {name: self._listeners[name].hear(max(0.0, ends - time.monotonic())) for name in wanted}


class Listener:
    """One farmer: the question that is to be put to it, what it last said, and the one thread that asks.

    The thread is a daemon, so the program's end does not wait for it.
    """

    def __init__(self, name: str, now: Callable[[], Instant]) -> None:
        self._name = name
        self._now = now
        self._changed = threading.Condition()
        self._heard = Heard(answer=None)
        self._failures = 0
        self._failed = 0.0  # wall clock
        self._due = 0.0  # monotonic
        self._question: Question | None = None
        self._put: Question | None = None
        self._pending = False
        self._wake = ""
        self._asker: Asker | None = None
        self._gone = False
        self._thread: threading.Thread | None = None

    def put(self, question: Question, wake: str, kicked: float) -> None:
        """Have that asked, where it is due. kicked: wall clock before which failures are forgotten."""
        with self._changed:
            if self._question is not None and _subject(self._question) != _subject(question):
                # What was said to another question says nothing about this one.
                self._heard, self._failures, self._due = Heard(answer=None), 0, 0.0
            elif self._failures and self._failed <= kicked:
                self._failures, self._due = 0, 0.0
            self._question, self._wake = question, wake
            # A new question, and a failed one, is put as soon as it may be; others when next asked for.
            new = question != self._put or self._heard.trouble is not None
            self._pending |= new or self._due <= time.monotonic()
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name=f"farmer {self._name}", daemon=True)
                self._thread.start()
            self._changed.notify_all()

    def hear(self, patience: float) -> Heard:
        """What is known; waits so many seconds at most for a first answer or failure."""
        with self._changed:
            self._changed.wait_for(lambda: self._heard.answer or self._heard.trouble, patience)
            return self._heard

    def leave(self) -> None:
        """Ask no more, and let go of the connection; waits for neither."""
        with self._changed:
            self._gone = True
            self._changed.notify_all()
            if self._asker is not None:
                self._asker.close()

    def _run(self) -> None:
        way = None
        while (question := self._next()) is not None:
            asked = self._now()
            try:
                if self._asker is None or way != _way(question):
                    self._change(question)
                    way = _way(question)
                assert self._asker is not None
                answer = Answer(asked=asked, seek=question.seek, volumes=self._asker.ask(question))
            except FarmerError as error:
                self._note_failure(question, error.kind, str(error))
            except Exception as error:
                # Whatever it is, it costs this farmer its answer, not its thread.
                self._note_failure(question, "broken", f"{type(error).__name__}: {error}")
            else:
                self._note(question, answer)
        if self._asker is not None:
            self._asker.close()

    def _next(self) -> Question | None:
        """The next question, once it is due; None: no more."""
        with self._changed:
            while not self._gone:
                left = self._due - time.monotonic()
                if self._pending and left <= 0:
                    self._pending = False
                    self._due = time.monotonic() + OFTEN
                    self._put = self._question
                    return self._question
                self._changed.wait(left if self._pending else None)
        return None

    def _change(self, question: Question) -> None:
        """From here on ask in that question's way."""
        asker = _asker(question)
        with self._changed:
            had, self._asker = self._asker, asker
        if had is not None:
            had.close()

    def _note(self, question: Question, answer: Answer) -> None:
        with self._changed:
            if self._question is None or _subject(question) != _subject(self._question):
                return
            had, self._heard = self._heard, Heard(answer=answer)
            self._failures = 0
            wake = self._wake
            self._changed.notify_all()
        new = had.answer is None or had.trouble is not None or not set(answer.seek) <= set(had.answer.seek)
        if wake and new:
            ring(wake)

    def _note_failure(self, question: Question, kind: str, trouble: str) -> None:
        now = self._now().at
        with self._changed:
            if self._question is None or _subject(question) != _subject(self._question):
                return
            pause = min(FIRST * 2.0 ** min(self._failures, 30), LONGEST)
            self._failures, self._failed = self._failures + 1, now
            self._due = time.monotonic() + pause
            self._heard = replace(self._heard, trouble=trouble, kind=kind, next_at=now + pause)
            self._changed.notify_all()


def _subject(question: Question) -> Question:
    """All of a question but the names that are looked for."""
    return replace(question, seek=())


def _way(question: Question) -> tuple[object, ...]:
    """Whom it is put to, and how."""
    return question.by, question.login, question.daemon


def _asker(question: Question) -> Asker:
    """What is heavy is imported here: by a thread, once there is a farmer."""
    if question.by == "daemon":
        from reconciler.remote.daemon import ByDaemon

        return ByDaemon()
    if question.login is None:
        raise FarmerError("broken", "it is to be asked by ssh, yet there is no login")
    if question.by == "sftp":
        from reconciler.remote.sftp import BySftp

        return BySftp(question.login)
    from reconciler.remote.asking import ByShell

    return ByShell(question.login)
