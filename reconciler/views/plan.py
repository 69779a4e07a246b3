"""A plan as text: what would be done, what waits and for what, and the sum of it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from reconciler.actions import Action
from reconciler.actions.archive import Archive
from reconciler.actions.clean import Clean
from reconciler.actions.retire import Retire
from reconciler.actions.spawn import Spawn
from reconciler.observation import Observation
from reconciler.plan import Hold, Plan
from reconciler.state import Job, Known
from reconciler.views import revisions, words
from reconciler.views.names import Names
from reconciler.views.symbols import Symbols
from reconciler.views.table import table

if TYPE_CHECKING:
    from reconciler.spec.models import Spec


class PlanView:
    """A plan's lines need the spec for the names of things, and the jobs that actions are about."""

    def __init__(self, spec: Spec, jobs: Iterable[Job], symbols: Symbols) -> None:
        self.spec = spec
        self.symbols = symbols
        self.names = Names(spec)
        self.jobs = {job.id: job for job in jobs}

    def text(self, plan: Plan, seen: Observation, spec_name: str, awaiting: Sequence[Action] = ()) -> str:
        """The whole plan: headline, a line each, and the sum. awaiting: what only waits for approval."""
        body = self.lines(plan, awaiting)
        lines = (self.headline(plan, seen, spec_name), "", *body, *([""] if body else []), self.summary(plan))
        return "\n".join(lines) + "\n"

    def headline(self, plan: Plan, seen: Observation, spec_name: str) -> str:
        """``spec plotman.yaml (sha256 4f1c…) · observed 23:41:07 · 11 jobs · 2 farmers, 1 unreachable``."""
        parts = [f"spec {self._spec(plan, seen, spec_name)}"]
        parts.append(f"observed {words.clock(plan.now.at, seen.utc_offset)}")
        if isinstance(seen.jobs, Known):
            parts.append(words.plural(len(seen.jobs.value), "job"))
        else:
            parts.append(f"jobs not known: {words.clean(seen.jobs.why)}")
        if seen.farmers:
            silent = sum(not isinstance(farmer.disks, Known) for farmer in seen.farmers.values())
            farmers = words.plural(len(seen.farmers), "farmer")
            parts.append(farmers + (f", {silent} unreachable" if silent else ""))
        return f" {self.symbols.dot} ".join(parts)

    def _spec(self, plan: Plan, seen: Observation, name: str) -> str:
        """Which spec it is: the revision where it comes from a repository, else the file."""
        if seen.source is not None:
            return revisions.in_force(seen.source)
        digest = plan.spec.removeprefix("sha256:")[:4]
        return words.clean(name) + (f" (sha256 {digest}{self.symbols.cut})" if digest else "")

    def lines(self, plan: Plan, awaiting: Sequence[Action] = ()) -> tuple[str, ...]:
        """A line for every action, hold and condition, aligned. awaiting: what only waits for approval."""
        rows = [
            *((action.kind, self._action(action)) for action in plan.actions),
            *(("hold", self._action(action, "waits for approval")) for action in awaiting),
            *(("hold", self._hold(hold, plan.now.at)) for hold in plan.holds),
            *(("!", self._condition(condition.type, condition.subject, condition.message))
              for condition in plan.conditions),
        ]  # fmt: skip
        aligned = table(cells for _, cells in rows)
        return tuple(
            f"  {self.symbols.mark(kind)} {line}" for (kind, _), line in zip(rows, aligned, strict=True)
        )

    def action(self, action: Action) -> str:
        """One action on a line of its own."""
        cells = (action.kind, *self._subject_and_change(action))
        return f"{self.symbols.mark(action.kind)} {'  '.join(cells)}"

    def hold(self, hold: Hold, now: float) -> str:
        """One hold on a line of its own. now: wall clock."""
        return f"{self.symbols.mark('hold')} {'  '.join(self._hold(hold, now))}"

    def summary(self, plan: Plan) -> str:
        """``Plan: 1 to spawn, 1 to suspend; 2 held.   Why: plotman explain tmp/01``."""
        held = sum(hold.count for hold in plan.holds)
        why = f"   Why: plotman explain {self._asked(plan.holds[0])}" if plan.holds else ""
        if not plan.actions:
            return f"No changes. {f'{held} held.' if held else 'Nothing is held.'}{why}"
        changes = ", ".join(f"{count} to {kind}" for kind, count in plan.summary().items())
        return f"Plan: {changes}; {held} held.{why}"

    def _action(self, action: Action, *waits: str) -> tuple[str, ...]:
        why = words.clean("; ".join((*waits, *action.why)))
        return (action.kind, *self._subject_and_change(action), why)

    def _subject_and_change(self, action: Action) -> tuple[str, str]:
        match action:
            case Spawn():
                plotting = self.spec.plotting
                subject = f"{plotting.plotter} k{plotting.k}" if plotting is not None else "?"
                via = f" by {self.names.short(action.tmp2, 'tmp2')}" if action.tmp2 is not None else ""
                tmp, dst = self.names.short(action.tmp, "tmp"), self.names.short(action.dst, "dst")
                return subject, f"{tmp}{via} -> {dst}"
            case Archive():
                source = self.names.short(action.source, "dst")
                target = words.clean(f"{action.farmer}:{action.disk}")
                return words.plot_name(action.plot, self.symbols), f"{source} -> {target}"
            case Retire():
                place = words.clean(f"{action.farmer}:{action.disk}")
                heir = words.plot_name(action.heir, self.symbols)
                return words.plot_name(action.plot, self.symbols), f"{place}, for {heir}"
            case Clean():
                files = words.plural(len(action.files), "file")
                plot_id = action.name.rpartition("/")[2][: words.SHORT]
                return plot_id, f"{files} in {self.names.short(action.directory, 'tmp')}"
            case _:
                job = self.jobs.get(action.id)
                if job is None:
                    return action.id[: words.SHORT], ""
                return words.job_id(job), self._where(job)

    def _where(self, job: Job) -> str:
        tmps = ", ".join(self.names.short(path, "tmp") for path in job.tmps)
        return f"{words.known(job.phase, '?:?')} on {tmps or '?'}"

    def _hold(self, hold: Hold, now: float) -> tuple[str, ...]:
        subject = self._subject(hold)
        more = f" +{hold.count - 1}" if hold.count > 1 else ""
        return "hold", subject + more, words.rule(hold.rule), words.waits(hold.text, hold.next_at, now)

    def _subject(self, hold: Hold) -> str:
        """What waits."""
        match hold.kind:
            case "spawn":
                return self.names.short(hold.subject, "tmp")
            case "archive" | "retire":
                return words.plot_name(hold.subject, self.symbols)
            case "clean":
                return f"clean {hold.subject.rpartition('/')[2][: words.SHORT]}"
            case _:
                job = self.jobs.get(hold.subject)
                return f"{hold.kind} {words.job_id(job) if job is not None else hold.subject[: words.SHORT]}"

    def _asked(self, hold: Hold) -> str:
        """What waits, as people type it."""
        if hold.kind == "spawn":
            return self.names.short(hold.subject, "tmp", "/")
        return words.plot_id(hold.subject.rpartition("/")[2])

    @staticmethod
    def _condition(kind: str, subject: str, message: str) -> tuple[str, ...]:
        return "note", words.clean(subject), kind, words.clean(message)
