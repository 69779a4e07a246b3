"""From World to Observation: the clock is read once, and every other fact after it.

The order of reading is part of the law, since a job moves from the journal to the process table while we
look: the journal's listing, the process table, the locks, and then the bytes of logs. What is kept from
look to look is a cache only: a fresh observer sees the same.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from reconciler import overrides
from reconciler.observe.directories import Places
from reconciler.observe.farms import look_at_farms
from reconciler.observe.jobs import Jobs
from reconciler.observe.logbook import Logbook
from reconciler.observe.starts import Journal, Settled
from reconciler.state import Condition, Instant, Job, Known, Observation, Start
from reconciler.world import World

if TYPE_CHECKING:
    from reconciler.plotters import Plotters
    from reconciler.spec.models import Spec

AHEAD = 2.0
"""Seconds that a start may lie in the future before it is worth a word."""


class Observer:
    """Looks at the world again and again."""

    def __init__(self, world: World, plotters: Plotters) -> None:
        self._world = world
        self._plotters = plotters
        self._logbook = Logbook(world.machine, plotters)
        self._settled = Settled()

    def look(self, spec: Spec, *, temps: bool = False) -> Observation:
        """What is, now. temps: list and measure all temporary files, which takes long on big farms.

        Without it they are listed only where the spec has them cleaned or a killed job may have left some,
        and only those that no job owns are measured.
        """
        machine = self._world.machine
        logs = spec.directories.logs.path
        now = machine.now()
        places = Places(machine, spec, self._plotters)
        journal = Journal(machine, self._logbook, self._settled, logs)
        table = machine.processes(self._plotters.wanted)
        journal.settle(table)
        wishes, conditions = overrides.read(machine, logs)
        jobs = Jobs(machine, self._plotters, self._logbook, places, journal, now)
        seen_jobs = jobs.look(table)
        starts, transfers = journal.history(now)
        killing = isinstance(wishes, Known) and any(wish.verb == "kill" for wish in wishes.value)
        delivered, landing = jobs.plots_of_jobs()
        directories = places.look(
            now,
            finished={s.plot_id for s in _known(starts) if s.outcome == "finished" and s.plot_id} | delivered,
            landing=landing,
            temps="all" if temps else "orphans" if killing or spec.clean is not None else "none",
        )
        waiting = {
            plot.name for d in directories.values() if isinstance(d.plots, Known) for plot in d.plots.value
        }
        moving = {t.plot for t in (transfers.value if isinstance(transfers, Known) else ())}
        return Observation(
            host=machine.host,
            now=now,
            cpus=machine.cpus,
            memory=machine.memory,
            utc_offset=machine.utc_offset(),
            jobs=seen_jobs,
            starts=starts,
            transfers=transfers,
            overrides=wishes,
            directories=directories,
            farmers=look_at_farms(machine, spec, self._plotters, waiting | moving),
            finished_before=journal.finished_before() if _counts(spec) else 0,
            conditions=(
                *conditions,
                *journal.conditions(),
                *_clock_conditions(now, _known(starts)),
                *_job_conditions(seen_jobs),
                *places.conditions(),
            ),
        )


def _known(starts: object) -> tuple[Start, ...]:
    return starts.value if isinstance(starts, Known) else ()


def _counts(spec: Spec) -> bool:
    return spec.plotting is not None and spec.plotting.stop_after is not None


def _clock_conditions(now: Instant, starts: tuple[Start, ...]) -> tuple[Condition, ...]:
    """Starts that are dated after now: the clock was set back."""
    return tuple(
        Condition("ClockSetBack", start.id, "its start is dated after now; it counts as long past")
        for start in starts
        if start.since.at > now.at + AHEAD
    )


def _job_conditions(jobs: object) -> tuple[Condition, ...]:
    """Jobs that are counted, but not understood, and the way out."""
    found: list[Condition] = []
    every: Mapping[str, Job] = {job.id: job for job in (jobs.value if isinstance(jobs, Known) else ())}
    for job in every.values():
        if not isinstance(job.tmp, Known):
            found.append(
                Condition(
                    "JobNotUnderstood",
                    job.id,
                    f"its tmp directory: {job.tmp.why}; it counts against max_jobs"
                    f" (`plotman ignore {job.id}` if it should not)",
                )
            )
        elif not isinstance(job.phase, Known) and job.run != "pending":
            found.append(
                Condition(
                    "PhaseUnknown",
                    job.id,
                    f"{job.phase.why}; it counts as being in its first phase"
                    f" (`plotman ignore {job.id}` if it should not count)",
                )
            )
        if job.trouble is not None:
            found.append(Condition("JobStuck", job.id, job.trouble))
    return tuple(found)
