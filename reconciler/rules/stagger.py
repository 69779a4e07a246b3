"""Limit: so long between two starts on this machine."""

from __future__ import annotations

from math import inf

from reconciler.facts import Facts
from reconciler.spec.units import show_duration
from reconciler.want import Admitted, Verdict, Want


def judge(facts: Facts, admitted: Admitted, _want: Want) -> Verdict | None:
    """The youngest start counts, whether its job still lives or died at once, whoever started it.

    Left to the tool: the beat of this farm's rhythm; none where nothing tells how long a job takes.
    """
    stagger = facts.spec.scheduling.stagger
    wait, why = (stagger, "stagger") if stagger != "auto" else _beat(facts)
    if not wait:
        return None
    youngest = 0.0 if admitted.spawns else facts.past.youngest
    shown = "no start yet" if youngest == inf else f"last start {show_duration(youngest)} ago"
    return Verdict(
        rule="stagger",
        ok=youngest >= wait,
        text=f"{shown} ({why} {show_duration(wait)})" if stagger != "auto" else f"{shown} ({why})",
        value=None if youngest == inf else youngest,
        limit=wait,
        unit="seconds",
        next_at=None if youngest >= wait else facts.now.at + wait - youngest,
    )


def _beat(facts: Facts) -> tuple[float, str]:
    """Seconds between two starts, and why."""
    rhythm = facts.rhythm
    return (rhythm.beat, str(rhythm)) if rhythm is not None else (0.0, "")
