"""The logs of the journal: in its top folder, and settled ones in its monthly folders."""

from __future__ import annotations

from collections.abc import Sequence
from typing import get_args

from reconciler import journal
from reconciler.errors import PlotmanError
from reconciler.journal import Kind, LogName
from reconciler.noun import noun
from reconciler.state import Absent, Known, Outcome
from reconciler.world import MISSING, Ask, Machine


@noun
class Entry:
    """One log. outcome: of a settled one, whose name carries it; None: still in the top folder."""

    path: str
    name: LogName
    outcome: Outcome | None


def entries(machine: Machine, logs: str, kind: Kind = "plot") -> Sequence[Entry]:
    """Every log of that kind, oldest first. logs: the log directory. PlotmanError where a folder does not answer.

    The top folder is listed first: a log that is settled meanwhile is found at its new place, too, and counts
    there.
    """
    found = {entry.name.id: entry for entry in _listed(machine, logs, kind)}
    months = machine.glob(f"{logs}/[0-9][0-9][0-9][0-9]-[0-9][0-9]")
    for month in months.value if isinstance(months, Known) else ():
        found.update((entry.name.id, entry) for entry in _listed(machine, month, kind))
    return sorted(found.values(), key=lambda entry: (entry.name.time, entry.name.id))


def _listed(machine: Machine, folder: str, kind: Kind) -> list[Entry]:
    survey = machine.survey([Ask(folder, names=True)])[folder]
    if isinstance(survey, Known):
        every = [_entry(folder, each.name) for each in survey.value.entries if not each.folder]
        return [entry for entry in every if entry is not None and entry.name.kind == kind]
    if isinstance(survey, Absent) and survey.why == MISSING:
        return []
    raise PlotmanError(f"the log directory {folder} cannot be listed: {survey.why}")


def _entry(folder: str, name: str) -> Entry | None:
    """What a file's name says; None: it is no log of the journal."""
    shelved = journal.parse_shelf_name(name)
    log, told = shelved if shelved is not None else (journal.parse_log_name(name), None)
    outcome = next((each for each in get_args(Outcome) if each == told), None)
    return Entry(f"{folder}/{name}", log, outcome) if log is not None else None
