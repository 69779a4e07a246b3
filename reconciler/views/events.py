"""What happens in the loop, a line an event."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from reconciler.events import Event, Planned, Ticked, Trouble
from reconciler.execute import Outcome
from reconciler.facts import Facts
from reconciler.observation import Condition
from reconciler.plan import Hold
from reconciler.spec.units import show_duration
from reconciler.state import Job, Known
from reconciler.views import revisions, words
from reconciler.views.plan import PlanView
from reconciler.views.symbols import Symbols

if TYPE_CHECKING:
    from reconciler.spec.models import Spec

UNDER_WAY = ("pending", "running")


class Teller:
    """Turns a loop's events into lines: all that is done, and of the rest what is new since the last tick.

    It remembers only what it has told. now: wall clock, until a tick says it; utc_offset likewise.
    """

    def __init__(self, spec: Spec, symbols: Symbols, now: float, utc_offset: int) -> None:
        self._symbols = symbols
        self._offset = utc_offset
        self._view = PlanView(spec, (), symbols)
        self._now = now
        self._before: Facts | None = None
        self._holds: frozenset[tuple[str, str, str]] = frozenset()
        self._conditions: frozenset[tuple[str, str]] = frozenset()

    def tell(self, event: Event) -> tuple[str, ...]:
        """The lines of one event, each with its local time in front."""
        lines = tuple(self._lines(event))
        if not lines:
            return ()
        clock = words.clock(self._now, self._offset)
        return tuple(f"{clock} {line}" for line in lines)

    def _lines(self, event: Event) -> Iterator[str]:
        match event:
            case Planned():
                yield from self._planned(event)
            case Outcome():
                yield self._outcome(event)
            case Trouble():
                for line in event.text.splitlines():
                    yield f"{self._symbols.mark('!')} {words.clean(line)}"
            case Ticked():
                return

    def _outcome(self, outcome: Outcome) -> str:
        result = "" if outcome.result == "done" else f"{outcome.result}: "
        return f"{self._view.action(outcome.action)}  {result}{words.clean(outcome.text)}"

    def _planned(self, tick: Planned) -> Iterator[str]:
        facts, before = tick.facts, self._before
        self._now, self._offset = facts.now.at, facts.seen.utc_offset
        self._view = PlanView(facts.spec, facts.all_jobs, self._symbols)
        if before is not None:
            yield from self._over(before, facts)
            yield from self._phases(before, facts)
        yield from self._revision(before, facts)
        for hold in tick.plan.holds:
            if _key(hold) not in self._holds:
                yield self._view.hold(hold, facts.now.at)
        for condition in tick.plan.conditions:
            # What is wrong with the spec's own source is a Trouble, too, which says it in full.
            if _head(condition) not in self._conditions and not condition.type.startswith("Source"):
                told = f"{condition.subject}  {condition.type}  {condition.message}"
                yield f"{self._symbols.mark('!')} {words.clean(told)}"
        self._before = facts
        self._holds = frozenset(map(_key, tick.plan.holds))
        self._conditions = frozenset(map(_head, tick.plan.conditions))

    def _over(self, before: Facts, now: Facts) -> Iterator[str]:
        """Jobs, transfers and removals that have come to their end since the last tick."""
        if _begun(before) == _begun(now):
            return
        was_over = {start.id for start in before.starts if start.outcome not in UNDER_WAY}
        was_over |= {transfer.id for transfer in before.transfers if transfer.outcome not in UNDER_WAY}
        was_over |= {each.id for each in before.replacing.removals if each.outcome not in UNDER_WAY}
        for start in now.starts:
            if start.outcome not in UNDER_WAY and start.id not in was_over:
                took = "" if start.seconds is None else f" after {show_duration(start.seconds)}"
                where = self._view.names.short(start.tmp, "tmp")
                name = (start.plot_id or start.id)[: words.SHORT]
                error = f": {words.clean(start.error)}" if start.error is not None else ""
                yield f"  job {name} on {where} {_ended(start.outcome)}{took}{error}"
        for transfer in now.transfers:
            if transfer.outcome not in UNDER_WAY and transfer.id not in was_over:
                name = words.plot_name(transfer.plot, self._symbols)
                target = words.clean(f"{transfer.farmer}:{transfer.disk}")
                error = f": {words.clean(transfer.error)}" if transfer.error is not None else ""
                yield f"  {name} to {target} {_ended(transfer.outcome)}{error}"
        for removal in now.replacing.removals:
            if removal.outcome not in UNDER_WAY and removal.id not in was_over:
                name = words.plot_name(removal.plot, self._symbols)
                place = words.clean(f"{removal.farmer}:{removal.disk}")
                error = f": {words.clean(removal.error)}" if removal.error is not None else ""
                yield f"  retiring {name} from {place} {_ended(removal.outcome)}{error}"

    @staticmethod
    def _revision(before: Facts | None, now: Facts) -> Iterator[str]:
        """The revision that is followed from this tick on."""
        was = before.seen.source.applied if before is not None and before.seen.source is not None else None
        source = now.seen.source
        if source is not None and source.applied is not None and source.applied != was:
            instead = f", before {words.clean(str(was))}" if was is not None else ""
            yield f"  spec {revisions.in_force(source)} of {words.clean(source.source)} is in force{instead}"

    def _phases(self, before: Facts, now: Facts) -> Iterator[str]:
        """Jobs that have got to another major phase since the last tick."""
        was = _majors(before)
        for job in now.all_jobs:
            if not isinstance(job.phase, Known):
                continue
            major = job.phase.value.major
            if was.get(job.id, major) < major:
                yield f"  job {words.job_id(job)} on {self._where(job)} is at {job.phase.value}"

    def _where(self, job: Job) -> str:
        return ", ".join(self._view.names.short(path, "tmp") for path in job.tmps) or "?"


def _key(hold: Hold) -> tuple[str, str, str]:
    return hold.kind, hold.subject, hold.rule


def _head(condition: Condition) -> tuple[str, str]:
    """What makes it the same one: not its message, which may tell how long it has lasted."""
    return condition.type, condition.subject


def _begun(facts: Facts) -> tuple[Sequence[object], ...]:
    """All that may come to its end."""
    return facts.starts, facts.transfers, facts.replacing.removals


def _majors(facts: Facts) -> Mapping[str, int]:
    """Each job's major phase; 0 while it is not known."""
    return {job.id: job.phase.value.major if isinstance(job.phase, Known) else 0 for job in facts.all_jobs}


def _ended(outcome: str) -> str:
    return {"killed": "was killed", "unknown": "is over, its log cannot be read"}.get(outcome, outcome)
