"""What the trials say: whether anything is to be gained, and by what change. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from reconciler.noun import noun
from reconciler.spec.tree import Value
from reconciler.spec.units import parse_duration, show_duration
from reconciler.tune.setting import AUTO, Changes, Key, by_itself, value_of
from reconciler.tune.trial import NOISE, Trial, best

if TYPE_CHECKING:
    from reconciler.spec.models import Spec
    from reconciler.tune.ground import Ground

DAY = 86400.0
FULL = 0.9
"""The share of its time from which on a resource is called busy."""


@noun
class Verdict:
    """What to do. choice: the trial that is proposed; None: nothing is to be gained. why: in a line each."""

    choice: Trial | None
    changes: Changes
    why: tuple[str, ...]


def verdict(spec: Spec, ground: Ground, as_is: Trial, auto: Trial, trials: Sequence[Trial]) -> Verdict:
    """as_is: the spec as it stands; auto: all left to the tool; trials: settings by hand, any number."""
    by_hand, free = best(trials), by_itself(spec)
    # What is left to the tool follows a machine that changes, so it goes before a setting that is as good.
    choice, changes = auto, free
    if by_hand is not None and by_hand.setting is not None and by_hand.beats(auto, NOISE):
        choice, changes = by_hand, by_hand.setting.changes(spec, ground.groups)
    if not changes or not choice.beats(as_is, NOISE):
        return Verdict(None, {}, tuple(_nothing(as_is, ground)))
    return Verdict(choice, changes, tuple(_why(spec, ground, as_is, choice, changes)))


def busiest(trial: Trial) -> str:
    """The resource that had the least time left, with its share."""
    busy = trial.results[0].busy
    name = max(busy, key=lambda each: (busy[each], each))
    return f"{name} {100 * busy[name]:.0f} % busy"


def held_by(trial: Trial) -> str | None:
    """What held starts back for longest, in words; None: nothing did."""
    waits = [wait for wait in trial.results[0].waits if wait.kind == "spawn"]
    return waits[0].rule.replace("_", " ") if waits else None


def _nothing(as_is: Trial, ground: Ground) -> Iterator[str]:
    yield f"as the spec is, {busiest(as_is)}, and {as_is.plots_a_day / ground.limits.least:.0%} of the bound is reached"
    if as_is.lost:
        yield f"{as_is.lost} jobs are lost, and whatever else was tried loses some, too"


def _why(spec: Spec, ground: Ground, as_is: Trial, choice: Trial, changes: Changes) -> Iterator[str]:
    held = held_by(as_is)
    waited = f", and starts wait for {held} longest" if held is not None else ""
    yield f"as the spec is, {busiest(as_is)}{waited}; then {busiest(choice)}"
    if as_is.lost:
        yield f"as the spec is, {as_is.lost} jobs are lost; then none"
    if choice.setting is None:
        yield "left to the tool, which goes by what it sees, and by what it will see when the machine changes"
    for key, value in changes.items():
        yield f"{_shown(key)} {_told(value_of(spec, key))} -> {_told(value)}{_reason(key, value, ground)}"


def _reason(key: Key, value: Value, ground: Ground) -> str:
    """What arithmetic has to say of one value."""
    if value == AUTO:
        return ""
    if key[-1] == "stagger" and not isinstance(value, dict):
        seconds = parse_duration(value)
        return (
            f": at most {DAY / seconds:.1f} starts a day" if seconds else ": starts as soon as there is room"
        )
    if key == ("scheduling", "max_jobs"):
        return (
            f": a job takes {show_duration(ground.seconds)} alone, so {ground.enough} at least for the bound"
        )
    number = next((n for n, group in enumerate(ground.groups) if key[2] in group.paths), 0)
    if key[-1] == "max_jobs":
        peaks, apart = ground.peaks[number], ground.apart[number]
        return f": room for {peaks} at their largest, for {apart} well apart"
    return f": a job is early for {ground.early:.0%} of its time"


def _told(value: Value) -> str:
    if value is None:
        return "(none of its own)"
    if isinstance(value, dict):
        return f"{value['at_most']} before {value['until']}"
    return str(value)


def _shown(key: Key) -> str:
    """``scheduling.tmp.max_jobs``; ``/mnt/tmp/00 max_jobs``."""
    return f"{key[2]} {key[3]}" if key[0] == "directories" else ".".join(key)
