"""Limit: so many transfers at once over one network link."""

from __future__ import annotations

from reconciler.facts import Facts
from reconciler.want import Admitted, Move, Verdict, Want


def judge(facts: Facts, admitted: Admitted, want: Want) -> Verdict | None:
    """Those under way to any farmer behind it, and those that this tick starts."""
    if not isinstance(want, Move):
        return None
    link = facts.archives[want.farmer].link
    limit = facts.spec.archiving.links.get(link) if link is not None else None
    if link is None or limit is None:
        return None
    behind = facts.traffic.behind[link]
    count = sum(facts.moving_to.get(farmer, 0) + admitted.moves_to[farmer] for farmer in behind)
    return Verdict(
        rule="per_link",
        ok=count < limit,
        text=f"{count} of {limit} transfers over {link}",
        value=count,
        limit=limit,
        unit="transfers",
    )
