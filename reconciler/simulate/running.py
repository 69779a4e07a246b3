"""A spec at work on a described machine, watched: what came of it, and what was in the way.

Time jumps: the loop is given a long pause, and a wait ends where something happens that the last plan waits
for; after an action of which the plan does not tell what holds the next, it is as long as the spec's own tick.
A job's end always counts; a transfer's that went well, a job's phase and free bytes crossing a floor count only while
a hold may pass by them; where jobs or starts are left to the tool, so does measured load, once one more might begin for
what it is less than at the last look. A farmer has answered before the look is over that asks it.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from reconciler.events import Event, Ticked
from reconciler.rhythm import eased
from reconciler.simulate.building import BEGIN, build
from reconciler.simulate.machine import SimulatedMachine, SimulatedWorld
from reconciler.simulate.tally import Moment, Tally, moment, tally
from reconciler.simulate.trouble import schedule
from reconciler.sources import Source
from reconciler.state import Known, Phase

if TYPE_CHECKING:
    from reconciler.description.machine import MachineDescription
    from reconciler.plan import Plan
    from reconciler.plotters import Plotters
    from reconciler.spec.loaded import Loaded
    from reconciler.spec.models import Spec

DAY = 86400.0
WARM_UP = 2.0
"""Days that do not count, in which a farm fills up."""
MOMENTS = 120
"""How many times in all it is looked what goes on, for pictures."""
GOLDEN = 0.618034
"""The part by which each of these is put off beyond the one before it: the golden ratio meets no rhythm."""
SENSE = 60.0
"""Seconds between two readings of the load, where anything depends on it."""
EASED = 0.03
"""By how much a processor's or drive's share has fallen where it is looked at again."""
LONGEST = 3600.0
"""Seconds between two looks at most."""
BY_TIME = frozenset(
    {"drained", "paused", "stop_after", "window", "crash", "max_jobs", "stagger", "tmp_jobs", "dst_jobs"}
)
"""Limits on starts that pass with time or with a job's end, and by nothing else."""
WHEREVER = frozenset({"drained", "paused", "stop_after", "max_jobs", "stagger"})
"""Of them those that hold a start wherever it would be: one that holds any after a start holds the next."""
BY_TRANSFER = frozenset({"in_all", "per_link", "transfers", "per_source", "per_disk", "paused"})
"""Limits on transfers that pass with a transfer's end."""


class Given(Source):
    """A spec that stays as it is."""

    def __init__(self, loaded: Loaded) -> None:
        self._loaded = loaded

    def current(self) -> Loaded:
        """That spec."""
        return self._loaded

    def problem(self) -> str | None:
        """None ever."""
        return None


@dataclass(slots=True)
class Watch:
    """What was seen while it ran. ticks: looks of the loop.

    held: seconds after the warm-up for which each rule held that kind of action. begun: when and on which tmp jobs were
    started, by wall clock. suspends: of jobs. failed: actions that could not be done. last: the last look.
    """

    ticks: int = 0
    held: dict[tuple[str, str], float] = field(default_factory=lambda: defaultdict(float))
    begun: list[tuple[float, str]] = field(default_factory=list)
    suspends: int = 0
    failed: int = 0
    last: Ticked | None = None


