"""Limit: so many jobs on this machine."""

from __future__ import annotations

from reconciler.facts import Facts
from reconciler.want import Admitted, Spawn, Verdict, Want


def judge(facts: Facts, admitted: Admitted, want: Want) -> Verdict | None:
    """All jobs count, whoever started them, whether understood or not.

    Left to the tool: as many as the rhythm of this farm has; where nothing tells how long a job takes, as many as the
    processors can give their threads to.
    """
    if not isinstance(want, Spawn):
        return None
    wanted = facts.spec.scheduling.max_jobs
    if wanted != "auto":
        limit, why = wanted, ""
    elif facts.rhythm is not None:
        limit, why = facts.rhythm.jobs, f" (auto: for {facts.rhythm.bound})"
    else:
        threads = _threads(facts, want)
        limit = max(1, facts.seen.cpus // threads)
        why = f" (auto: {facts.seen.cpus} processors, {threads} threads a job)"
    jobs = len(facts.jobs) + len(admitted.spawns)
    return Verdict(
        rule="max_jobs",
        ok=jobs < limit,
        text=f"{jobs} of {limit} jobs{why}",
        value=jobs,
        limit=limit,
        unit="jobs",
    )


def _threads(facts: Facts, want: Spawn) -> int:
    definition = facts.plotters.get(want.plotter)
    plotting = facts.spec.plotting
    if definition is None or plotting is None:
        return 1
    return definition.threads(plotting.options)
