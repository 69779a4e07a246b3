"""Limit: jobs start only within the start windows."""

from __future__ import annotations

from reconciler.facts import Facts
from reconciler.spec.units import show_duration
from reconciler.want import Admitted, Spawn, Verdict, Want


def judge(facts: Facts, _admitted: Admitted, want: Want) -> Verdict | None:
    """Local time must lie within one of the tmp directory's windows, or else the spec's."""
    if not isinstance(want, Spawn):
        return None
    own = facts.spec.tmp(want.tmp).start_windows
    windows = facts.spec.scheduling.start_windows if own is None else own
    if not windows:
        return None
    local = facts.now.at + facts.seen.utc_offset
    names = ", ".join(str(window) for window in windows)
    wait = min(window.opens_in(local) for window in windows)
    if wait == 0:
        return Verdict(rule="window", ok=True, text=f"within {names}")
    return Verdict(
        rule="window",
        ok=False,
        text=f"outside {names}, opens in {show_duration(wait)}",
        next_at=facts.now.at + wait,
    )
