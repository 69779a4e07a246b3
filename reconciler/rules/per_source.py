"""Limit: so many transfers at once from one directory."""

from __future__ import annotations

from reconciler.facts import Facts
from reconciler.want import Admitted, Move, Verdict, Want


def judge(facts: Facts, admitted: Admitted, want: Want) -> Verdict | None:
    """Those under way to any farmer, and those that this tick starts.

    Left to the tool: as many as its drive has the time for.
    """
    if not isinstance(want, Move):
        return None
    source = want.plot.directory
    most = facts.streams.of(facts.archives[want.farmer], source)
    count = facts.traffic.from_source[source] + admitted.moves_from[source]
    return Verdict(
        rule="per_source",
        ok=count < most.number,
        text=f"{count} of {most.number} transfers from {source}{most}",
        value=count,
        limit=most.number,
        unit="transfers",
    )
