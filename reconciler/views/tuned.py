"""What a tune found, as text and as JSON."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING

from reconciler.noun import noun
from reconciler.spec.units import show_duration
from reconciler.spec.writing import document
from reconciler.views.table import table
from reconciler.views.words import plural

if TYPE_CHECKING:
    from reconciler.description import MachineDescription
    from reconciler.simulate.bounds import Bounds
    from reconciler.tune.trial import Trial
    from reconciler.tune.verdict import Verdict


@noun(kw_only=True)
class Tuned:
    """All of it.

    spec: its path. assumed: of the machine, a line each. days, warm_up: of each run. seeds: what the numbers are the
    mean of, trials by the first alone excepted. farm: plots that there is room for at the farm, empty; None: there is
    none. best: of the settings by hand; None: there is none that loses no job.
    noise: the part of a number that may be chance. diff: of the spec's text; None: it cannot be told line by line.
    """

    spec: str
    machine: MachineDescription
    assumed: tuple[str, ...]
    days: float
    warm_up: float
    seeds: tuple[int, int]
    limits: Bounds
    farm: int | None
    as_is: Trial
    auto: Trial
    best: Trial | None
    trials: tuple[Trial, ...]
    noise: float
    verdict: Verdict
    diff: str | None


def text(found: Tuned) -> str:
    """A page for people; the diff comes last, so that it can be cut off and applied."""
    parts = [*_assumed(found), *_table(found), "", *_said(found)]
    return "\n".join(parts) + "\n" + _change(found)


def to_json(found: Tuned) -> str:
    """Everything, as JSON text."""
    choice = found.verdict.choice
    told = {
        "spec": found.spec,
        "machine": document(found.machine),
        "assumed": found.assumed,
        "days": found.days,
        "warm_up": found.warm_up,
        "seeds": found.seeds,
        "bound": found.limits.least,
        "binds": found.limits.binds,
        "bounds": dict(found.limits.by),
        "farm_room_plots": found.farm,
        "as_is": _trial(found.as_is),
        "auto": _trial(found.auto),
        "best": _trial(found.best) if found.best is not None else None,
        "trials": [_trial(each) for each in found.trials],
        "proposal": None
        if choice is None
        else {
            "name": choice.name,
            "plots_a_day": choice.plots_a_day,
            "changes": [{"at": key, "value": value} for key, value in found.verdict.changes.items()],
            "diff": found.diff,
        },
        "why": found.verdict.why,
    }
    return json.dumps(told, indent=2) + "\n"


def _trial(trial: Trial) -> Mapping[str, object]:
    return {
        "name": trial.name,
        "setting": asdict(trial.setting) if trial.setting is not None else None,
        "plots_a_day": trial.plots_a_day,
        "lost": trial.lost,
        "runs": [each.plots_a_day for each in trial.results],
    }


def _assumed(found: Tuned) -> Iterator[str]:
    if found.assumed:
        yield "this machine, as far as it tells; correct it with --write-machine FILE and --machine FILE:"
        yield from (f"  {line}" for line in found.assumed)
        yield ""


def _table(found: Tuned) -> Iterator[str]:
    rows = [_row(found.as_is, found)]
    if found.auto is not found.as_is:
        rows.append(_row(found.auto, found))
    if found.best is not None:
        rows.append(_row(found.best, found, "best by hand"))
    least = found.limits.least
    rows.append(("bound", f"{least:.1f}", "100 %", "", f"set by {found.limits.binds}"))
    yield from table(rows, ("", "plots a day", "of bound", "lost", ""), right=[1, 2, 3])
    tried = plural(len(found.trials), "setting")
    lost = sum(each.lost > 0 for each in found.trials)
    out = f", {lost} of them out because a job was lost" if lost else ""
    yield f"{tried} tried{out}; each run {show_duration(found.days * 86400)}, simulated"


def _farm(found: Tuned) -> Iterator[str]:
    choice = found.verdict.choice or found.as_is
    if found.farm is not None and choice.plots_a_day:
        lasts = show_duration(found.farm / choice.plots_a_day * 86400)
        yield f"the farm has room for {plural(found.farm, 'plot')} when empty: {lasts} at that rate"


def _row(trial: Trial, found: Tuned, name: str | None = None) -> tuple[str, ...]:
    part = f"{100 * trial.plots_a_day / found.limits.least:.0f} %"
    about = trial.name if name is not None else ""
    return name or trial.name, f"{trial.plots_a_day:.1f}", part, str(trial.lost or ""), about


def _said(found: Tuned) -> Iterator[str]:
    choice, now = found.verdict.choice, found.as_is.plots_a_day
    if choice is None:
        yield f"nothing is to be gained beyond what may be chance ({found.noise:.0%}); leave the spec as it is"
    else:
        gain = f"{100 * (choice.plots_a_day / now - 1):+.0f} %" if now else "from none"
        yield f"proposed, for {choice.plots_a_day:.1f} plots a day instead of {now:.1f} ({gain}):"
    yield from (f"  {line}" for line in found.verdict.why)
    yield from _farm(found)


def _change(found: Tuned) -> str:
    if found.verdict.choice is None:
        return ""
    if found.diff is None:
        return "\nits text cannot be edited line by line; set these values by hand\n"
    return f"\n{found.diff}"
