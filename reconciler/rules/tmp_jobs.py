"""Limit: so many jobs on one tmp directory."""

from __future__ import annotations

from reconciler.facts import Facts
from reconciler.want import Admitted, Spawn, Verdict, Want


def judge(facts: Facts, admitted: Admitted, want: Want) -> Verdict | None:
    """Jobs that may be on it count as being on it. Left to the tool: as many as its space allows."""
    if not isinstance(want, Spawn):
        return None
    own = facts.spec.tmp(want.tmp).max_jobs
    limit = facts.spec.scheduling.tmp.max_jobs if own is None else own
    jobs = len(facts.on_tmp.get(want.tmp, ())) + sum(spawn.tmp == want.tmp for spawn in admitted.spawns)
    if limit == "auto":
        return Verdict(rule="tmp_jobs", ok=True, text=f"{jobs} jobs here", value=jobs, unit="jobs")
    return Verdict(
        rule="tmp_jobs",
        ok=jobs < limit,
        text=f"{jobs} of {limit} jobs here",
        value=jobs,
        limit=limit,
        unit="jobs",
    )