class Run:
    """One simulation. Whoever runs it makes a loop of source, world and `report`, and runs that until `over`, with
    the pause of `idle`.

    days: in all; warm_up: of these, days that do not count. polling: seconds between two looks, always, instead of
    jumping ahead. Raises UsageError where spec and machine do not fit.
    """

    def __init__(
        self,
        described: MachineDescription,
        loaded: Loaded,
        plotters: Plotters,
        *,
        days: float,
        warm_up: float = WARM_UP,
        seed: int = 0,
        faults: bool = False,
        polling: float | None = None,
    ) -> None:
        self.spec = spec = loaded.spec
        self.source = Given(loaded)
        self.idle = LONGEST if polling is None else polling
        self.described, self.days = described, days
        self.warm_up = min(warm_up, days / 2)
        self.computer, self.hardware = build(described, spec, plotters, seed)
        self.world = SimulatedWorld(SimulatedMachine(self.computer))
        self.watch = Watch()
        self.tallies: list[Tally] = []
        self.moments: list[Moment] = []
        self._jumps, self._soon = polling is None, float(spec.scheduling.tick)
        self._milestones = _milestones(self.spec)
        self._phases = _phases(self.spec, plotters)
        clock = self.computer.clock
        for day in (self.warm_up, days):
            clock.later(day * DAY, self._tally)
        for number in range(MOMENTS):
            # Uneven steps, lest a steady rhythm is always met at the same beat.
            clock.later((number + number * GOLDEN % 1) / MOMENTS * days * DAY, self._sample)
        self.faults = schedule(self.computer, self.hardware, self.spec, days) if faults else ()
        if self._jumps:
            # A farmer answers in less time than a tick has: one look for both.
            self.computer.round_trip = 0.0
            self.computer.fluid.crossed = self._notice
            for directory in spec.directories.tmp:
                device = self.computer.disks.device(directory.path)
                self.computer.fluid.alarms[device] = (spec.floor(directory.path), spec.resume(directory.path))
            if spec.scheduling.left_open:
                clock.later(SENSE, self._sense)

    def over(self) -> bool:
        """Is all the time over?"""
        return self.computer.clock.time >= self.days * DAY

    def report(self, event: Event) -> None:
        """Hear what the loop tells, and settle what the next wait shall end by."""
        if not isinstance(event, Ticked):
            return
        watch, last = self.watch, self.watch.last
        watch.ticks += 1
        if last is not None:
            counts_from = max(last.facts.now.at, BEGIN + self.warm_up * DAY)
            passed = max(0.0, event.facts.now.at - counts_from)
            for kind, rule in sorted({(hold.kind, hold.rule) for hold in last.plan.holds}):
                watch.held[kind, rule] += passed
        for outcome in event.outcomes:
            if outcome.result == "done" and outcome.action.kind == "spawn":
                watch.begun.append((event.facts.now.at, str(getattr(outcome.action, "tmp", ""))))
            watch.suspends += outcome.action.kind == "suspend"
            watch.failed += outcome.result == "failed"
        watch.last = event
        if self._jumps:
            acted = {outcome.action.kind for outcome in event.outcomes} - {"archive", "retire"}
            holding = {hold.rule for hold in event.plan.holds if hold.kind == "spawn"}
            if holding & WHEREVER:
                acted.discard("spawn")
            if acted:
                # What holds the next one of its kind, only the next plan tells.
                self.computer.clock.later(self._soon, self._notice)
            self.computer.heed = self._heeded(event.plan)
            # What leaves a drive may let a job go on that stands still for want of room.
            self.computer.heed_transfers = any(
                hold.kind != "spawn" or hold.rule not in BY_TIME for hold in event.plan.holds
            ) or any(job.run == "suspended" for job in event.facts.all_jobs)
            self.computer.heed_farmers = any(
                hold.kind in ("archive", "retire") and hold.rule not in BY_TRANSFER
                for hold in event.plan.holds
            )

    def _heeded(self, plan: Plan) -> frozenset[Phase]:
        """The phases by which a hold may pass."""
        rules = {hold.rule for hold in plan.holds if hold.kind in ("spawn", "resume")} - BY_TIME
        if rules <= {"phase_stagger"}:
            return self._milestones if rules else frozenset()
        return self._phases

    def _notice(self) -> None:
        self.computer.noticed = True

    def _sense(self) -> None:
        """Look again where there is less load than the last plan rests on."""
        self.computer.clock.later(SENSE, self._sense)
        now, last = self.world.machine.busy(), self.watch.last
        then = last.facts.seen.busy if last is not None else now
        if not (isinstance(now, Known) and isinstance(then, Known) and now.value.eased(then.value, EASED)):
            return
        if last is None or eased(last.facts, now.value):
            self._notice()

    # what came of it

    def _tally(self) -> None:
        """Take down what there is now, and look up."""
        self.tallies.append(tally(self.computer, self.hardware, self.spec))
        self.computer.noticed = True

    def _sample(self) -> None:
        self.moments.append(moment(self.computer, self.hardware, self.spec))


def _phases(spec: Spec, plotters: Plotters) -> frozenset[Phase]:
    """All that a job may come to."""
    return frozenset(plotters[spec.plotting.plotter].phases if spec.plotting is not None else ())


def _milestones(spec: Spec) -> frozenset[Phase]:
    """The phases that a stagger by phase waits for."""
    found = {Phase(2, 1)}
    scheduling, directories = spec.scheduling, spec.directories
    for stagger in (scheduling.tmp.stagger, *(directory.stagger for directory in directories.tmp)):
        if stagger is not None and stagger != "auto":
            found.add(stagger.until)
    return frozenset(found)
