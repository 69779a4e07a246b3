"""Limit: after a failed transfer its disk, farmer or plot is left alone, longer each time."""

from __future__ import annotations

from reconciler.facts import Facts
from reconciler.spec.units import show_duration
from reconciler.want import Admitted, Move, Verdict, Want


def judge(facts: Facts, _admitted: Admitted, want: Want) -> Verdict | None:
    """The last transfer must have succeeded, or its failure lie far enough back.

    What a failure speaks against, the farmer as a whole, this disk or only this plot, its kind tells.
    """
    if not isinstance(want, Move):
        return None
    setbacks = facts.traffic.setbacks
    found = (
        (f"to {want.farmer}", setbacks.get(want.farmer)),
        (f"to {want.target}", setbacks.get(want.place)),
        ("of it", setbacks.get(("", want.plot.name))),
    )
    where, longest = max(found, key=lambda each: each[1].wait if each[1] is not None else 0.0)
    if longest is None or longest.wait <= 0:
        return Verdict(rule="archive_backoff", ok=True, text="no failure to wait after")
    return Verdict(
        rule="archive_backoff",
        ok=False,
        text=f"{longest.count} transfers {where} failed in a row ({longest.words});"
        f" next try in {show_duration(longest.wait)}",
        value=longest.count,
        limit=0,
        unit="failures",
        next_at=facts.now.at + longest.wait,
    )
