"""The planner: from a spec and an observation to what would be done, and why not more.

Pure: the same two values always make the same plan. Only the changes that drift finds become actions.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING, Literal

from reconciler import actions
from reconciler.actions import Action
from reconciler.desire import Held, desire
from reconciler.drift import drift
from reconciler.facts import Facts
from reconciler.noun import noun
from reconciler.observation import Condition, Observation
from reconciler.state import Instant
from reconciler.want import Kind

if TYPE_CHECKING:
    from reconciler.plotters import Plotters
    from reconciler.spec.models import Spec

TTL = 600.0
"""Seconds that a saved plan may be applied after its observation."""


@noun(kw_only=True)
class Hold:
    """What waits, and for what.

    kind, subject: the action that is not taken, and for which directory, plot or job; `target` where it
        would go. Equal holds are one, the first by order; count: how many it stands for.
    rule: the limit that holds it. text: the numbers compared. value, limit, unit: the numbers themselves.
    next_at: wall clock of the earliest moment at which it can pass, where that can be told.
    """

    kind: Kind
    subject: str
    target: str | None = None
    rule: str
    text: str
    value: float | None = None
    limit: float | None = None
    unit: str = ""
    next_at: float | None = None
    count: int = 1


@noun(kw_only=True)
class Plan:
    """What would be done now, in order, and what holds back the rest.

    now: when the world was observed. expires_at: wall clock, until which it may be applied when saved.
    spec: the spec's digest. next_at: the earliest moment at which a hold can pass.
    """

    version: Literal[1] = 1
    host: str
    now: Instant
    expires_at: float
    spec: str
    actions: tuple[Action, ...]
    holds: tuple[Hold, ...]
    conditions: tuple[Condition, ...]
    next_at: float | None = None

    def summary(self) -> dict[str, int]:
        """How many actions of each kind, in the order of kinds."""
        counted: Counter[str] = Counter(action.kind for action in self.actions)
        return {kind: counted[kind] for kind in actions.ORDER if counted[kind]}


def plan(spec: Spec, seen: Observation, plotters: Plotters, digest: str = "") -> Plan:
    """Plan one tick. digest: of the spec's text, for saved plans."""
    return plan_facts(Facts(spec, seen, plotters), digest)


def plan_facts(facts: Facts, digest: str = "") -> Plan:
    """The same from facts that are indexed already."""
    wish = desire(facts)
    changes = drift(wish.observed, wish.desired)
    found = [actions.of(change, wish.wants[change.path], wish.why[change.path]) for change in changes]
    place = {path: number for number, path in enumerate(wish.wants)}
    ordered = sorted(found, key=lambda action: (actions.ORDER.index(action.kind), place[action.path]))
    holds = tuple(_grouped(wish.held))
    return Plan(
        host=facts.seen.host,
        now=facts.now,
        expires_at=facts.now.at + TTL,
        spec=digest,
        actions=tuple(ordered),
        holds=holds,
        conditions=facts.seen.conditions,
        next_at=min((hold.next_at for hold in holds if hold.next_at is not None), default=None),
    )


def if_approved(facts: Facts) -> Facts:
    """The same under a spec that wants nothing approved: from them is planned what a person saves and approves."""
    if not facts.spec.approve:
        return facts
    return Facts(replace(facts.spec, approve=()), facts.seen, facts.plotters)


def awaiting(facts: Facts, now: Plan) -> tuple[Action, ...]:
    """What waits for nothing but a person's approval. now: the plan of these facts."""
    if all(hold.rule != "approval" for hold in now.holds):
        return ()
    let = {action.key for action in now.actions}
    every = plan_facts(if_approved(facts)).actions
    return tuple(action for action in every if action.kind in facts.spec.approve and action.key not in let)


def _grouped(held: Iterable[Held]) -> Iterable[Hold]:
    """One Hold for all that wait for the same reason with the same numbers."""
    groups: dict[tuple[str, str, str], list[Held]] = {}
    for each in held:
        groups.setdefault((each.want.kind, each.verdict.rule, each.verdict.text), []).append(each)
    for same in groups.values():
        want, verdict = same[0].want, same[0].verdict
        yield Hold(
            kind=want.kind,
            subject=want.subject,
            target=getattr(want, "target", None) or getattr(want, "dst", None),
            rule=verdict.rule,
            text=verdict.text,
            value=verdict.value,
            limit=verdict.limit,
            unit=verdict.unit,
            next_at=verdict.next_at,
            count=sum(1 + len(each.alike) for each in same),
        )
