"""Limit: after a failed transfer its disk is left alone, longer each time."""

from __future__ import annotations

from reconciler.facts import Facts
from reconciler.spec.units import show_duration
from reconciler.want import Admitted, Move, Verdict, Want

FIRST, LONGEST = 10.0, 300.0
"""Seconds after a failure: doubled with each further one in a row, up to the longest."""


def judge(facts: Facts, _admitted: Admitted, want: Want) -> Verdict | None:
    """The last transfer to this disk must have succeeded, or its failure lie far enough back."""
    if not isinstance(want, Move):
        return None
    failures = 0
    last = 0.0
    words = ""
    over = facts.transfers_to.get((want.farmer, want.disk), ())
    for transfer in sorted(over, key=lambda transfer: (transfer.ended or transfer.since.at, transfer.id)):
        ended = transfer.ended if transfer.ended is not None else transfer.since.at
        if transfer.outcome == "finished":
            failures = 0
        elif ended > facts.kicked and transfer.kind not in ("busy", "stopped", "conflict"):
            failures += 1
            last = max(last, ended)
            words = transfer.error or "no word why"
    left = min(LONGEST, FIRST * 2.0 ** min(failures - 1, 30)) - facts.wall_age(last) if failures else 0.0
    if left <= 0:
        return Verdict(rule="archive_backoff", ok=True, text="no failure to wait after")
    return Verdict(
        rule="archive_backoff",
        ok=False,
        text=f"{failures} transfers to {want.target} failed in a row ({words}); next try in {show_duration(left)}",
        value=failures,
        limit=0,
        unit="failures",
        next_at=facts.now.at + left,
    )
