"""Limit: so many transfers at once to one farmer."""

from __future__ import annotations

from reconciler.facts import Facts
from reconciler.want import Admitted, Move, Verdict, Want


def judge(facts: Facts, admitted: Admitted, want: Want) -> Verdict | None:
    """Those under way and those that this tick starts."""
    if not isinstance(want, Move):
        return None
    limit = facts.archives[want.farmer].limits.transfers
    count = facts.moving_to.get(want.farmer, 0) + admitted.moves_to[want.farmer]
    return Verdict(
        rule="transfers",
        ok=count < limit,
        text=f"{count} of {limit} transfers to {want.farmer}",
        value=count,
        limit=limit,
        unit="transfers",
    )
