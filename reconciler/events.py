"""What the loop tells while it runs: values for whoever prints, records or measures."""

from __future__ import annotations

from typing import Literal, TypeAlias

from reconciler.execute import Outcome
from reconciler.facts import Facts
from reconciler.noun import noun
from reconciler.plan import Plan


@noun
class Planned:
    """A tick begins: what was seen, and what is planned of it. Outcomes follow, one an action."""

    facts: Facts
    plan: Plan


@noun
class Ticked:
    """A tick is over: what was seen, what was planned of it, what came of that."""

    facts: Facts
    plan: Plan
    outcomes: tuple[Outcome, ...]


@noun
class Trouble:
    """Something about the loop itself that a person should know; told once, until it changes.

    about: what it is that does not do as it should. over: it does again.
    away: nobody knows of anything wrong with the spec, but its repository does not answer.
    """

    text: str
    about: Literal["loop", "spec", "notify"] = "loop"
    over: bool = False
    away: bool = False


Event: TypeAlias = Planned | Outcome | Ticked | Trouble
