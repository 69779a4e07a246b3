"""The executor: performs an action, if a plan from a fresh observation still asks for it.

The rules are the guards; there is no second set. Whoever calls holds the lock of that kind of work.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from reconciler.actions import Action
from reconciler.drift import Leaf
from reconciler.errors import AlreadyStarted, MachineError, StalePlan
from reconciler.facts import Facts
from reconciler.leaves import JobLeaf, OrphanLeaf, PlotLeaf, StoredLeaf
from reconciler.observe import Observer
from reconciler.plan import Plan, plan_facts
from reconciler.world import World

if TYPE_CHECKING:
    from reconciler.plotters import Plotters
    from reconciler.spec.models import Spec


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of an action.

    result: done; refused: a fresh look does not ask for it any more, nothing was touched; failed.
    text: what was done, or why not.
    """

    action: Action
    result: Literal["done", "refused", "failed"]
    text: str


class Executor:
    """Performs actions on one world."""

    def __init__(self, world: World, observer: Observer, plotters: Plotters) -> None:
        self._world = world
        self._observer = observer
        self._plotters = plotters

    def perform(self, spec: Spec, action: Action) -> Outcome:
        """Look, plan again, and do for the action's subject what the fresh plan asks for, if that is the same kind.

        A spawn may so get another dst than the one planned a moment ago.
        """
        facts, fresh = self._plan(spec)
        asked = [each for each in fresh.actions if (each.kind, each.subject) == (action.kind, action.subject)]
        return self._perform(facts, asked[0]) if asked else _refused(fresh, action)

    def _perform_exactly(self, spec: Spec, action: Action) -> Outcome:
        """The same for this very action: its parameters must be the fresh plan's, and its id is kept."""
        facts, fresh = self._plan(spec)
        asked = any(each.key == action.key for each in fresh.actions)
        return self._perform(facts, action) if asked else _refused(fresh, action)

    def _plan(self, spec: Spec, digest: str = "") -> tuple[Facts, Plan]:
        facts = Facts(spec, self._observer.look(spec), self._plotters)
        return facts, plan_facts(facts, digest)

    def _perform(self, facts: Facts, action: Action) -> Outcome:
        self._world.machine.step(f"{action.kind}: asked for")
        try:
            text = action.perform(self._world, facts)
        except AlreadyStarted as error:
            return Outcome(action, "refused", str(error))
        except MachineError as error:
            return Outcome(action, "failed", str(error))
        self._world.machine.step(f"{action.kind}: performed")
        return Outcome(action, "done", text)

    def apply_saved(
        self, spec: Spec, digest: str, saved: Plan, report: Callable[[Outcome], None]
    ) -> tuple[Outcome, ...]:
        """Perform exactly a saved plan.

        Raises StalePlan, with nothing touched, where the plan is another host's, too old, of another spec,
        or where any of its leaves is not as it was; each is listed as expected and found.
        """
        facts, fresh = self._plan(spec, digest)
        faults = [*_document_faults(saved, fresh, digest), *_leaf_faults(saved, fresh, facts)]
        if faults:
            raise StalePlan(
                "the saved plan is stale, nothing was changed\n" + "\n".join(f"  {f}" for f in faults)
            )
        outcomes = []
        for action in saved.actions:
            outcome = self._perform_exactly(spec, action)
            report(outcome)
            outcomes.append(outcome)
        return tuple(outcomes)


def _refused(fresh: Plan, action: Action) -> Outcome:
    return Outcome(action, "refused", f"no longer asked for{_because(fresh, action)}")


def _because(fresh: Plan, action: Action) -> str:
    """What a fresh plan says about the same subject."""
    for hold in fresh.holds:
        if (hold.kind, hold.subject) == (action.kind, action.subject):
            return f": {hold.rule}: {hold.text}"
    return ""


def _document_faults(saved: Plan, fresh: Plan, digest: str) -> list[str]:
    faults = []
    if saved.host != fresh.host:
        faults.append(f"host       expected {saved.host} -> found {fresh.host}")
    if saved.spec != digest:
        faults.append(f"spec       expected {saved.spec[:19]} -> found {digest[:19]}")
    if saved.now.boot != fresh.now.boot:
        faults.append("boot       expected the one it was planned in -> found another")
    late = fresh.now.at - saved.expires_at
    if late > 0:
        faults.append(f"expired    {late:.0f} s ago; plan again")
    return faults


def _leaf_faults(saved: Plan, fresh: Plan, facts: Facts) -> list[str]:
    from reconciler.desire import observed

    asked = {action.key for action in fresh.actions}
    state = observed(facts)
    leaves: dict[str, Leaf] = {
        **{f"jobs.{name}": leaf for name, leaf in state.jobs.items()},
        **{f"plots.{name}": plot for name, plot in state.plots.items()},
        **{f"orphans.{name}": orphan for name, orphan in state.orphans.items()},
        **{f"farmers.{name}": stored for name, stored in state.farmers.items()},
    }
    faults = []
    for action in saved.actions:
        found = leaves.get(action.path)
        if found != action.old:
            faults.append(f"{action.path}  expected {_shown(action.old)} -> found {_shown(found)}")
        elif action.key not in asked:
            faults.append(
                f"{action.path}  expected {_shown(action.new)} to be asked for -> held{_because(fresh, action)}"
            )
    return faults


def _shown(leaf: Leaf | None) -> str:
    """A leaf in words."""
    match leaf:
        case None:
            return "absent"
        case JobLeaf():
            return f"{leaf.run} on {leaf.tmp or '?'} -> {leaf.dst or '?'}"
        case PlotLeaf():
            return " and ".join(leaf.at) or "nowhere"
        case OrphanLeaf():
            return f"{len(leaf.files)} files in {leaf.directory}"
        case StoredLeaf():
            return f"{leaf.bytes} bytes on {leaf.farmer}:{leaf.disk}"
