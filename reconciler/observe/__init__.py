"""From World to Observation: the clock is read once, and every other fact after it.

The order of reading is part of the law, since a job moves from the journal to the process table while we
look: the journal's listing, the process table, the locks, and then the bytes of logs. What is kept from
look to look is a cache only: a fresh observer sees the same.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from reconciler import overrides
from reconciler.observe.argvs import Argvs
from reconciler.observe.conditions import of_clock, of_jobs
from reconciler.observe.directories import Places
from reconciler.observe.farms import look_at_farms
from reconciler.observe.heads import Heads
from reconciler.observe.jobs import Jobs
from reconciler.observe.logbook import Logbook
from reconciler.observe.stalls import Stalls
from reconciler.observe.starts import Journal, Settled
from reconciler.state import Fact, Known, Observation, T
from reconciler.world import World

if TYPE_CHECKING:
    from reconciler.plotters import Plotters
    from reconciler.spec.models import Spec


class Observer:
    """Looks at the world again and again."""

    def __init__(self, world: World, plotters: Plotters) -> None:
        self._world = world
        self._plotters = plotters
        self._argvs = Argvs(plotters)
        self._heads = Heads(world.machine)
        self._logbook = Logbook(world.machine, plotters)
        self._settled = Settled()
        self._stalls = Stalls(world.machine)

    def look(self, spec: Spec, *, temps: bool = False) -> Observation:
        """What is, now. temps: list and measure all temporary files, which takes long on big farms.

        Without it they are listed only where the spec has them cleaned or a killed job may have left some,
        and only those that no job owns are measured.
        """
        machine = self._world.machine
        logs = spec.directories.logs.path
        now = machine.now()
        places = Places(machine, spec, self._plotters, self._heads)
        journal = Journal(machine, self._logbook, self._settled, logs)
        table = machine.processes(self._plotters.wanted)
        journal.settle(table)
        wishes, conditions = overrides.read(machine, logs)
        jobs = Jobs(machine, self._argvs, self._logbook, places, journal, now)
        seen_jobs = jobs.look(table)
        starts, transfers = journal.history(now)
        killing = isinstance(wishes, Known) and any(wish.verb == "kill" for wish in wishes.value)
        if isinstance(seen_jobs, Known):
            seen_jobs = Known(self._stalls.look(seen_jobs.value, _known(starts), now))
        delivered, landing = jobs.plots_of_jobs()
        directories = places.look(
            now,
            finished={s.plot_id for s in _known(starts) if s.outcome == "finished" and s.plot_id} | delivered,
            landing=landing,
            jobs=[job.id for job in _known(seen_jobs)],
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
                *of_clock(now, _known(starts)),
                *of_jobs(_known(seen_jobs)),
                *places.conditions(),
            ),
        )


def _known(fact: Fact[tuple[T, ...]]) -> tuple[T, ...]:
    return fact.value if isinstance(fact, Known) else ()


def _counts(spec: Spec) -> bool:
    return spec.plotting is not None and spec.plotting.stop_after is not None
