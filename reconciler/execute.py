"""The executor: performs an action, if a plan from a fresh observation still asks for it.

The rules are the guards; there is no second set. Whoever calls holds the lock of that kind of work.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Literal

from reconciler.actions import Action, Spawn
from reconciler.desire import desire, observed
from reconciler.errors import AlreadyStarted, MachineError, StalePlan
from reconciler.facts import Facts
from reconciler.kept import Kept
from reconciler.leaves import JobLeaf, Leaf, OrphanLeaf, PlotLeaf, StoredLeaf, entries
from reconciler.noun import noun
from reconciler.observe import Observer
from reconciler.plan import Plan, if_approved, plan_facts
from reconciler.want import Verdict, grant_of
from reconciler.world import World

if TYPE_CHECKING:
    from reconciler.plotters import Plotters
    from reconciler.spec.models import Spec

FRESH = 1.0
"""Seconds of the boot clock for which an observation may be acted upon, from its beginning."""
FINAL = frozenset({"kill", "clean", "retire"})
"""Kinds of action that nothing brings back."""


@noun
class Outcome:
    """What came of an action.

    result: done; refused: a fresh look does not ask for it any more, nothing was touched; failed.
    text: what was done, or why not. rule: the limit that holds back what was refused; "": none does.
    """

    action: Action
    result: Literal["done", "refused", "failed"]
    text: str
    rule: str = ""


class Executor:
    """Performs actions on one world. kept: what earlier facts have found."""

    def __init__(
        self, world: World, observer: Observer, plotters: Plotters, kept: Kept | None = None
    ) -> None:
        self._world = world
        self._observer = observer
        self._plotters = plotters
        self._kept = kept

    def perform(self, spec: Spec, action: Action, seen: Facts | None = None) -> Outcome:
        """Look, plan again, and do for the action's subject what the fresh plan asks for, if that is the same kind.

        A spawn may so get another dst than the one planned a moment ago.

        seen: what the action was planned from, under the lock, where all that was done since was planned with it: the
        plan has counted what is before this action as done. It is as good as a look of its own while it is no older
        than FRESH: another look would be followed by planning, too, before it is acted upon. Before anything is
        removed or killed it is looked again in any case.
        """
        if seen is not None and action.kind not in FINAL and self._fresh(seen):
            return self._perform(seen, action)
        facts = self._look(spec)
        fresh = plan_facts(facts).actions
        asked = [each for each in fresh if (each.kind, each.subject) == (action.kind, action.subject)]
        return self._perform(facts, asked[0]) if asked else _refused(facts, action)

    def perform_exactly(
        self, spec: Spec, actions: Sequence[Action], report: Callable[[Outcome], None]
    ) -> tuple[Outcome, ...]:
        """Perform these very actions of a saved plan, as far as a fresh plan asks for each as it is."""
        outcomes = []
        for action in actions:
            facts = self._look(spec)
            fresh = plan_facts(facts).actions
            asked = [each for each in fresh if (each.key, each.old) == (action.key, action.old)]
            # A start keeps its id, whose log can be created only once; of all else the fresh plan's word counts.
            chosen = [action] if asked and isinstance(action, Spawn) else asked
            outcome = self._perform(facts, chosen[0]) if chosen else _refused(facts, action)
            report(outcome)
            outcomes.append(outcome)
        return tuple(outcomes)

    def _fresh(self, seen: Facts) -> bool:
        now = self._world.machine.now()
        return now.boot == seen.now.boot and 0.0 <= now.up - seen.now.up <= FRESH

    def _look(self, spec: Spec) -> Facts:
        return Facts(spec, self._observer.look(spec), self._plotters, self._kept)

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

    def check(self, spec: Spec, digest: str, saved: Plan, wanted: Sequence[Action]) -> None:
        """See that a saved plan still fits, whether it is approved already or not. wanted: those of its actions.

        Raises StalePlan where the plan is another host's, too old, of another spec, or where any leaf of the wanted
        actions is not as it was; each is listed as expected and found.
        """
        facts = if_approved(self._look(spec))
        fresh = plan_facts(facts, digest)
        faults = [*_document_faults(saved, fresh, digest), *_leaf_faults(wanted, fresh, facts)]
        if faults:
            raise StalePlan(
                "the saved plan is stale, nothing was changed\n" + "\n".join(f"  {f}" for f in faults)
            )


def binding(facts: Facts, action: Action) -> Verdict | None:
    """The limit that holds an action back which is not planned; None: nothing asks for it."""
    for held in desire(facts).waiting:
        grant = grant_of(held.want)
        key = grant.action if grant is not None else ""
        if key == action.key or (held.want.kind, held.want.subject) == (action.kind, action.subject):
            return held.verdict
    return None


def _refused(facts: Facts, action: Action) -> Outcome:
    held = binding(facts, action)
    rule = held.rule if held is not None else ""
    return Outcome(action, "refused", f"no longer asked for{_because(held)}", rule)


def _because(held: Verdict | None) -> str:
    return f": {held.rule}: {held.text}" if held is not None else ""


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


def _leaf_faults(wanted: Sequence[Action], fresh: Plan, facts: Facts) -> list[str]:
    asked = {action.key for action in fresh.actions}
    leaves = entries(observed(facts))
    faults = []
    for action in wanted:
        found = leaves.get(action.path)
        if found != action.old:
            faults.append(f"{action.path}  expected {_shown(action.old)} -> found {_shown(found)}")
        elif action.key not in asked:
            faults.append(
                f"{action.path}  expected {_shown(action.new)} to be asked for"
                f" -> held{_because(binding(facts, action))}"
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
