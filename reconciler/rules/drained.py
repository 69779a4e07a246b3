"""Limit: a drained farm starts no jobs."""

from __future__ import annotations

from reconciler.facts import Facts
from reconciler.want import Admitted, Verdict, Want


def judge(facts: Facts, _admitted: Admitted, _want: Want) -> Verdict | None:
    """plotting.state must be running."""
    plotting = facts.spec.plotting
    state = plotting.state if plotting is not None else "drained"
    left = f", {len(facts.jobs)} jobs left to finish" if state == "drained" else ""
    return Verdict(rule="drained", ok=state == "running", text=f"plotting is {state}{left}")
