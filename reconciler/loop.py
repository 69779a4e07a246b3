"""The loop: look, plan, act, sleep; everything anew each tick.

Wake-ups only shorten the sleep. Ticks never overlap; nothing that a tick meets ends the loop.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Literal, TypeAlias

from reconciler import journal, tidy
from reconciler.actions import Action, Resume, Suspend
from reconciler.events import Event, Planned, Ticked, Trouble
from reconciler.execute import Executor, Outcome
from reconciler.facts import Facts
from reconciler.kept import Kept
from reconciler.observe import Observer
from reconciler.plan import Plan, plan_facts
from reconciler.state import Ident, Known
from reconciler.world import World

if TYPE_CHECKING:
    from reconciler.plotters import Plotters
    from reconciler.revision import Revisions
    from reconciler.sources import Source
    from reconciler.spec.loaded import Loaded

__all__ = ["Event", "Loop", "Ticked", "Trouble", "Work", "pause", "settled", "wanted"]

Work: TypeAlias = Literal["plotting", "archiving"]

KINDS: dict[Work, tuple[str, ...]] = {
    "plotting": ("kill", "resume", "suspend", "clean", "spawn"),
    "archiving": ("archive", "retire"),
}
"""Which kinds of action belong to which kind of work."""

SHORTEST = 0.05
"""Seconds between two ticks at least, whatever wakes the loop."""
PENDING = 0.1
"""Seconds until the next look while a start is pending: nothing wakes for what has no pid yet."""
HAIR = 0.001
"""Seconds that a look comes after the moment at which a hold can pass, lest rounding brings it before."""
SOON = 1.0
"""Seconds until the next look after the world has changed under a plan."""
DAY = 86400.0


class Loop:
    """One writer, for one or both kinds of work."""

    def __init__(
        self,
        source: Source,
        world: World,
        plotters: Plotters,
        *,
        works: Collection[Work] = ("plotting", "archiving"),
        only: Collection[str] | None = None,
        report: Callable[[Event], None] = lambda _event: None,
    ) -> None:
        self._source = source
        self._world = world
        self._plotters = plotters
        self._works = tuple(sorted(works))
        kinds = {kind for work in works for kind in KINDS[work]}
        self._kinds = kinds if only is None else kinds & set(only)
        self._report = report
        self._loaded = source.current()
        self._logs = self._loaded.spec.directories.logs.path
        self._wake = journal.wake_path(self._logs, self._works[-1])
        self._observer = Observer(world, plotters, wake=self._wake)
        self._kept = Kept()
        self._executor = Executor(world, self._observer, plotters, self._kept)
        self._told: str | None = None
        self._expired_at = -DAY

    @contextmanager
    def locks(self) -> Iterator[Callable[[], None]]:
        """Hold the locks of this loop's kinds of work; the value, as that of `Machine.lock`. Raises LockHeld."""
        machine = self._world.machine
        machine.folder(journal.overrides_path(self._logs))
        with ExitStack() as stack:
            locks = [(journal.lock_path(self._logs, work), work) for work in self._works]
            keeps = [stack.enter_context(machine.lock(path, work)) for path, work in locks]

            def keep() -> None:
                for each in keeps:
                    each()

            yield keep

    def tick(self) -> Ticked:
        """Look, plan, and perform what is planned; the locks are held."""
        loaded, problem = self._newest()
        spec = loaded.spec
        seen = self._observer.look(spec, source=self._source.revisions())
        facts = Facts(spec, seen, self._plotters, self._kept)
        plan = plan_facts(facts, loaded.digest)
        self._report(Planned(facts, plan))
        self._tell(problem)
        outcomes: list[Outcome] = []
        for action in plan.actions:
            if action.kind in self._kinds:
                as_planned = all(outcome.result == "done" for outcome in outcomes)
                outcome = self._executor.perform(spec, action, facts if as_planned else None)
                outcomes.append(outcome)
                self._report(outcome)
        self._tidy(facts, outcomes)
        ticked = Ticked(facts, plan, tuple(outcomes))
        self._report(ticked)
        return ticked

    def run(
        self,
        stopping: Callable[[], bool],
        *,
        until_settled: bool = False,
        longest: float = math.inf,
        idle: float | None = None,
    ) -> None:
        """Tick until told to stop, or until settled. Jobs and transfers run on. Raises LockHeld, SpecError.

        longest: seconds between two ticks at most, whatever the spec says.
        idle: seconds between two ticks where nothing is known to come sooner; None: as the spec says.
        """
        machine = self._world.machine
        with self.locks() as keep:
            # The bell hangs before anything can ring it: what is rung during a tick is heard after it.
            machine.wait((), 0.0, self._wake)
            self._source.listen(self._wake)
            while not stopping():
                ticked = self.tick()
                if stopping() or (until_settled and settled(ticked)):
                    return
                machine.wait(_watched(ticked.facts), min(pause(ticked, idle), longest), self._wake)
                ticked.facts.forget()
                keep()

    def _newest(self) -> tuple[Loaded, str | None]:
        """The newest spec that this loop can follow, and what is wrong with a newer one."""
        loaded, problem = self._source.current(), self._source.problem()
        logs = loaded.spec.directories.logs.path
        if logs == self._logs:
            self._loaded = loaded
        else:
            problem = (
                f"directories.logs.path is now {logs}, was {self._logs}:"
                " the journal cannot move under a running loop; end this one, then start it anew"
            )
        return self._loaded, problem

    def _tidy(self, facts: Facts, outcomes: Sequence[Outcome]) -> None:
        machine = self._world.machine
        if "plotting" in self._works:
            acted_on = {
                outcome.action.id for outcome in outcomes if isinstance(outcome.action, Suspend | Resume)
            }
            tidy.tidy(machine, facts, acted_on)
            if facts.now.up - self._expired_at >= DAY:
                tidy.expire(machine, facts)
                self._expired_at = facts.now.up

    def _tell(self, problem: str | None) -> None:
        if problem is not None and problem != self._told:
            followed = self._source.revisions()
            away = followed is not None and (followed.obstacle, followed.problem) == ("unreachable", problem)
            told = f"{_trouble(followed, away)}, the last good one goes on:\n{problem}"
            self._report(Trouble(told, "spec", away=away))
        elif problem is None and self._told is not None:
            self._report(Trouble("the newest spec is in force again", "spec", over=True))
        self._told = problem


