"""The plan of the tick: what is done, and what waits for what."""

from __future__ import annotations

from collections.abc import Iterator

from reconciler.dashboard import places
from reconciler.dashboard.rows import Column, Row, Sheet, Subject, Tone
from reconciler.dashboard.snapshot import Snapshot
from reconciler.views.names import Names
from reconciler.views.plan import PlanView
from reconciler.views.symbols import Symbols
from reconciler.want import Kind


def sheet(snapshot: Snapshot, symbols: Symbols) -> Sheet:
    """A line an action, hold and condition."""
    facts, plan = snapshot.facts, snapshot.plan
    view = PlanView(facts.spec, facts.all_jobs, symbols)
    lines = zip(view.lines(plan), _kinds(snapshot), strict=True)
    names = Names(facts.spec)
    rows = tuple(Row((places.brief(text.strip(), names),), tone, subject) for text, (tone, subject) in lines)
    note = view.summary(plan).partition("   Why:")[0].removeprefix("Plan: ").rstrip(".")
    return Sheet("plan", (Column(""),), rows, note, "nothing to do, and nothing waits")


def _kinds(snapshot: Snapshot) -> Iterator[tuple[Tone, Subject | None]]:
    """How each line is to be taken, and what it is about; in the order of the plan's own text."""
    for action in snapshot.plan.actions:
        yield ("bad" if action.kind in ("kill", "suspend") else "good"), _subject(action.kind, action.subject)
    for hold in snapshot.plan.holds:
        yield "plain", _subject(hold.kind, hold.subject)
    for _ in snapshot.plan.conditions:
        yield "bad", None


def _subject(kind: Kind, name: str) -> Subject | None:
    match kind:
        case "spawn":
            return Subject("directory", name)
        case "archive":
            return Subject("plot", name)
        case "kill" | "resume" | "suspend":
            return Subject("job", name)
        case _:
            return None
