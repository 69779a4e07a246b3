"""Limit: so many jobs bound for one dst or tmp2 directory."""

from __future__ import annotations

from reconciler.facts import Facts
from reconciler.state import Known
from reconciler.want import Admitted, Spawn, Verdict, Want


def judge(facts: Facts, admitted: Admitted, want: Want) -> Verdict | None:
    """Only where a directory sets max_jobs of its own; the first of those that hold, where there are two."""
    if not isinstance(want, Spawn):
        return None
    directories = facts.spec.directories
    limits = [
        (directory.path, directory.max_jobs)
        for directory in (*directories.dst, *directories.tmp2)
        if directory.path in (want.dst, want.tmp2) and directory.max_jobs is not None
    ]
    verdicts = [_one(facts, admitted, path, limit) for path, limit in limits]
    return min(verdicts, key=lambda verdict: verdict.ok, default=None)


def _one(facts: Facts, admitted: Admitted, path: str, limit: int) -> Verdict:
    bound = {job.id for job in facts.on_dst.get(path, ())}
    bound |= {job.id for job in facts.jobs if isinstance(job.tmp2, Known) and job.tmp2.value == path}
    jobs = len(bound) + sum(path in (spawn.dst, spawn.tmp2) for spawn in admitted.spawns)
    return Verdict(
        rule="dst_jobs",
        ok=jobs < limit,
        text=f"{jobs} of {limit} jobs bound for {path}",
        value=jobs,
        limit=limit,
        unit="jobs",
    )
