"""Limit: plotting.stop_after plots, and no more."""

from __future__ import annotations

from reconciler.facts import Facts
from reconciler.want import Admitted, Verdict, Want


def judge(facts: Facts, admitted: Admitted, _want: Want) -> Verdict | None:
    """Plots of our own, finished as far as the journal goes back, and under way, must be fewer."""
    plotting = facts.spec.plotting
    if plotting is None or plotting.stop_after is None:
        return None
    finished = facts.seen.finished_before + sum(start.outcome == "finished" for start in facts.starts)
    under_way = sum(job.ours for job in facts.jobs) + len(admitted.spawns)
    made = finished + under_way
    return Verdict(
        rule="stop_after",
        ok=made < plotting.stop_after,
        text=f"{finished} plots finished and {under_way} under way, of {plotting.stop_after}",
        value=made,
        limit=plotting.stop_after,
        unit="plots",
    )
