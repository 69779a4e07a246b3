"""Limit: so many old plots at one farmer give way within 24 hours."""

from __future__ import annotations

from math import inf

from reconciler.facts import Facts
from reconciler.want import Admitted, Retire, Verdict, Want


def judge(facts: Facts, admitted: Admitted, want: Want) -> Verdict | None:
    """Those that went, or may have, and all that the new plot still needs: none goes where that is too many."""
    farmer = want.heir.farmer if isinstance(want, Retire) else None
    replace = facts.archives[farmer].replace if farmer is not None else None
    if not isinstance(want, Retire) or farmer is None or replace is None:
        return None
    until = facts.replacing.spent(farmer)
    spent = len(until) + sum(each.count for each in admitted.retires if each.heir.farmer == farmer)
    # So many of those before must count no more.
    leave = spent + want.count - replace.per_day
    return Verdict(
        rule="retire_cap",
        ok=leave <= 0,
        text=f"{spent} of {replace.per_day} old plots at {farmer} gave way within 24 h"
        + (f", {want.count} more are needed" if want.count > 1 else ""),
        value=spent,
        limit=replace.per_day,
        unit="plots",
        next_at=until[leave - 1] if 0 < leave <= len(until) and until[leave - 1] < inf else None,
    )
