"""`plotman plan --all`: the plans of a whole config repository, each from what its host has recorded."""

from __future__ import annotations

import functools
import os
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from reconciler import documents
from reconciler.commands import textfile
from reconciler.commands.codes import CHANGES, HELD_BACK, PARTLY
from reconciler.commands.context import load_plotters, load_spec
from reconciler.errors import DocumentError, UsageError
from reconciler.facts import Facts
from reconciler.fleet import members
from reconciler.fleet.difference import Difference, difference, leaves
from reconciler.fleet.limit import Limit
from reconciler.fleet.members import Broken, Fleet, Member
from reconciler.fleet.outlook import FleetPlan, Outlook
from reconciler.fleet.spread import Spread
from reconciler.noun import noun
from reconciler.plan import Plan, awaiting, plan_facts
from reconciler.views.plan import PlanView
from reconciler.views.symbols import Symbols

if TYPE_CHECKING:
    from reconciler.observation import Observation
    from reconciler.plotters import Plotters
    from reconciler.spec.loaded import Loaded
    from reconciler.spec.models import Spec


def plan_fleet(
    folder: str,
    snapshots: str,
    base: str | None,
    limit: Limit,
    names: Sequence[str],
    symbols: Symbols,
    now: float,
) -> FleetPlan:
    """Plan every host whose file lies in a folder. now: wall clock of the asking.

    snapshots: the folder of observations, NAME.json each. base: the root of another checkout, to compare with; the
    hosts' folder lies there where it lies from here. Raises UsageError.
    """
    if not os.path.isdir(snapshots):
        raise UsageError(
            f"{snapshots} is no folder; with --all, --observed names the folder of all snapshots"
        )
    with Spread() as spread:
        here = read_fleet(folder, spread)
        there = read_fleet(_within(base, folder), spread) if base is not None else None
        chosen = _with_removed(here, there).chosen(limit, names)
        known = here.named()
        questions = [
            _Question(
                member=member,
                compared=there is not None,
                twin=there.twin(member) if there is not None else None,
                snapshot=os.path.join(snapshots, f"{member.name}.json"),
                symbols=symbols,
            )
            for member in chosen.members
            if member.name in known
        ]
        outlooks = spread.map(_look, questions)
    removed = [
        Outlook(name=member.name, path=member.path, labels=member.labels, trouble="removed", note=_REMOVED)
        for member in chosen.members
        if member.name not in known
    ]
    broken = [
        Outlook(name=members.stem(path), path=path, trouble="invalid", problems=problems)
        for path, problems in chosen.broken.items()
    ]
    return FleetPlan((*outlooks, *removed, *broken), base, now)


_REMOVED = "its file is gone; the host goes on by the last good spec that it has kept"


def code(fleet: FleetPlan, detailed: bool) -> int:
    """The exit code. detailed: it tells of changes, too."""
    if fleet.hollow:
        return DocumentError.exit_code
    if fleet.partial:
        return PARTLY
    if fleet.changes:
        return CHANGES if detailed else 0
    return HELD_BACK if fleet.guarded else 0


def read_fleet(folder: str, spread: Spread) -> Fleet:
    """Every host whose file lies in a folder. Raises UsageError."""
    paths = members.files(folder)
    return members.gather(zip(paths, spread.map(_read, paths), strict=True))


def _read(path: str) -> Member | Broken:
    def load(path: str) -> Loaded:
        return load_spec(path, _plotters(os.path.dirname(path)))

    return members.read(path, load)


@functools.cache
def _plotters(folder: str) -> Plotters:
    return load_plotters(os.path.join(folder, "any"))


def _within(base: str, folder: str) -> str:
    """The hosts' folder of another checkout. Raises UsageError."""
    below = os.path.relpath(folder)
    if below.split(os.sep)[0] == os.pardir:
        raise UsageError(
            f"{folder} lies outside of this checkout, so --base does not tell where {base} has it"
        )
    return os.path.join(base, below)


def _with_removed(here: Fleet, there: Fleet | None) -> Fleet:
    """With those hosts that only the other checkout has, and that are not merely broken here."""
    if there is None:
        return here
    known = here.named().keys() | {members.stem(path) for path in here.broken}
    gone = [member for member in there.members if member.name not in known]
    return replace(here, members=(*here.members, *gone))


@noun(kw_only=True)
class _Question:
    """All that one host's outlook needs, as it travels to another process. twin: itself in the other checkout."""

    member: Member
    compared: bool
    twin: Member | Broken | None
    snapshot: str
    symbols: Symbols


def _look(question: _Question) -> Outlook:
    member, twin = question.member, question.twin
    outlook = Outlook(name=member.name, path=member.path, labels=member.labels)
    if not os.path.lexists(question.snapshot):
        # What differs in the specs can be told all the same.
        found = (
            Difference(leaves(twin.spec, member.spec), (), (), (), ()) if isinstance(twin, Member) else None
        )
        note = f"{question.snapshot} is not there"
        return replace(outlook, trouble="no snapshot", note=note, difference=found)
    try:
        seen = documents.observation_from_json(textfile.read(question.snapshot), question.snapshot)
    except DocumentError as error:
        return replace(outlook, trouble="broken snapshot", problems=error.problems)
    outlook = replace(outlook, observed=seen.now.at)
    facts, plan = _plan(member, seen)
    view = PlanView(facts.spec, facts.all_jobs, question.symbols)
    outlook = replace(outlook, plan=plan, text=_text(view, facts, plan, member))
    if not question.compared:
        return outlook
    if not isinstance(twin, Member):
        note = f"the file to compare with is no spec: {twin[0]}" if twin else ""
        return replace(outlook, trouble="new", note=note)
    old, before = _plan(twin, seen)
    found = difference(twin.spec, member.spec, before, plan)
    former = PlanView(old.spec, old.all_jobs, question.symbols)
    return replace(outlook, before=before, difference=found, lines=_lines(found, former, before, view, plan))


def _text(view: PlanView, facts: Facts, plan: Plan, member: Member) -> str:
    return view.text(plan, facts.seen, os.path.basename(member.path), awaiting(facts, plan))


def _plan(member: Member, seen: Observation) -> tuple[Facts, Plan]:
    facts = Facts(at_home(member.spec, seen), seen, _plotters(os.path.dirname(member.path)))
    return facts, plan_facts(facts, member.digest)


def at_home(spec: Spec, seen: Observation) -> Spec:
    """The spec with its log directory where the host has it, for which ~ is another folder than here."""
    logs, home = spec.directories.logs, os.path.expanduser("~")
    if logs.path in seen.directories or not logs.path.startswith(f"{home}/"):
        return spec
    there = [path for path in seen.directories if path.endswith(logs.path.removeprefix(home))]
    if len(there) != 1:
        return spec
    directories = replace(spec.directories, logs=replace(logs, path=there[0]))
    return replace(spec, directories=directories)


def _lines(found: Difference, former: PlanView, before: Plan, view: PlanView, after: Plan) -> tuple[str, ...]:
    """What goes, as the former plan says it, then what comes."""
    went = former.lines(replace(before, actions=found.gone, holds=found.freed, conditions=()))
    came = view.lines(replace(after, actions=found.come, holds=found.held, conditions=()))
    bare = len("  + ")  # each line's mark, which is one column wide
    return (*(f"- {line[bare:]}" for line in went), *(f"+ {line[bare:]}" for line in came))
