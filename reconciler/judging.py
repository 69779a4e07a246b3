"""The limits' word on a candidate. Pure.

Some limits on new jobs read nothing of their place: what those said of one counts for all, until something is admitted.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property
from typing import TypeAlias

from reconciler.facts import Facts
from reconciler.rules import LIMITS, drained, max_jobs, paused, stagger, stop_after
from reconciler.want import Admitted, Limit, Spawn, Verdict, Want

Judged: TypeAlias = tuple[tuple[Verdict, ...], Verdict | None]
"""The verdicts passed, and the first that holds, where judging stopped."""

_ANYWHERE: frozenset[Limit] = frozenset(
    {drained.judge, paused.judge, stop_after.judge, max_jobs.judge, stagger.judge}
)
"""Limits that say the same of a new job wherever it would be."""


def judge(facts: Facts, admitted: Admitted, want: Want) -> Judged:
    """One candidate, limit by limit."""
    return _fold(LIMITS[want.kind], facts, admitted, want)


class Judging:
    """Judges candidate after candidate of one tick, and keeps what it may."""

    def __init__(self, facts: Facts, admitted: Admitted) -> None:
        self._facts = facts
        self._admitted = admitted
        self._said: dict[Limit, Verdict | None] = {}

    def judge(self, want: Want) -> Judged:
        """The same as `judge`."""
        limits = self._of_spawns if isinstance(want, Spawn) else LIMITS[want.kind]
        return _fold(limits, self._facts, self._admitted, want)

    def admit(self, want: Want) -> None:
        """Let one through, after which all are to be judged anew."""
        self._admitted.add(want)
        self._said.clear()

    @cached_property
    def _of_spawns(self) -> tuple[Limit, ...]:
        """The limits on new jobs, each asked only once what it says of every one."""
        return tuple(self._once(limit) if limit in _ANYWHERE else limit for limit in LIMITS["spawn"])

    def _once(self, limit: Limit) -> Limit:
        # It must not know its judging: in a ring, all that a tick has seen would outlive it.
        said = self._said

        def judge(facts: Facts, admitted: Admitted, want: Want) -> Verdict | None:
            if limit not in said:
                said[limit] = limit(facts, admitted, want)
            return said[limit]

        return judge


def _fold(limits: Iterable[Limit], facts: Facts, admitted: Admitted, want: Want) -> Judged:
    passed: list[Verdict] = []
    for limit in limits:
        verdict = limit(facts, admitted, want)
        if verdict is None:
            continue
        if not verdict.ok:
            return tuple(passed), verdict
        passed.append(verdict)
    return tuple(passed), None
