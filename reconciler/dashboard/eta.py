"""How long a job may still take: from what jobs of its kind took, or from how its plotter is known to go. Pure."""

from __future__ import annotations

from math import inf
from statistics import median

from reconciler.facts import Facts
from reconciler.plotters import Plotter
from reconciler.state import Job, Known, Phase

LEAST = 0.05
"""Share of the whole after which a job's own pace tells something."""


def left(facts: Facts, job: Job) -> float | None:
    """Seconds until it is done; None where that cannot be told, or while it is stopped.

    The phase bounds the share that is done, as the plotter's sample log has it. The whole takes what finished jobs
    of this plotter and k took in the middle, without any as long as this job's own pace makes it.
    """
    age = facts.age(job.since)
    if job.run != "running" or job.health != "running" or age == inf or job.plotter not in facts.plotters:
        return None
    if not isinstance(job.phase, Known):
        return None
    least, most = _bounds(facts.plotters[job.plotter], job.phase.value)
    whole = _usual(facts, job)
    if whole is None:
        if least < LEAST:
            return None
        whole = age / ((least + most) / 2)
    done = min(max(age / whole, least), most)
    return whole * (1 - done)


def _usual(facts: Facts, job: Job) -> float | None:
    """Seconds that finished jobs like it took, in the middle."""
    took = [
        start.seconds
        for start in facts.starts
        if start.plotter == job.plotter
        and job.k == Known(start.k)
        and start.outcome == "finished"
        and start.seconds
    ]
    return median(took) if took else None


def _bounds(plotter: Plotter, phase: Phase) -> tuple[float, float]:
    """The least and the most of the whole that is done in a phase, from 0 to 1."""
    least, most = 0.0, 1.0
    for at, share in plotter.shares:
        if at <= phase:
            least = share
        else:
            most = share
            break
    return least, max(least, most)
