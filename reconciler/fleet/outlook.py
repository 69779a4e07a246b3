"""What would be done on one host, by its recorded observation; and how much of that is news."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import field
from typing import Literal, TypeAlias, get_args

from reconciler.errors import Problem
from reconciler.fleet.difference import Difference, Leaf
from reconciler.noun import noun
from reconciler.plan import Hold, Plan

News: TypeAlias = Literal[
    "invalid",
    "broken snapshot",
    "removed",
    "kill",
    "retire",
    "clean",
    "drain",
    "suspend",
    "guarded",
    "no snapshot",
    "new",
    "changes",
    "held",
    "spec",
    "nothing",
]
"""From the worst to none.

invalid: the host's file is no spec. broken snapshot: that is no observation. removed: the host leaves the repository.
kill, retire, clean: such actions would be done, or be new. drain: jobs, a directory or a farmer would run out.
suspend: jobs would be stopped. guarded: a guardrail of the spec holds something back. no snapshot: nobody can tell.
new: there is nothing to compare with. changes: other actions. held: other reasons to wait. spec: only that differs.
"""

ORDER: tuple[News, ...] = get_args(News)
DELETING: tuple[Literal["kill", "retire", "clean"], ...] = ("kill", "retire", "clean")
GUARDS = frozenset({"approval", "deletions"})
"""The rules by which a guardrail of the spec holds back what would be done otherwise."""


@noun(kw_only=True)
class Outlook:
    """One host.

    path: its file, where it has one. labels: what it is told apart by.
    problems: what is wrong with its file or its snapshot, as `trouble` says.
    observed: wall clock of the snapshot; None: there is none that can be read.
    plan: by the spec as it is; None: nobody can tell. before: by the spec to compare with, where there is one.
    difference: between the two. note: what else a reader should know; "".
    text: the plan as people read it; lines: the difference, as lines that begin with + or -.
    """

    name: str
    path: str
    labels: Mapping[str, str] = field(default_factory=dict)
    trouble: Literal["invalid", "broken snapshot", "removed", "no snapshot", "new"] | None = None
    problems: tuple[Problem, ...] = ()
    observed: float | None = None
    plan: Plan | None = None
    before: Plan | None = None
    difference: Difference | None = None
    note: str = ""
    text: str = ""
    lines: tuple[str, ...] = ()

    @property
    def holds(self) -> tuple[Hold, ...]:
        """What waits; where there is something to compare with, what waits anew."""
        if self.difference is not None:
            return self.difference.held
        return self.plan.holds if self.plan is not None else ()

    @property
    def kinds(self) -> frozenset[str]:
        """The kinds of what would be done; where there is something to compare with, of what would be new."""
        actions = (
            self.difference.come if self.difference is not None else self.plan.actions if self.plan else ()
        )
        return frozenset(action.kind for action in actions)

    @property
    def changes(self) -> bool:
        """Would anything be done, or with something to compare with, be done otherwise?"""
        if self.difference is not None:
            return bool(self.difference.come or self.difference.gone)
        return bool(self.plan is not None and self.plan.actions)

    @property
    def guarded(self) -> bool:
        """Does a guardrail hold something back?"""
        return any(hold.rule in GUARDS for hold in self.holds)

    @property
    def news(self) -> tuple[News, ...]:
        """All that there is, the worst first; never empty."""
        return tuple(sorted(set(self._news()), key=ORDER.index)) or ("nothing",)

    def _news(self) -> Iterator[News]:
        if self.trouble is not None:
            yield self.trouble
        yield from (kind for kind in DELETING if kind in self.kinds)
        if "suspend" in self.kinds:
            yield "suspend"
        if self.guarded:
            yield "guarded"
        if self.changes:
            yield "changes"
        if self.difference is not None:
            if drains(self.difference.leaves):
                yield "drain"
            if self.difference.freed or self.difference.held:
                yield "held"
            if self.difference.leaves:
                yield "spec"


def drains(leaves: Iterable[Leaf]) -> bool:
    """Do these changes of a spec let jobs, a directory or a farmer run out?"""
    return any(
        (leaf.path == "plotting.state" and leaf.after == "drained")
        or (
            leaf.after is None
            and leaf.path.endswith("]")
            and leaf.path.startswith(("directories.", "archive["))
        )
        for leaf in leaves
    )


def worst_first(outlooks: Iterable[Outlook]) -> list[Outlook]:
    """In the order of their news, then by name."""
    return sorted(outlooks, key=lambda outlook: (ORDER.index(outlook.news[0]), outlook.name))


@noun
class FleetPlan:
    """The whole fleet. compared: with what; None: with nothing. now: wall clock of the asking."""

    outlooks: tuple[Outlook, ...]
    compared: str | None
    now: float

    @property
    def hollow(self) -> bool:
        """Is some host's file or snapshot no document?"""
        return any(outlook.trouble in ("invalid", "broken snapshot") for outlook in self.outlooks)

    @property
    def partial(self) -> bool:
        """Is there a host of which nobody can tell?"""
        return any(outlook.trouble == "no snapshot" for outlook in self.outlooks)

    @property
    def changes(self) -> bool:
        """Would anything be done, or with something to compare with, be done otherwise?"""
        return any(outlook.changes for outlook in self.outlooks)

    @property
    def guarded(self) -> bool:
        """Does a guardrail hold something back?"""
        return any(outlook.guarded for outlook in self.outlooks)
