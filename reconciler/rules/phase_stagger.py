"""Limit: only so many jobs of one tmp directory may be early at once."""

from __future__ import annotations

from reconciler.facts import Facts
from reconciler.spec.models import PhaseStagger
from reconciler.spec.units import show_duration
from reconciler.state import Job, Known, Phase
from reconciler.want import Admitted, Spawn, Verdict, Want


def judge(facts: Facts, admitted: Admitted, want: Want) -> Verdict | None:
    """A job starts only while fewer than `at_most` jobs here are before `until`.

    A phase that is not known counts as the earliest, until the job is older than it ever took this
    plotter here to get further. Left to the tool: the farm's rhythm
    keeps jobs apart; where there is none, one job at a time in the first phase, which is the one that writes most, for
    plotters that have more than one.
    """
    if not isinstance(want, Spawn):
        return None
    stagger = _stagger(facts, want)
    if stagger is None:
        return None
    until = stagger.until
    early = [job for job in facts.on_tmp.get(want.tmp, ()) if _early(facts, job, until)]
    count = len(early) + sum(spawn.tmp == want.tmp for spawn in admitted.spawns)
    text = f"{count} of {stagger.at_most} before {until}"
    next_at = None
    # So many must get past it, the furthest first.
    more = count - stagger.at_most + 1
    if 0 < more <= len(early):
        by_progress = sorted(
            early, key=lambda job: (_phase(job) or Phase(0, 0), facts.age(job.since), job.id)
        )
        last = by_progress[-more]
        text += f", job {_short(last)} at {_phase(last) or '?:?'}"
        text += f" ({last.health})" if last.health in ("suspended", "stuck", "stalled") else ""
        next_at = _passes_at(facts, last, until)
        if next_at is not None:
            text += f", about {show_duration(next_at - facts.now.at)} more"
    return Verdict(
        rule="phase_stagger",
        ok=count < stagger.at_most,
        text=text,
        value=count,
        limit=stagger.at_most,
        unit="jobs",
        next_at=next_at,
    )


def _stagger(facts: Facts, want: Spawn) -> PhaseStagger | None:
    own = facts.spec.tmp(want.tmp).stagger
    stagger = facts.spec.scheduling.tmp.stagger if own is None else own
    if stagger != "auto":
        return stagger
    if facts.spec.scheduling.stagger == "auto" and facts.rhythm is not None:
        return None
    definition = facts.plotters.get(want.plotter)
    second = Phase(2, 1)
    if definition is None or second not in definition.phases:
        return None
    return PhaseStagger(until=second, at_most=1)


def _early(facts: Facts, job: Job, until: Phase) -> bool:
    phase = _phase(job)
    if phase is not None:
        return phase < until
    usual = facts.past.longest_until(job.plotter, until)
    return usual is None or facts.age(job.since) <= usual


def _phase(job: Job) -> Phase | None:
    return job.phase.value if isinstance(job.phase, Known) else None


def _passes_at(facts: Facts, job: Job, until: Phase) -> float | None:
    if not isinstance(job.k, Known) or job.run == "suspended":
        return None
    usual = facts.past.median_until(job.plotter, job.k.value, until)
    left = None if usual is None else usual - facts.age(job.since)
    return facts.now.at + left if left is not None and left > 0 else None


def _short(job: Job) -> str:
    return (job.plot_id.value if isinstance(job.plot_id, Known) else job.id)[:8]
