"""Limit: a directory on which jobs fail again and again is left alone, longer each time."""

from __future__ import annotations

from reconciler.facts import Facts
from reconciler.spec.units import show_duration
from reconciler.want import Admitted, Spawn, Verdict, Want

FAILURES = 3
"""So many in a row, without one that finished between them, hold a directory."""
FIRST, LONGEST = 60.0, 3600.0
"""Seconds that the hold lasts: doubled with each further failure, up to the longest."""


_PASSED = Verdict(rule="crash", ok=True, text="the last jobs here did not all fail")


def judge(facts: Facts, _admitted: Admitted, want: Want) -> Verdict | None:
    """The last jobs on the tmp, and those towards the dst, must not all have failed."""
    if not isinstance(want, Spawn):
        return None
    holds = [hold for path in dict.fromkeys((want.tmp, want.dst)) if (hold := _hold(facts, path)) is not None]
    return max(holds, key=lambda verdict: verdict.next_at or 0.0, default=_PASSED)


def _hold(facts: Facts, path: str) -> Verdict | None:
    """A reboot ends jobs that did nothing wrong, so only failures of this boot count."""
    failures = 0
    last = 0.0
    words = ""
    for start in facts.past.failing.get(path, ()):
        ended = start.ended if start.ended is not None else start.since.at
        if start.outcome == "finished":
            failures = 0
        elif start.outcome == "failed" and start.since.boot == facts.now.boot and ended > facts.kicked:
            failures += 1
            last = max(last, ended)
            words = start.error or "no word why"
    if failures < FAILURES:
        return None
    wait = min(LONGEST, FIRST * 2.0 ** min(failures - FAILURES, 30))
    left = wait - facts.wall_age(last)
    if left <= 0:
        return None
    return Verdict(
        rule="crash",
        ok=False,
        text=f"{failures} jobs on {path} failed in a row, the last {show_duration(facts.wall_age(last))} ago"
        f" ({words}); next try in {show_duration(left)}",
        value=failures,
        limit=FAILURES,
        unit="failures",
        next_at=facts.now.at + left,
    )
