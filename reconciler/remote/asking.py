"""Asking a farmer by its shell."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Protocol

from reconciler.errors import FarmerError
from reconciler.inquiry import Login, Question, Volume
from reconciler.remote import reply
from reconciler.remote.heads import Heads
from reconciler.remote.hung import Hung
from reconciler.remote.script import HEADS, script_for
from reconciler.remote.shell import Shell, Silent
from reconciler.state import Fact

DEADLINE = 30.0
"""Seconds that a farmer has for its answer."""


class Asker(Protocol):
    """One way to ask a farmer, with whatever is kept open between questions. For one thread."""

    def ask(self, question: Question) -> Mapping[str, Fact[Volume]]:
        """Each target folder by its path. Raises FarmerError."""

    def close(self) -> None:
        """Let go of the farmer; from any thread."""


class ByShell:
    """Asks by a shell over ssh. deadline: seconds that the farmer has for its answer."""

    def __init__(self, login: Login, *, deadline: float = DEADLINE) -> None:
        self._login = login
        self._deadline = deadline
        self._shell = Shell(login)
        self._hung = Hung()
        self._heads = Heads()

    def ask(self, question: Question) -> Mapping[str, Fact[Volume]]:
        """As `Asker`. A disk that hangs costs its own answer, and the time of this one."""
        if not self._shell.alive:
            self._shell.close()
            self._shell = Shell(self._login)
        volumes = self._volumes(question)
        return self._heads.add_to(volumes, self._read) if question.heads else volumes

    def close(self) -> None:
        """As `Asker`."""
        self._shell.close()

    def _volumes(self, question: Question) -> Mapping[str, Fact[Volume]]:
        script = script_for(question, self._hung.skipped(time.monotonic()))
        try:
            ran = self._shell.run(script, *question.seek, deadline=self._deadline)
        except Silent as silent:
            hanging = reply.unfinished(silent.out)
            if not hanging:
                raise
            self._hung.add(hanging, time.monotonic())
            return reply.parse(question, silent.out)
        self._hung.answered(reply.finished(ran.out))
        if "@ begin" not in ran.out and ran.err.strip():
            raise FarmerError("broken", f"its shell says {ran.err.strip()[:200]!r}")
        return reply.parse(question, ran.out)

    def _read(self, paths: Sequence[str]) -> Mapping[str, bytes]:
        if not self._shell.alive:
            return {}
        heads = reply.parse_heads(self._shell.run(HEADS, *paths, deadline=self._deadline).out)
        return {path: heads[number] for number, path in enumerate(paths, 1) if number in heads}
