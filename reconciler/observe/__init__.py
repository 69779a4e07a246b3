"""From World to Observation: the clock is read once, and every other fact after it.

The order of reading is part of the law, since a job moves from the journal to the process table while we
look: the journal's listing, the process table, the locks, the bytes of logs, and last what lies where plots
land, since whoever was over by then has put down or taken away its plot before. What is kept from look to
look is a cache only: a fresh observer sees the same.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING

from reconciler import overrides
from reconciler.farmer import Farmer
from reconciler.observation import Observation
from reconciler.observe import draining
from reconciler.observe.argvs import Argvs
from reconciler.observe.conditions import of_clock, of_farmers, of_jobs, of_plots, of_source
from reconciler.observe.directories import Places
from reconciler.observe.farms import Farms
from reconciler.observe.jobs import Jobs, Told
from reconciler.observe.logbook import Kept, Logbook
from reconciler.observe.plots import Plots
from reconciler.observe.remotes import Remotes
from reconciler.observe.settled import Settled
from reconciler.observe.stalls import Stalls
from reconciler.observe.starts import Journal
from reconciler.revision import Revisions
from reconciler.state import Fact, Instant, Known, Override, T, Unknown
from reconciler.world import World

if TYPE_CHECKING:
    from reconciler.plotters import Plotters
    from reconciler.spec.models import Spec


class Observer:
    """Looks at the world again and again. wake: the bell to ring when a farmer answers that was not known.

    logbook: the logs as far as they were read; logs: what an earlier one kept of them, with the same plotters.
    """

    def __init__(
        self,
        world: World,
        plotters: Plotters,
        *,
        wake: str = "",
        logs: Mapping[str, Kept] = MappingProxyType({}),
    ) -> None:
        self._world = world
        self._plotters = plotters
        self._argvs = Argvs(plotters)
        self._plots = Plots(world.machine, plotters)
        self._farms = Farms(world.machine, plotters)
        self._remotes = Remotes(world.farmers, plotters, wake)
        self.logbook = Logbook(world.machine, plotters, logs)
        self._settled = Settled()
        self._told: Told = {}
        self._stalls = Stalls(world.machine)

    def look(self, spec: Spec, *, temps: bool = False, source: Revisions | None = None) -> Observation:
        """What is, now. temps: list and measure all temporary files, which takes long on big farms.

        Without it they are listed only where the spec has them cleaned or a killed job may have left some,
        and only those that no job owns are measured. source: how far the repository is followed, as it says itself.
        """
        machine = self._world.machine
        logs = spec.directories.logs.path
        now = machine.now()
        first = machine.survey((*Places.early(spec), overrides.ask(logs)))
        places = Places(machine, spec, self._plotters, self._plots, first)
        journal = Journal(machine, self.logbook, self._settled, logs, first[logs])
        table = machine.processes(self._plotters.wanted)
        journal.settle(table)
        wishes, conditions = overrides.read(machine, logs, first)
        jobs = Jobs(machine, self._argvs, self.logbook, places, journal, now, self._told)
        seen_jobs = jobs.look(table)
        history = journal.history(now)
        starts, transfers = history.starts, history.transfers
        before = journal.finished_before() if _counts(spec) else Known(0)
        killing = isinstance(wishes, Known) and any(wish.verb == "kill" for wish in wishes.value)
        if isinstance(seen_jobs, Known):
            seen_jobs = Known(self._stalls.look(seen_jobs.value, _known(starts), now))
        delivered, landing = jobs.plots_of_jobs()
        directories = places.look(
            now,
            finished={s.plot_id for s in _known(starts) if s.outcome == "finished" and s.plot_id} | delivered,
            landing=landing,
            jobs=[job.id for job in _known(seen_jobs)],
            left=draining.left(spec, _known(starts)),
            temps="all" if temps else "orphans" if killing or spec.clean is not None else "none",
        )
        waiting = {
            plot.name for d in directories.values() if isinstance(d.plots, Known) for plot in d.plots.value
        }
        moving = {t.plot for t in (transfers.value if isinstance(transfers, Known) else ())}
        farmers = self._farmers(spec, waiting | moving, now, wishes)
        return Observation(
            host=machine.host,
            now=now,
            cpus=machine.cpus,
            memory=machine.memory,
            utc_offset=machine.utc_offset(),
            jobs=seen_jobs,
            # What has begun is known only as far as all of it is that the spec counts.
            starts=starts if isinstance(before, Known) else before,
            transfers=transfers,
            removals=history.removals,
            deletions=history.deletions,
            overrides=wishes,
            directories=directories,
            farmers=farmers,
            finished_before=before.value if isinstance(before, Known) else 0,
            source=source,
            busy=machine.busy() if _open(spec) else Unknown("nothing depends on it"),
            conditions=(
                *of_source(source),
                *conditions,
                *journal.conditions(),
                *of_clock(now, _known(starts)),
                *of_jobs(_known(seen_jobs)),
                *places.conditions(),
                *of_plots(directories.values(), now),
                *draining.conditions(spec, _known(seen_jobs), directories, _known(transfers)),
                *of_farmers(farmers.values(), machine.host, waiting, _known(transfers), now),
            ),
        )

    def _farmers(
        self, spec: Spec, ours: Collection[str], now: Instant, wishes: Fact[tuple[Override, ...]]
    ) -> Mapping[str, Farmer]:
        """Every farmer, by name; one of another machine as it last answered."""
        kicked = max((wish.since.at for wish in _known(wishes) if wish.verb == "kick"), default=0.0)
        here = self._farms.look(spec, ours, now)
        every = {**here, **self._remotes.look(spec, ours, now, kicked)}
        return {archive.name: every[archive.name] for archive in spec.archive}


def _known(fact: Fact[tuple[T, ...]]) -> tuple[T, ...]:
    return fact.value if isinstance(fact, Known) else ()


def _counts(spec: Spec) -> bool:
    return spec.plotting is not None and spec.plotting.stop_after is not None


def _open(spec: Spec) -> bool:
    """Is it left to the tool how many jobs there are, or how often one begins?"""
    return spec.plotting is not None and bool(spec.scheduling.left_open)
