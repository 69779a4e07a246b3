"""Limit: so many transfers at once to one disk of a farmer."""

from __future__ import annotations

from reconciler.facts import Facts
from reconciler.want import Admitted, Move, Verdict, Want


def judge(facts: Facts, admitted: Admitted, want: Want) -> Verdict | None:
    """Ours under way and those that this tick starts, and the part files that other hosts still write."""
    if not isinstance(want, Move):
        return None
    most = facts.streams.onto(want)
    disk = facts.disk(want.farmer, want.disk)
    parts = disk.parts if disk is not None else ()
    others = sum(part.host != facts.seen.host and facts.traffic.fresh(part) for part in parts)
    count = facts.traffic.onto[want.place] + len(admitted.moves_onto.get(want.place, ())) + others
    return Verdict(
        rule="per_disk",
        ok=count < most.number,
        text=f"{count} of {most.number} transfers to {want.target}{most}"
        + (f", {others} of other hosts" if others else ""),
        value=count,
        limit=most.number,
        unit="transfers",
    )
