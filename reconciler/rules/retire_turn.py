"""Limit: old plots of one disk go one after the other."""

from __future__ import annotations

from reconciler.facts import Facts
from reconciler.want import Admitted, Retire, Verdict, Want


def judge(facts: Facts, admitted: Admitted, want: Want) -> Verdict | None:
    """The last one must be over, and its room seen; and those that go at a farmer must soon be able to be replaced."""
    if not isinstance(want, Retire):
        return None
    running = facts.replacing.open
    for removal in running:
        if (removal.farmer, removal.disk) == want.heir.place:
            over = "" if removal.outcome == "running" else ", and has not been asked since"
            text = f"{want.heir.target} is letting {removal.plot} go{over}"
            return Verdict(rule="retire_turn", ok=False, text=text)
    farmer = want.heir.farmer
    limit = facts.streams.to(facts.archives[farmer]).number
    count = facts.moving_to.get(farmer, 0) + admitted.moves_to[farmer]
    count += sum(removal.farmer == farmer for removal in running)
    return Verdict(
        rule="retire_turn",
        ok=count < limit,
        text=f"{count} of {limit} transfers and removals at {farmer}",
        value=count,
        limit=limit,
        unit="transfers",
    )
