"""Limit: so many transfers at once from one directory."""

from __future__ import annotations

from reconciler.facts import Facts
from reconciler.want import Admitted, Move, Verdict, Want


def judge(facts: Facts, admitted: Admitted, want: Want) -> Verdict | None:
    """Those under way to any farmer, and those that this tick starts."""
    if not isinstance(want, Move):
        return None
    limit = facts.archives[want.farmer].limits.per_source
    source = want.plot.directory
    count = facts.traffic.from_source[source] + admitted.moves_from[source]
    return Verdict(
        rule="per_source",
        ok=count < limit,
        text=f"{count} of {limit} transfers from {source}",
        value=count,
        limit=limit,
        unit="transfers",
    )
