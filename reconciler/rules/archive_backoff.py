"""Limit: after a failed transfer its disk, farmer or plot is left alone, longer each time."""

from __future__ import annotations

from reconciler.facts import Facts
from reconciler.setbacks import waiting
from reconciler.want import Admitted, Move, Verdict, Want


def judge(facts: Facts, _admitted: Admitted, want: Want) -> Verdict | None:
    """The last transfer must have succeeded, or its failure lie far enough back.

    What a failure speaks against, the farmer as a whole, this disk or only this plot, its kind tells.
    """
    if not isinstance(want, Move):
        return None
    setbacks = facts.traffic.setbacks
    found = (
        (f"transfers to {want.farmer}", setbacks.get(want.farmer)),
        (f"transfers to {want.target}", setbacks.get(want.place)),
        ("transfers of it", setbacks.get(("", want.plot.name))),
    )
    what, longest = max(found, key=lambda each: each[1].wait if each[1] is not None else 0.0)
    return waiting("archive_backoff", longest, what, facts.now.at)
