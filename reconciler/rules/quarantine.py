"""Limit: a disk with many failures in a row is left alone for hours, then tried with one plot."""

from __future__ import annotations

from reconciler.facts import Facts
from reconciler.setbacks import MANY
from reconciler.spec.units import show_duration
from reconciler.want import Admitted, Move, Verdict, Want


def judge(facts: Facts, admitted: Admitted, want: Want) -> Verdict | None:
    """Fewer failures than that in a row, or they lie far enough back and no other plot is the try."""
    if not isinstance(want, Move):
        return None
    setback = facts.traffic.setbacks.get(want.place)
    if setback is None or setback.count < MANY:
        count = setback.count if setback is not None else 0
        return Verdict(
            rule="quarantine",
            ok=True,
            text=f"{count} failures in a row at {want.target}, {MANY} are too many",
            value=count,
            limit=MANY,
            unit="failures",
        )
    trying = facts.traffic.onto[want.place] + len(admitted.moves_onto.get(want.place, ()))
    resting = setback.rest > 0
    if resting:
        then = f"it is left alone for {show_duration(setback.rest)} more"
    else:
        then = "it is being tried with another plot" if trying else "it is tried once more"
    return Verdict(
        rule="quarantine",
        ok=not resting and not trying,
        text=f"{setback.count} transfers to {want.target} failed in a row ({setback.words}); {then}",
        value=setback.count,
        limit=MANY,
        unit="failures",
        next_at=facts.now.at + setback.rest if resting else None,
    )
