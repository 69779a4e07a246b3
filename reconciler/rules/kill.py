"""Proposer: end a job, only because a person asked for it by its id."""

from __future__ import annotations

from collections.abc import Iterator

from reconciler.facts import Facts
from reconciler.want import Admitted, Steer


def propose(facts: Facts, _admitted: Admitted) -> Iterator[Steer]:
    """Every job with a wish to be killed; a pending one once its process can be seen."""
    for job in facts.all_jobs:
        wish = facts.wish(job)
        if wish is not None and wish.verb == "kill" and job.run != "pending":
            yield Steer(kind="kill", job=job, by="override", note=_note(wish.who, wish.why))


def _note(who: str, why: str) -> str:
    return f"asked for by {who}" + (f": {why}" if why else "")
