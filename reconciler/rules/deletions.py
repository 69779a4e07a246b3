"""Limit: so many deletions within a tick, and within a day."""

from __future__ import annotations

from collections.abc import Sequence

from reconciler.deleted import DAY
from reconciler.facts import Facts
from reconciler.state import Known
from reconciler.want import Admitted, Retire, Steer, Verdict, Want


def judge(facts: Facts, admitted: Admitted, want: Want) -> Verdict | None:
    """What the journal tells of the time before, what this tick lets through, and this one.

    A kill is of a job that a person named, and counts for the tick only. Of a retirement all that the new plot still
    needs counts for the day: none goes where that is too many.
    """
    for what, fact in (("deletions", facts.seen.deletions), ("removals", facts.seen.removals)):
        if not isinstance(fact, Known):
            return Verdict(rule="deletions", ok=False, text=f"what was deleted lately ({what}): {fact.why}")
    caps, tick = facts.spec.deletions, facts.spec.scheduling.tick
    kills = sum(isinstance(steer, Steer) and steer.kind == "kill" for steer in admitted.steers)
    now = kills + len(admitted.retires) + len(admitted.sweeps)
    words = "deletions within a tick"
    within_tick = _verdict(facts, facts.deleted.in_tick, now, 1, caps.per_tick, tick, words)
    if not within_tick.ok or want.kind == "kill" or caps.per_day is None:
        return within_tick
    now = sum(each.count for each in admitted.retires) + len(admitted.sweeps)
    more = want.count if isinstance(want, Retire) else 1
    words = "cleanings and retirements within 24 h"
    return _verdict(facts, facts.deleted.in_day, now, more, caps.per_day, DAY, words)


def _verdict(
    facts: Facts, before: Sequence[float], now: int, more: int, limit: int, window: float, words: str
) -> Verdict:
    """before: seconds since each earlier one, descending. now, more: of this tick, and what this one would add."""
    count = len(before) + now
    # So many of the earlier ones must have left the window.
    leave = count + more - limit
    return Verdict(
        rule="deletions",
        ok=leave <= 0,
        text=f"{count} of {limit} {words}" + (f", {more} more are needed" if more > 1 else ""),
        value=count,
        limit=limit,
        unit="deletions",
        next_at=facts.now.at + window - before[leave - 1] if 0 < leave <= len(before) else None,
    )
