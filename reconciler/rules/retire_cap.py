"""Limit: so many old plots at one farmer give way within 24 hours."""

from __future__ import annotations

from reconciler.facts import Facts
from reconciler.want import Admitted, Retire, Verdict, Want


def judge(facts: Facts, admitted: Admitted, want: Want) -> Verdict | None:
    """Those that went, or may have, and all that the new plot still needs: none goes where that is too many."""
    farmer = want.heir.farmer if isinstance(want, Retire) else None
    replace = facts.archives[farmer].replace if farmer is not None else None
    if not isinstance(want, Retire) or farmer is None or replace is None:
        return None
    spent, next_at = facts.replacing.spent(farmer)
    spent += sum(each.count for each in admitted.retires if each.heir.farmer == farmer)
    return Verdict(
        rule="retire_cap",
        ok=spent + want.count <= replace.per_day,
        text=f"{spent} of {replace.per_day} old plots at {farmer} gave way within 24 h"
        + (f", {want.count} more are needed" if want.count > 1 else ""),
        value=spent,
        limit=replace.per_day,
        unit="plots",
        next_at=next_at if want.count <= replace.per_day else None,
    )
