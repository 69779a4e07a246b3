"""Limit: so many transfers at once in all."""

from __future__ import annotations

from reconciler.facts import Facts
from reconciler.want import Admitted, Move, Verdict, Want


def judge(facts: Facts, admitted: Admitted, want: Want) -> Verdict | None:
    """Those under way to any farmer, and those that this tick starts."""
    limit = facts.spec.archiving.transfers
    if not isinstance(want, Move) or limit is None:
        return None
    count = len(facts.moving) + len(admitted.moves)
    return Verdict(
        rule="in_all",
        ok=count < limit,
        text=f"{count} of {limit} transfers in all",
        value=count,
        limit=limit,
        unit="transfers",
    )
