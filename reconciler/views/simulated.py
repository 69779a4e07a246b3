"""What came of a simulation, as text and as JSON."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict
from typing import TYPE_CHECKING

from reconciler.views.table import table
from reconciler.views.words import plural

if TYPE_CHECKING:
    from reconciler.simulate.outcome import Result

DAY = 86400.0
SHOWN = 8
"""How many waits are listed, the longest first."""


def text(result: Result) -> str:
    """A page for people."""
    parts = [_head(result), _bounds(result), _busy(result), _waits(result), _faults(result)]
    return "\n\n".join(told for part in parts if (told := "\n".join(part))) + "\n"


def to_json(result: Result) -> str:
    """Everything, as JSON text."""
    return json.dumps(asdict(result), indent=2) + "\n"


def _head(result: Result) -> Iterator[str]:
    counted = result.days - result.warm_up
    share = f"{100 * result.plots_a_day / result.bound:.0f} % of the" if result.bound else "with a"
    yield f"{result.plots_a_day:.1f} plots a day, {share} bound of {result.bound:.1f} that {result.binds} sets"
    yield (
        f"{result.archived_a_day:.1f} a day came to their end, in the last {counted:g} of {result.days:g} days"
    )
    yield (
        f"in all {plural(result.started, 'job')} started, {result.archived} plots at their end,"
        f" {result.waiting} waiting in dst, {result.running} jobs under way"
    )
    trouble = f"{plural(result.lost, 'job')} lost, {plural(result.stalled, 'write')} without room"
    yield f"{trouble}, {plural(result.failed, 'action')} failed"


def _bounds(result: Result) -> Iterator[str]:
    rows = sorted(result.bounds.items(), key=lambda each: (each[1], each[0]))
    return iter(
        table([(name, f"{most:.1f}") for name, most in rows], ("at most a day, by", "plots"), right=[1])
    )


def _busy(result: Result) -> Iterator[str]:
    rows = sorted(result.busy.items(), key=lambda each: (-each[1], each[0]))
    return iter(
        table([(name, f"{100 * part:.0f} %") for name, part in rows], ("resource", "busy"), right=[1])
    )


def _waits(result: Result) -> Iterator[str]:
    rows = [(wait.kind, wait.rule, f"{wait.hours:.1f} h") for wait in result.waits[:SHOWN]]
    return iter(table(rows, ("waited", "for", "in all"), right=[2])) if rows else iter(("nothing waited",))


def _faults(result: Result) -> Iterator[str]:
    rows = [(f"day {each.begins / DAY:.1f} to {each.ends / DAY:.1f}", each.what) for each in result.faults]
    return iter(table(rows, ("on purpose", "")) if rows else ())
