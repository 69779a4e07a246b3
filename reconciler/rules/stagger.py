"""Limit: so long between two starts on this machine."""

from __future__ import annotations

from math import inf

from reconciler.facts import Facts
from reconciler.spec.units import show_duration
from reconciler.want import Admitted, Verdict, Want


def judge(facts: Facts, admitted: Admitted, _want: Want) -> Verdict | None:
    """The youngest start counts, whether its job still lives or died at once, whoever started it.

    Left to the tool: no fixed time; the phases keep jobs apart.
    """
    wait = facts.spec.scheduling.stagger
    if wait == "auto" or not wait:
        return None
    youngest = 0.0 if admitted.spawns else facts.youngest
    shown = "no start yet" if youngest == inf else f"last start {show_duration(youngest)} ago"
    return Verdict(
        rule="stagger",
        ok=youngest >= wait,
        text=f"{shown} (stagger {show_duration(wait)})",
        value=None if youngest == inf else youngest,
        limit=wait,
        unit="seconds",
        next_at=None if youngest >= wait else facts.now.at + wait - youngest,
    )
