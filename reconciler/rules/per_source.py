"""Limit: so many transfers at once from one directory."""

from __future__ import annotations

from reconciler.facts import Facts
from reconciler.want import Admitted, Move, Verdict, Want


def judge(facts: Facts, admitted: Admitted, want: Want) -> Verdict | None:
    """Those under way to any farmer, and those that this tick starts."""
    if not isinstance(want, Move):
        return None
    limit = facts.spec.archiver(want.farmer).limits.per_source
    source = want.plot.directory
    count = sum(transfer.source == source for transfer in facts.moving.values())
    count += sum(move.plot.directory == source for move in admitted.moves)
    return Verdict(
        rule="per_source",
        ok=count < limit,
        text=f"{count} of {limit} transfers from {source}",
        value=count,
        limit=limit,
        unit="transfers",
    )
