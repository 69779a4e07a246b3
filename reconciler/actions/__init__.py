"""What can be done to the world: one verb a file.

An action is a frozen value made from one Change. It says what it would do, and `perform` does it, to
whatever World it is given; it proves the identity of what it touches at the moment of touching. Actions
do not know one another, and decide nothing: that a plan from a fresh observation still asks for it is
the executor's to see to.

To add an action: a file, a line in `Action` and in `of`, a leaf in `state.State`, a proposer in `rules/`.
"""

from __future__ import annotations

from typing import TypeAlias

from reconciler.actions.archive import Archive
from reconciler.actions.clean import Clean
from reconciler.actions.kill import Kill
from reconciler.actions.resume import Resume
from reconciler.actions.retire import Retire
from reconciler.actions.spawn import Spawn
from reconciler.actions.suspend import Suspend
from reconciler.drift import Change
from reconciler.leaves import digest
from reconciler.state import Grant
from reconciler.want import Verdict, Want

__all__ = [
    "ORDER",
    "Action",
    "Archive",
    "Clean",
    "Kill",
    "Resume",
    "Retire",
    "Spawn",
    "Suspend",
    "grant_of",
    "of",
]

Action: TypeAlias = Kill | Resume | Suspend | Archive | Retire | Clean | Spawn

ORDER = ("kill", "resume", "suspend", "archive", "retire", "clean", "spawn")
"""How actions are listed and performed: what frees first."""


_TELLING = frozenset(
    {"max_jobs", "stagger", "tmp_jobs", "phase_stagger", "farm_room", "retire_cap", "approval"}
)
"""Limits whose word a person wants to read also where they let something through."""


def of(change: Change, want: Want, why: tuple[Verdict, ...]) -> Action:
    """The one action that this change means. `want` and `why` only lend it words.

    Raises ValueError for a change that means none: that is a fault of the rules.
    """
    reasons = tuple(
        filter(None, (getattr(want, "note", ""), *(verdict.text for verdict in why if _telling(verdict))))
    )
    match change.group:
        case "jobs" if change.old is None:
            return Spawn.of(change, want, reasons)
        case "jobs" if change.new is None:
            return Kill.of(change, want, reasons)
        case "jobs":
            return Suspend.of(change, want, reasons) if _stops(change) else Resume.of(change, want, reasons)
        case "plots" if change.old is not None and change.new is not None:
            return Archive.of(change, want, reasons)
        case "farmers" if change.new is None:
            return Retire.of(change, want, reasons)
        case "orphans" if change.new is None:
            return Clean.of(change, want, reasons)
        case _:
            raise ValueError(f"{change.path}: no action turns {change.old} into {change.new}")


def grant_of(action: Action) -> Grant:
    """What an approval of this very action says."""
    return Grant(action.key, digest(action.path, action.old) if action.old is not None else "")


def _stops(change: Change) -> bool:
    return getattr(change.new, "run", None) == "suspended"


def _telling(verdict: Verdict) -> bool:
    """Does a passed verdict say something that a person wants to read in the plan?"""
    return verdict.rule in _TELLING
