"""People's wishes, one small file each in the journal's state folder.

A later wish of the same aspect replaces the earlier: suspend, resume and kill are one aspect of a job, to
be ignored another; a pause is one for each kind of work, an approval one for each plan. Losing a file loses a
wish, never safety.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict

from reconciler import journal
from reconciler.observation import Condition
from reconciler.state import Absent, Fact, Grant, Ident, Instant, Known, Override, Unknown, Verb
from reconciler.world import Ask, Machine, Survey

_VERBS: Mapping[str, Verb] = {
    "suspend": "suspend",
    "resume": "resume",
    "kill": "kill",
    "ignore": "ignore",
    "pause": "pause",
    "kick": "kick",
    "approve": "approve",
}
_LIMIT = 65536


def write(machine: Machine, logs: str, wish: Override) -> None:
    """Keep a wish, instead of an earlier one of its aspect. Raises MachineError."""
    machine.note(_path(logs, wish.verb, wish.target), json.dumps(asdict(wish)))


def withdraw(machine: Machine, logs: str, verb: Verb, target: str) -> bool:
    """Forget the wish of that aspect; was there one?"""
    return isinstance(machine.remove(_path(logs, verb, target)), Known)


def ask(logs: str) -> Ask:
    """What to ask for before they can be read."""
    return Ask(journal.overrides_path(logs), names=True)


def read(
    machine: Machine, logs: str, surveys: Mapping[str, Fact[Survey]]
) -> tuple[Fact[tuple[Override, ...]], tuple[Condition, ...]]:
    """Every wish that is kept, and what is wrong with files that hold none. surveys: with the answer to `ask`."""
    folder = journal.overrides_path(logs)
    survey = surveys[folder]
    if isinstance(survey, Absent):
        return Known(()), ()
    if isinstance(survey, Unknown):
        return survey, ()
    names = sorted(entry.name for entry in survey.value.entries if entry.name.endswith(".json"))
    if not names:
        return Known(()), ()
    chunks = machine.read([(f"{folder}/{name}", 0, _LIMIT) for name in names])
    wishes, conditions = [], []
    for path, chunk in chunks.items():
        if isinstance(chunk, Unknown):
            return chunk, ()
        if isinstance(chunk, Absent):
            continue
        wish = _parse(chunk.value.data)
        if wish is None:
            conditions.append(
                Condition("OverrideUnreadable", path, "it holds no wish; remove it and ask again")
            )
        else:
            wishes.append(wish)
    return Known(tuple(wishes)), tuple(conditions)


def _path(logs: str, verb: Verb, target: str) -> str:
    aspect = "run" if verb in ("suspend", "resume", "kill") else verb
    return f"{journal.overrides_path(logs)}/{aspect}.{target}.json"


def _parse(data: bytes) -> Override | None:
    try:
        told = json.loads(data)
        since, ident = told["since"], told.get("ident")
        return Override(
            verb=_VERBS[told["verb"]],
            target=str(told["target"]),
            since=Instant(float(since["at"]), float(since["up"]), str(since["boot"])),
            who=str(told["who"]),
            why=str(told.get("why", "")),
            until=None if told.get("until") is None else float(told["until"]),
            ident=None
            if ident is None
            else Ident(str(ident["boot"]), int(ident["pid"]), int(ident["start"])),
            plot_id=None if told.get("plot_id") is None else str(told["plot_id"]),
            plotter=None if told.get("plotter") is None else str(told["plotter"]),
            directories=tuple(str(path) for path in told.get("directories", ())),
            grants=tuple(Grant(str(each["action"]), str(each["leaf"])) for each in told.get("grants", ())),
        )
    except (ValueError, KeyError, TypeError, OverflowError, RecursionError):
        return None
