"""Limit: so many jobs bound for one dst directory."""

from __future__ import annotations

from reconciler.facts import Facts
from reconciler.want import Admitted, Spawn, Verdict, Want


def judge(facts: Facts, admitted: Admitted, want: Want) -> Verdict | None:
    """Only where the directory sets max_jobs of its own."""
    if not isinstance(want, Spawn):
        return None
    own = [directory.max_jobs for directory in facts.spec.directories.dst if directory.path == want.dst]
    limit = next((limit for limit in own if limit is not None), None)
    if limit is None:
        return None
    jobs = len(facts.on_dst.get(want.dst, ())) + sum(spawn.dst == want.dst for spawn in admitted.spawns)
    return Verdict(
        rule="dst_jobs",
        ok=jobs < limit,
        text=f"{jobs} of {limit} jobs bound for {want.dst}",
        value=jobs,
        limit=limit,
        unit="jobs",
    )
