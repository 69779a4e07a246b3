"""Limit: so many transfers at once to one farmer."""

from __future__ import annotations

from reconciler.facts import Facts
from reconciler.want import Admitted, Move, Verdict, Want


def judge(facts: Facts, admitted: Admitted, want: Want) -> Verdict | None:
    """Those under way and those that this tick starts.

    Left to the tool: as many as bring more.
    """
    if not isinstance(want, Move):
        return None
    most = facts.streams.to(facts.archives[want.farmer])
    count = facts.moving_to.get(want.farmer, 0) + admitted.moves_to[want.farmer]
    return Verdict(
        rule="transfers",
        ok=count < most.number,
        text=f"{count} of {most.number} transfers to {want.farmer}{most}",
        value=count,
        limit=most.number,
        unit="transfers",
    )
