"""Limit: a farmer gets the plots that it takes."""

from __future__ import annotations

from reconciler.facts import Facts
from reconciler.want import Admitted, Move, Verdict, Want

SHOWN = 3
"""Farmers whose reasons are told."""


def judge(facts: Facts, _admitted: Admitted, want: Want) -> Verdict | None:
    """Its filter must match; what stands there already is finished whatever it says."""
    if not isinstance(want, Move):
        return None
    traffic = facts.traffic
    refusal = traffic.refusal(facts.archives[want.farmer], want.plot)
    if refusal is None or (*want.place, want.plot.name) in traffic.stored:
        return Verdict(rule="takes", ok=True, text=f"{want.farmer} takes such plots")
    if traffic.takers(want.plot):
        return Verdict(rule="takes", ok=False, text=f"{want.farmer} does not take it: {refusal}")
    told = "; ".join(f"{each.name}: {traffic.refusal(each, want.plot)}" for each in traffic.farmers[:SHOWN])
    more = len(traffic.farmers) - SHOWN
    return Verdict(
        rule="takes", ok=False, text=f"no farmer takes it ({told}{f'; {more} more' if more > 0 else ''})"
    )
