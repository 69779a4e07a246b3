"""The executor: performs an action, if a plan from a fresh observation still asks for it.

The rules are the guards; there is no second set. Whoever calls holds the lock of that kind of work.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from reconciler.actions import Action
from reconciler.errors import AlreadyStarted, MachineError, StalePlan
from reconciler.facts import Facts
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
        """Look, plan again, and act only if the action is still in the plan."""
        facts = Facts(spec, self._observer.look(spec), self._plotters)
        fresh = plan_facts(facts)
        if all(action.key != asked.key for asked in fresh.actions):
            return Outcome(action, "refused", f"no longer asked for{_because(fresh, action)}")
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
        seen = self._observer.look(spec)
        facts = Facts(spec, seen, self._plotters)
        fresh = plan_facts(facts, digest)
        faults = [*_document_faults(saved, fresh, digest), *_leaf_faults(saved, fresh, facts)]
        if faults:
            raise StalePlan(
                "the saved plan is stale, nothing was changed\n" + "\n".join(f"  {f}" for f in faults)
            )
        outcomes = []
        for action in saved.actions:
            outcome = self.perform(spec, action)
            report(outcome)
            outcomes.append(outcome)
        return tuple(outcomes)


def _because(fresh: Plan, action: Action) -> str:
    """What a fresh plan says about the same subject."""
    subject = getattr(action, "tmp", None) or getattr(action, "plot", None) or getattr(action, "id", None)
    for hold in fresh.holds:
        if hold.kind == action.kind and hold.subject == subject:
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
    leaves = {
        **{f"jobs.{name}": leaf for name, leaf in state.jobs.items()},
        **{f"plots.{name}": plot for name, plot in state.plots.items()},
        **{f"orphans.{name}": orphan for name, orphan in state.orphans.items()},
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


def _shown(leaf: object) -> str:
    return "absent" if leaf is None else str(leaf)
