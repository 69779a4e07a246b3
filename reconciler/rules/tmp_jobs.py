"""Limit: so many jobs on one tmp directory."""

from __future__ import annotations

from reconciler.facts import Facts
from reconciler.want import Admitted, Spawn, Verdict, Want


def judge(facts: Facts, admitted: Admitted, want: Want) -> Verdict | None:
    """Jobs that may be on it count as being on it.

    Left to the tool: as many as its space allows, and no more than keep its drive busy.
    """
    if not isinstance(want, Spawn):
        return None
    own = facts.spec.tmp(want.tmp).max_jobs
    limit = facts.spec.scheduling.tmp.max_jobs if own is None else own
    if limit == "auto":
        return _as_busy(facts, admitted, want)
    jobs = len(facts.on_tmp.get(want.tmp, ())) + sum(spawn.tmp == want.tmp for spawn in admitted.spawns)
    return Verdict(
        rule="tmp_jobs",
        ok=jobs < limit,
        text=f"{jobs} of {limit} jobs here",
        value=jobs,
        limit=limit,
        unit="jobs",
    )


def _as_busy(facts: Facts, admitted: Admitted, want: Spawn) -> Verdict:
    """All jobs of its drive count, whichever directory of it they are on."""
    device = facts.device(want.tmp)
    paths = {path for path in facts.devices.get(device or "", ()) if path in facts.on_tmp} | {want.tmp}
    here = {job.id for path in paths for job in facts.on_tmp.get(path, ())}
    jobs = len(here) + sum(spawn.tmp in paths for spawn in admitted.spawns)
    most = facts.rhythm.drives.get(device) if facts.rhythm is not None and device is not None else None
    if most is None:
        return Verdict(rule="tmp_jobs", ok=True, text=f"{jobs} jobs here", value=jobs, unit="jobs")
    text = f"{jobs} of {most} jobs here (auto: they keep the drive busy)"
    return Verdict(rule="tmp_jobs", ok=jobs < most, text=text, value=jobs, limit=most, unit="jobs")
