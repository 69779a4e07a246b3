"""Limit: after a failed removal its disk is left alone, longer each time."""

from __future__ import annotations

from reconciler.facts import Facts
from reconciler.setbacks import waiting
from reconciler.want import Admitted, Retire, Verdict, Want


def judge(facts: Facts, _admitted: Admitted, want: Want) -> Verdict | None:
    """The last removal there must have succeeded, or its failure lie far enough back."""
    if not isinstance(want, Retire):
        return None
    setback = facts.replacing.setback(want.heir.place)
    return waiting("retire_backoff", setback, f"removals at {want.heir.target}", facts.now.at)
