"""From facts to the desired State: the rules folded over the observed one.

Pure. Each candidate that all its limits let through changes one leaf; each subject whose best candidate
is held gets a Hold.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from reconciler.facts import Facts
from reconciler.judging import Judging
from reconciler.leaves import JobLeaf, OrphanLeaf, PlotLeaf, State, StoredLeaf, of_job, of_old, of_temp
from reconciler.noun import noun
from reconciler.rules import LIMITS, PROPOSERS
from reconciler.state import Known, Plot
from reconciler.want import Admitted, Alike, Kind, Move, Retire, Spawn, Steer, Sweep, Verdict, Want


@noun
class Held:
    """A candidate that waits, and the verdict that holds it. alike: other plots that wait for the same."""

    want: Want
    verdict: Verdict
    alike: tuple[Plot, ...] = ()


@noun
class Desire:
    """What should be.

    observed, desired: the two States. wants: the candidates that make the difference, in order, by leaf.
    why: for each of them, the verdicts that let it through. held: the best candidate of every subject
    that got nothing, once for plots that are alike.
    """

    observed: State
    desired: State
    wants: Mapping[str, Want]
    why: Mapping[str, tuple[Verdict, ...]]
    held: tuple[Held, ...]

    @property
    def resumed(self) -> Sequence[Steer]:
        """The jobs that go on."""
        steers = (want for want in self.wants.values() if isinstance(want, Steer))
        return [steer for steer in steers if steer.kind == "resume"]

    @property
    def waiting(self) -> Iterator[Held]:
        """What waits, one by one. Of those that are alike the verdict is the first one's."""
        for held in self.held:
            yield held
            if isinstance(held.want, Move):
                for plot in held.alike:
                    yield Held(replace(held.want, plot=plot), held.verdict)


def desire(facts: Facts) -> Desire:
    """Let every proposer's candidates pass the limits, in the order of planning."""
    have = observed(facts)
    draft = _Draft(have)
    admitted = Admitted()
    judging = Judging(facts, admitted)
    wants: dict[str, Want] = {}
    why: dict[str, tuple[Verdict, ...]] = {}
    held: dict[tuple[Kind, str], Held] = {}
    done: set[tuple[Kind, str]] = set()
    for kind, propose in PROPOSERS:
        for want in propose(facts, admitted):
            if isinstance(want, Alike):
                first = (kind, want.first)
                held[first] = replace(held[first], alike=want.plots)
                continue
            subject = (kind, want.subject)
            passed, binding = judging.judge(want)
            if binding is not None:
                admitted.refused_by = binding.rule
                held.setdefault(subject, Held(want, binding))
                continue
            judging.admit(want)
            done.add(subject)
            path = draft.apply(want)
            wants[path] = want
            why[path] = passed
    return Desire(
        observed=have,
        desired=draft.state,
        wants=wants,
        why=why,
        held=tuple(hold for subject, hold in held.items() if subject not in done),
    )


def verdicts(facts: Facts, want: Want, resumed: Sequence[Steer]) -> tuple[Verdict, ...]:
    """Every limit's word on one candidate, were it alone; where `known` holds, no other is asked.

    resumed: the jobs that go on in this tick, without which others might not begin.
    """
    found: list[Verdict] = []
    for limit in LIMITS[want.kind]:
        verdict = limit(facts, Admitted(steers=[*resumed]), want)
        if verdict is None:
            continue
        found.append(verdict)
        if verdict.rule == "known" and not verdict.ok:
            break
    return tuple(found)


def observed(facts: Facts) -> State:
    """The governed leaves of what is. Work under way is already where it is bound for."""
    return State(
        jobs={job.id: of_job(job) for job in facts.all_jobs},
        plots=dict(_places(facts)) if facts.spec.archive else {},
        orphans=dict(_orphans(facts)),
        farmers=dict(_old(facts)),
    )


def _places(facts: Facts) -> Iterable[tuple[str, PlotLeaf]]:
    at: dict[str, tuple[str, ...]] = {}
    for directory in facts.seen.directories.values():
        for plot in directory.plots.value if isinstance(directory.plots, Known) else ():
            if plot.state == "ready":
                at[plot.name] = (*at.get(plot.name, ()), plot.directory)
    for farmer in facts.seen.farmers.values():
        for disk in farmer.disks.value if isinstance(farmer.disks, Known) else ():
            for stored in disk.holds:
                at[stored.name] = (*at.get(stored.name, ()), f"{farmer.name}:{disk.path}")
    for name, transfer in facts.moving.items():
        at[name] = (f"{transfer.farmer}:{transfer.disk}",)
    # Nearly all lie where many others lie, too.
    leaves = {places: PlotLeaf(at=tuple(sorted({*places}))) for places in {*at.values()}}
    return ((name, leaves[places]) for name, places in at.items())


def _orphans(facts: Facts) -> Iterable[tuple[str, OrphanLeaf]]:
    """Leftovers that might be cleaned: temporary files of no job that is known to own them."""
    owned = {job.plot_id.value for job in facts.all_jobs if isinstance(job.plot_id, Known)}
    owned |= {job.id for job in facts.all_jobs}
    for directory in facts.seen.directories.values():
        for temp in directory.temps.value if isinstance(directory.temps, Known) else ():
            owner = temp.job or temp.plot_id
            if owner is not None and owner not in owned:
                yield temp.name, of_temp(temp)


def _old(facts: Facts) -> Iterable[tuple[str, StoredLeaf]]:
    """Plots at farmers that the spec lets give way; those that already do are gone."""
    for (farmer, disk), plots in facts.replacing.old.items():
        for plot in plots:
            yield f"{farmer}:{disk}/{plot.name}", of_old(farmer, disk, plot)


class _Draft:
    """A State that wants change, one leaf each. What none of them is about stays the very same."""

    def __init__(self, have: State) -> None:
        self._have = have
        self._changed: dict[str, dict[str, Any]] = {}

    @property
    def state(self) -> State:
        """As it is now."""
        return replace(self._have, **self._changed)

    def _of(self, group: str) -> dict[str, Any]:
        if group not in self._changed:
            self._changed[group] = dict(getattr(self._have, group))
        return self._changed[group]

    def apply(self, want: Want) -> str:
        """Change the leaf that this candidate is about; its path."""
        match want:
            case Spawn():
                self._of("jobs")[want.id] = JobLeaf(run="running", tmp=want.tmp, tmp2=want.tmp2, dst=want.dst)
                return f"jobs.{want.id}"
            case Steer(kind="kill"):
                del self._of("jobs")[want.job.id]
                return f"jobs.{want.job.id}"
            case Steer():
                run = self._of("jobs").get(want.job.id)
                if run is not None:
                    steered = replace(run, run="running" if want.kind == "resume" else "suspended")
                    self._of("jobs")[want.job.id] = steered
                return f"jobs.{want.job.id}"
            case Move():
                self._of("plots")[want.plot.name] = PlotLeaf(at=(want.target,))
                return f"plots.{want.plot.name}"
            case Retire():
                self._of("farmers").pop(want.name, None)
                return f"farmers.{want.name}"
            case Sweep():
                self._of("orphans").pop(want.subject, None)
                return f"orphans.{want.subject}"
