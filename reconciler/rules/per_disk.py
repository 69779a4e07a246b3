"""Limit: so many transfers at once to one disk of a farmer."""

from __future__ import annotations

from reconciler.facts import Facts
from reconciler.want import Admitted, Move, Verdict, Want


def judge(facts: Facts, admitted: Admitted, want: Want) -> Verdict | None:
    """Ours under way and those that this tick starts, and the part files that other hosts still write."""
    if not isinstance(want, Move):
        return None
    limit = facts.spec.archiver(want.farmer).limits.per_disk
    here = (want.farmer, want.disk)
    count = sum((transfer.farmer, transfer.disk) == here for transfer in facts.moving.values())
    count += sum((move.farmer, move.disk) == here for move in admitted.moves)
    count += _others(facts, want)
    return Verdict(
        rule="per_disk",
        ok=count < limit,
        text=f"{count} of {limit} transfers to {want.target}",
        value=count,
        limit=limit,
        unit="transfers",
    )


def _others(facts: Facts, want: Move) -> int:
    disk = facts.disk(want.farmer, want.disk)
    parts = disk.parts if disk is not None else ()
    return sum(part.host != facts.seen.host and facts.wall_age(part.modified) < STALE for part in parts)


STALE = 6 * 3600.0
"""Seconds after which another host's part file that does not grow is taken for left behind."""
