"""A simulated farm that the real loop runs on, and what must hold on it at every moment."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal

from reconciler import overrides
from reconciler.actions.kill import directories_of
from reconciler.loop import Event, Loop, Ticked, Work
from reconciler.plotters import Plotters
from reconciler.simulate import Computer, Crash, Host, Pace, SimulatedMachine, SimulatedWorld
from reconciler.simulate.disks import File
from reconciler.simulate.plotting import PlotJob
from reconciler.sources import Source
from reconciler.spec.loaded import Loaded
from reconciler.spec.loading import parse
from reconciler.spec.models import Spec
from reconciler.state import Job, Known, Override, Phase, Verb
from reconciler.streams import MOST

LOGS = "/home/farm/logs"
TMPS = ("/mnt/tmp/0", "/mnt/tmp/1", "/mnt/tmp/2")
DSTS = ("/mnt/dst/0", "/mnt/dst/1")
DISKS = ("/farm/0", "/farm/1", "/farm/2")
GB = 10**9
PLOT = 108_840_000_000
PEAK = 256_630_000_000
QUICK = Pace(k32=1200.0, copy=1.0e9)
"""A job in 20 minutes, a copy in two."""


@cache
def plotters() -> Plotters:
    return Plotters.load()


def spec_text(**changes: Any) -> str:
    """A farm of three tmp, two dst and one farmer; changes: whole sections, or parts of them."""
    document: dict[str, Any] = {
        "version": 3,
        "directories": {"tmp": list(TMPS), "dst": list(DSTS), "logs": LOGS},
        "plotting": {"k": 32, "keys": {"farmer": "8d3e", "pool": "aa11"}},
        "scheduling": {
            "tick": "60s",
            "max_jobs": 4,
            "stagger": "2m",
            "tmp": {"max_jobs": 2, "stagger": {"until": "2:1", "at_most": 1}},
        },
        "space": {"floor": "20GB", "resume": "60GB"},
        "archive": [{"name": "farm", "disks": "/farm/*"}],
    }
    for key, value in changes.items():
        old = document.get(key)
        document[key] = {**old, **value} if isinstance(old, dict) and isinstance(value, Mapping) else value
        if value is None:
            del document[key]
    return json.dumps(document)


class Given(Source):
    """A source whose spec is set by hand."""

    def __init__(self, text: str) -> None:
        self.loaded = parse(text, "farm.yaml")

    def current(self) -> Loaded:
        return self.loaded

    def problem(self) -> str | None:
        return None


@dataclass(frozen=True)
class Begun:
    """A job's start. time: of the simulation."""

    time: float
    tmp: str
    plot_id: str


