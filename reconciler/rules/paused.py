"""Limit: what a person has paused stays so until they, or the time they set, end it."""

from __future__ import annotations

from reconciler.facts import Facts
from reconciler.want import Admitted, Move, Verdict, Want

_PASSED = {
    work: Verdict(rule="paused", ok=True, text=f"{work} is not paused") for work in ("archiving", "plotting")
}


def judge(facts: Facts, _admitted: Admitted, want: Want) -> Verdict | None:
    """No pause for this kind of work may be in force."""
    work = "archiving" if isinstance(want, Move) else "plotting"
    pause = facts.pause(work)
    if pause is None:
        return _PASSED[work]
    why = f": {pause.why}" if pause.why else ""
    return Verdict(rule="paused", ok=False, text=f"{work} is paused by {pause.who}{why}", next_at=pause.until)