def _trouble(followed: Revisions | None, away: bool) -> str:
    """What is wrong where the spec is not the newest. followed: None: it is a file. away: it does not answer."""
    if followed is None:
        return "the spec is not usable"
    return "the spec's repository cannot be asked" if away else "a newer spec is not in force"


def pause(ticked: Ticked, idle: float | None = None) -> float:
    """Seconds until the next tick, if nothing wakes the loop. idle: in place of the spec's tick."""
    facts, plan = ticked.facts, ticked.plan
    seconds = float(facts.spec.scheduling.tick) if idle is None else idle
    # A moment that has come brings nothing any more by itself: a farmer is being asked again, and may take its time.
    ahead = (hold.next_at - facts.now.at for hold in plan.holds if hold.next_at is not None)
    seconds = min((seconds, *(left + HAIR for left in ahead if left > 0)))
    if any(job.run == "pending" for job in facts.all_jobs):
        seconds = min(seconds, PENDING)
    if any(outcome.result == "refused" for outcome in ticked.outcomes):
        seconds = min(seconds, SOON)
    return max(SHORTEST, seconds)


def settled(ticked: Ticked) -> bool:
    """Is nothing under way, and will nothing that is held pass by itself?"""
    facts = ticked.facts
    landing = any(
        plot.state == "landing"
        for directory in facts.seen.directories.values()
        for plot in (directory.plots.value if isinstance(directory.plots, Known) else ())
    )
    under_way = bool(ticked.outcomes or facts.all_jobs or facts.moving or facts.replacing.open)
    under_way = under_way or landing or _asking(facts)
    known = isinstance(facts.seen.jobs, Known) and isinstance(facts.seen.transfers, Known)
    return known and not under_way and ticked.plan.next_at is None


def _asking(facts: Facts) -> bool:
    """Will a farmer's next answer tell what is not known yet?"""
    traffic = facts.traffic
    first = any(
        not isinstance(farmer.disks, Known) and farmer.trouble is None
        for farmer in facts.seen.farmers.values()
    )
    return first or bool(traffic.unseen) or any(traffic.unasked(name) for name in traffic.waiting)


def wanted(plan: Plan, works: Collection[Work], only: Collection[str] | None = None) -> tuple[Action, ...]:
    """The actions of a plan that a loop for these kinds of work would perform."""
    kinds = {kind for work in works for kind in KINDS[work]}
    return tuple(a for a in plan.actions if a.kind in kinds and (only is None or a.kind in only))


def _watched(facts: Facts) -> tuple[Ident, ...]:
    """Processes whose end is news: the jobs'. The machine watches what it started itself."""
    jobs = facts.seen.jobs
    return tuple(
        job.ident for job in (jobs.value if isinstance(jobs, Known) else ()) if job.ident is not None
    )