class Farm:
    """A computer with the spec's directories, each on a device of its own.

    hosts: names of farmers that the disks belong to, each with its own; none: they are this computer's.

    begun: every job that was started. made: every plot that was ever whole.
    broken: what was found that must never be.
    """

    def __init__(
        self,
        *,
        pace: Pace = QUICK,
        tmp_bytes: int = 2 * PEAK + 30 * GB,
        seed: int = 0,
        hosts: Sequence[str] = (),
        **changes: Any,
    ):
        if hosts:
            changes.setdefault(
                "archive", [{"name": name, "host": name, "disks": "/farm/*"} for name in hosts]
            )
        self.source = Given(spec_text(**changes))
        self.computer = Computer(plotters(), pace=pace, seed=seed)
        self.machine = SimulatedMachine(self.computer)
        for path in TMPS:
            self.computer.disks.mount(path, tmp_bytes)
        for path in DSTS:
            self.computer.disks.mount(path, 4 * PLOT)
        self.hosts = {name: Host(self.computer.clock) for name in hosts}
        self.computer.network.update(self.hosts)
        self.farms = [host.disks for host in self.hosts.values()] or [self.computer.disks]
        for farm in self.farms:
            for path in DISKS:
                farm.mount(path, 8 * PLOT)
        self.begun: list[Begun] = []
        self.made: set[str] = set()
        self.broken: list[str] = []
        self.computer.clock.watchers.append(self.check)

    @property
    def spec(self) -> Spec:
        return self.source.loaded.spec

    def loop(
        self,
        *,
        step: Callable[[str], None] = lambda _: None,
        works: Collection[Work] = ("plotting", "archiving"),
        report: Callable[[Event], None] = lambda _: None,
    ) -> Loop:
        """A new program with a loop, which knows nothing of those before it."""

        def checked(name: str) -> None:
            self.check()
            step(name)

        world = SimulatedWorld(SimulatedMachine(self.computer, step=checked))
        return Loop(self.source, world, plotters(), works=works, report=report)

    def run(self, loop: Loop, *, hours: float = 24.0, done: Callable[[], bool] | None = None) -> None:
        """Run a loop until it is done, by default until all plots are archived."""
        end = self.computer.clock.time + hours * 3600
        over = done or self.finished
        loop.run(lambda: over() or self.computer.clock.time > end)
        assert over(), f"not done after {hours} h: {self.summary()}"

    def run_to_the_end(self, *, step: Callable[[str], None] = lambda _: None) -> int:
        """Run loops one after the other, a new one after each crash; how many there were."""
        loops = 1
        while True:
            try:
                self.run(self.loop(step=step))
            except Crash:
                loops += 1
            else:
                return loops

    def advance(self, seconds: float) -> None:
        self.computer.clock.advance(seconds)

    # what is

    def stored(self) -> list[str]:
        """Names of the plots on the farm's disks."""
        return sorted(name for name, file in self._on_farms() if file is not None and name.endswith(".plot"))

    def _on_farms(self) -> Iterator[tuple[str, File | None]]:
        return (found for farm in self.farms for path in DISKS for found in farm.listing(path))

    def waiting(self) -> list[str]:
        """Names of the plots in dst."""
        return sorted(
            name for path in DSTS for name, _ in self.computer.disks.listing(path) if name.endswith(".plot")
        )

    def finished(self) -> bool:
        """Have all plots of stop_after been made and archived, and does nothing run any more?"""
        plotting = self.spec.plotting
        assert plotting is not None
        return len(self.stored()) == plotting.stop_after and not self.computer.processes.living

    def leftovers(self) -> list[str]:
        """Every file in tmp, dst and farm that is no plot on the farm."""
        here = [f"{path}/{name}" for path in (*TMPS, *DSTS) for name, _ in self.computer.disks.listing(path)]
        return here + [name for name, _ in self._on_farms() if not name.endswith(".plot")]

    def summary(self) -> str:
        jobs = [(job.tmp, str(job.phase)) for _, job in self.computer.jobs]
        return f"jobs {jobs}, waiting {self.waiting()}, stored {len(self.stored())}, begun {len(self.begun)}"

    # what must hold

    def check(self) -> None:
        """At every moment: no limit is exceeded, whatever happened before."""
        scheduling, archive = self.spec.scheduling, self.spec.archive
        jobs = [job for _, job in self.computer.jobs]
        self._note_starts(jobs)
        assert isinstance(scheduling.max_jobs, int)
        self._hold(len(jobs) <= scheduling.max_jobs, f"{len(jobs)} jobs")
        for tmp, count in Counter(job.tmp for job in jobs).items():
            limit, stagger = scheduling.tmp.max_jobs, scheduling.tmp.stagger
            self._hold(limit == "auto" or count <= limit, f"{count} jobs on {tmp}")
            if stagger != "auto":
                early = [job for job in jobs if job.tmp == tmp and (job.phase or Phase(0, 0)) < stagger.until]
                self._hold(len(early) <= stagger.at_most, f"{len(early)} early jobs on {tmp}")
        moves = [move.errand for _, move in self.computer.moves]
        for limit_of, counts in (
            (1, Counter(move.plot for move in moves)),
            (
                _most(archive[0].limits.per_disk, 1) if archive else 0,
                Counter(f"{move.farmer}:{move.disk}" for move in moves),
            ),
            (
                _most(archive[0].limits.per_source, MOST) if archive else 0,
                Counter(move.source for move in moves),
            ),
            (
                _most(archive[0].limits.transfers, MOST) if archive else 0,
                Counter(move.farmer for move in moves),
            ),
        ):
            for what, count in counts.items():
                self._hold(count <= limit_of, f"{count} movers for {what}")
        for device in {device for disks in (self.computer.disks, *self.farms) for device in disks.devices}:
            self._hold(not device.refused, f"device {device.number} was full")
        self._keep_account_of_plots()

    def _keep_account_of_plots(self) -> None:
        """A plot that was whole once stands somewhere for ever, and on one disk of the farm at most."""
        waiting = (found for path in DSTS for found in self.computer.disks.listing(path))
        here, there = set(_whole(waiting)), list(_whole(self._on_farms()))
        self.made |= here
        for name in self.made - here - set(there):
            self._hold(False, f"{name} is lost")
        self._hold(len(there) == len(set(there)), "a plot is stored twice")

    def _note_starts(self, jobs: list[PlotJob]) -> None:
        known = {begun.plot_id for begun in self.begun}
        for job in jobs:
            if job.plot_id in known:
                continue
            now = self.computer.clock.time
            stagger = self.spec.scheduling.stagger
            last = max((begun.time for begun in self.begun), default=-1e9)
            # Where a record cannot be read, the log's name tells the time, to the second.
            soon = stagger != "auto" and now - last < stagger - 1.0
            self._hold(not soon, f"a start only {now - last:.1f} s after the last")
            self.begun.append(Begun(now, job.tmp, job.plot_id))

    def _hold(self, holds: bool, otherwise: str) -> None:
        if not holds and otherwise not in self.broken:
            self.broken.append(otherwise)


def _whole(files: Iterable[tuple[str, File | None]]) -> Iterator[str]:
    """Names of those files that are whole plots."""
    size = plotters()["chia"].final_bytes(32)
    return (name for name, file in files if file is not None and file.size == size and name.endswith(".plot"))


def actions(ticked: Ticked) -> list[str]:
    return [action.kind for action in ticked.plan.actions]


def rules(ticked: Ticked, kind: str = "spawn") -> set[str]:
    """The rules that hold back that kind of action."""
    return {hold.rule for hold in ticked.plan.holds if hold.kind == kind}


def job_of(ticked: Ticked, job: PlotJob) -> Job:
    """A job as the loop sees it."""
    return next(each for each in ticked.facts.all_jobs if each.plot_id == Known(job.plot_id))


def wish(farm: Farm, verb: Verb, target: Job | str, *, seconds: float | None = None) -> None:
    """Ask for something as a person does at the command line."""
    now = farm.machine.now()
    job = target if isinstance(target, Job) else None
    asked = Override(
        verb=verb,
        target=job.id if job is not None else str(target),
        since=now,
        who="rita",
        until=None if seconds is None else now.at + seconds,
        ident=job.ident if job is not None else None,
        plot_id=job.plot_id.value if job is not None and isinstance(job.plot_id, Known) else None,
        plotter=job.plotter if job is not None else None,
        directories=directories_of(job) if job is not None else (),
    )
    overrides.write(farm.machine, LOGS, asked)


def _most(limit: int | Literal["auto"], auto: int) -> int:
    return auto if limit == "auto" else limit
