"""The plan cases of `tests/cases/plans`: a file a case, read into a spec, an observation and what is expected."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from reconciler.actions import Action
from reconciler.observation import Observation
from reconciler.plan import Hold, Plan
from reconciler.spec import tree
from reconciler.spec.loading import parse
from reconciler.spec.models import Spec
from reconciler.spec.units import parse_duration
from reconciler.spec.writing import write
from tests.planning.shorthand import observation, plot_id, plot_name

FOLDER = Path(__file__).parents[1] / "cases" / "plans"
KEYS = {"about", "twin_of", "spec", "observed", "expect"}


@dataclass(frozen=True, slots=True)
class Case:
    """One case. twin_of: the name of the case with an action, of which this is the one without."""

    name: str
    about: str
    twin_of: str | None
    spec: Spec
    observed: Observation
    actions: tuple[Mapping[str, Any], ...]
    holds: tuple[Mapping[str, Any], ...]

    def faults(self, plan: Plan) -> list[str]:
        """Where a plan is not what the case expects: both sides of each list that differs."""
        return [
            *_differences("actions", self.actions, [_told(action) for action in plan.actions]),
            *_differences("holds", self.holds, [_told_hold(hold, plan.now.at) for hold in plan.holds]),
        ]


def _told(action: Action) -> dict[str, Any]:
    """What an action says; its id is left out where it is drawn, and `why` is one text."""
    told = {each.name: value for each in fields(action) if (value := getattr(action, each.name)) is not None}
    if action.kind == "spawn":
        del told["id"]
    return told | {"why": "; ".join(action.why)}


def _told_hold(hold: Hold, now: float) -> dict[str, Any]:
    told = {each.name: value for each in fields(hold) if (value := getattr(hold, each.name)) is not None}
    next_at = told.pop("next_at", None)
    return told if next_at is None else told | {"next_in": round(next_at - now, 3)}


def _differences(
    what: str, expected: Sequence[Mapping[str, Any]], found: Sequence[Mapping[str, Any]]
) -> list[str]:
    if len(expected) == len(found) and all(map(_fits, expected, found)):
        return []
    keys = {"kind", "rule", "subject", "text", "why", "count", "next_in"}.union(*expected)
    shown = [{key: value for key, value in each.items() if key in keys} for each in found]
    return [f"expected {what}:", *map(_row, expected), f"found {what}:", *map(_row, shown)]


def _fits(expected: Mapping[str, Any], found: Mapping[str, Any]) -> bool:
    """Does it say all that is expected? Of texts a part is enough."""
    return all(
        value in found.get(key, "") if key in ("text", "why") else value == found.get(key)
        for key, value in expected.items()
    )


def _row(row: Mapping[str, Any]) -> str:
    return "  - " + ", ".join(f"{key}: {value}" for key, value in row.items())


def cases() -> list[Case]:
    """Every case, by name."""
    return [read(path) for path in sorted(FOLDER.glob("*.yaml"))]


def read(path: Path) -> Case:
    """Read one case. Raises ValueError where it cannot be read, SpecError where its spec is wrong."""
    document = tree.read(path.read_text(encoding="utf-8"), path.name)
    if document.problems or not isinstance(document.value, dict):
        raise ValueError(f"{path.name}: {document.problems or 'is no mapping'}")
    value: dict[str, Any] = dict(document.value)
    if unknown := value.keys() - KEYS:
        raise ValueError(
            f"{path.name}: {', '.join(unknown)} means nothing here; the keys are {', '.join(KEYS)}"
        )
    spec = parse(write(value["spec"]), path.name).spec
    expect = value["expect"]
    return Case(
        name=path.stem,
        about=value["about"],
        twin_of=value.get("twin_of"),
        spec=spec,
        observed=observation(value.get("observed") or {}, spec),
        actions=tuple(_in_full(row) for row in expect.get("actions", ())),
        holds=tuple(_in_full(row) for row in expect.get("holds", ())),
    )


def _in_full(row: Mapping[str, Any]) -> dict[str, Any]:
    """An expectation with its short plot names written out, and its durations in seconds."""
    full = dict(row)
    if "rule" in full:
        full.setdefault("count", 1)
    for key in ("plot", "heir"):
        if key in full:
            full[key] = plot_name(full[key])
    if "subject" in full and full["kind"] in ("archive", "retire"):
        full["subject"] = plot_name(full["subject"])
    for key in ("subject", "name"):
        if key in full and full["kind"] == "clean":
            directory, _, short = full[key].rpartition("/")
            full[key] = f"{directory}/{plot_id(short)}"
    if "next_in" in full:
        full["next_in"] = parse_duration(full["next_in"])
    return full
