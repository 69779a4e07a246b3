"""Limit: what the spec wants approved waits for a person's word on exactly that."""

from __future__ import annotations

from reconciler.facts import Facts
from reconciler.want import Admitted, Verdict, Want, grant_of

HOW = "`plotman plan --out FILE`, a look at it, and `plotman apply FILE` approve it"


def judge(facts: Facts, _admitted: Admitted, want: Want) -> Verdict | None:
    """A plan must have been approved that holds this very action, of the State entry as it is now."""
    if want.kind not in facts.spec.approve:
        return None
    grant = grant_of(want)
    wish = facts.approved.get(grant) if grant is not None else None
    if wish is None:
        return Verdict(rule="approval", ok=False, text=f"each {want.kind} is to be approved: {HOW}")
    return Verdict(rule="approval", ok=True, text=f"approved by {wish.who}")
