"""Limit: after a failed removal its disk is left alone, longer each time."""

from __future__ import annotations

from reconciler.facts import Facts
from reconciler.spec.units import show_duration
from reconciler.want import Admitted, Retire, Verdict, Want


def judge(facts: Facts, _admitted: Admitted, want: Want) -> Verdict | None:
    """The last removal there must have succeeded, or its failure lie far enough back."""
    if not isinstance(want, Retire):
        return None
    setback = facts.replacing.setback(want.heir.place)
    if setback is None or setback.wait <= 0:
        return Verdict(rule="retire_backoff", ok=True, text="no failure to wait after")
    return Verdict(
        rule="retire_backoff",
        ok=False,
        text=f"{setback.count} removals at {want.heir.target} failed in a row ({setback.words}); next try in "
        f"{show_duration(setback.wait)}",
        value=setback.count,
        limit=0,
        unit="failures",
        next_at=facts.now.at + setback.wait,
    )
