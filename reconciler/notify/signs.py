"""What stands, as a look at the world, a tick or its absence shows it. Pure.

What has an end of its own (a job fails, a plot is archived) is no sign; `news.py` has those.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TypeAlias

from reconciler.events import Planned, Ticked, Trouble
from reconciler.facts import Facts
from reconciler.notify.kinds import Key
from reconciler.noun import noun
from reconciler.setbacks import MANY
from reconciler.spec import notify
from reconciler.spec.units import show_duration, show_size
from reconciler.state import Fact, Instant, Known, Unknown

SLOW = 3.0
"""A tick that takes longer than so many times `scheduling.tick` is slow; a minute always may be."""
SILENT = 10.0
"""A loop that has not ended a tick for so many times `scheduling.tick` is stale; five minutes always may be."""
ROOM_AGAIN = 1.25
"""What was nearly full is so no more with so many times the room."""

_CONDITIONS: Mapping[str, notify.Event] = {
    "JobStuck": "job-stuck",
    "JobStalled": "job-stuck",
    "JobNotUnderstood": "job-unclear",
    "PhaseUnknown": "job-unclear",
    "DirectoryAbsent": "directory-away",
    "DirectoryUnknown": "directory-away",
    "DirectoryReadOnly": "directory-away",
    "DiskAbsent": "disk-away",
    "DiskUnknown": "disk-away",
    "DiskReadOnly": "disk-away",
    "SourceUnreachable": "source-away",
}
Words: TypeAlias = Mapping[Key, str]
"""What stands, by its kind and what it is about, in words."""


@noun
class Signs:
    """What stands of the kinds that could be judged. Of others nothing is known, so that nothing of them is over."""

    judged: frozenset[notify.Event]
    stands: Words


@noun
class Silence:
    """No event has come for a while. ticked: when the last tick ended. tick: seconds of `scheduling.tick`."""

    ticked: Instant
    tick: float


def of_look(event: Planned, before: Words) -> Signs:
    """What a look at the world shows. before: what stood; what this look cannot tell of stands on."""
    facts = event.facts
    judged: set[notify.Event] = {
        "directory-away",
        "dst-nearly-full",
        "farmer-away",
        "disk-away",
        "farm-full",
        "blind",
        "source-away",
    }
    if isinstance(facts.seen.jobs, Known):
        judged |= {"job-stuck", "job-unclear"}
    if isinstance(facts.seen.transfers, Known):
        judged.add("disk-quarantined")
    stands = {key: text for key, text in before.items() if _hidden(key, facts)}
    for parts in (_conditions(event), _nearly_full(facts, before), _farmers(event), _blind(facts)):
        stands.update(parts)
    return Signs(frozenset(judged), {key: text for key, text in stands.items() if key[0] in judged})


def of_tick(event: Ticked, now: Instant, before: Words) -> Signs:
    """Actions that this machine refused and that are still asked for; a tick that took too long."""
    asked = {f"{each.kind} {each.subject}" for each in (*event.plan.actions, *event.plan.holds)}
    results = {f"{each.action.kind} {each.action.subject}": each for each in event.outcomes}
    stands: dict[Key, str] = {
        (kind, name): text
        for (kind, name), text in before.items()
        if kind == "action-failed" and name in asked and name not in results
    }
    for name, outcome in results.items():
        if outcome.result == "failed":
            stands["action-failed", name] = outcome.text
    took = now.up - event.facts.now.up
    if took > max(60.0, SLOW * event.facts.spec.scheduling.tick):
        stands["tick-slow", "loop"] = f"a tick took {show_duration(took)}"
    return Signs(frozenset({"action-failed", "tick-slow", "loop-stale"}), stands)


def of_silence(silence: Silence, now: Instant) -> Signs:
    """A loop that does not come to the end of a tick."""
    waited = now.up - silence.ticked.up
    stale = waited > max(300.0, SILENT * silence.tick)
    told: Words = {("loop-stale", "loop"): f"the last tick ended {show_duration(waited)} ago"}
    return Signs(frozenset({"loop-stale"}), told if stale else {})


def of_spec(trouble: Trouble) -> Signs:
    """Whether the newest spec is usable."""
    told: Words = {("spec-invalid", "spec"): trouble.text}
    return Signs(frozenset({"spec-invalid"}), {} if trouble.over else told)


# --- the parts of a look -------------------------------------------------------------------------


def _hidden(key: Key, facts: Facts) -> bool:
    """Is what this is about not to be seen now?"""
    kind, subject = key
    if kind in ("farmer-away", "disk-away"):
        farmer = facts.farmer(subject.partition(":")[0])
        return farmer is not None and not isinstance(farmer.disks, Known)
    directory = facts.directory(subject)
    return kind == "dst-nearly-full" and directory is not None and not isinstance(directory.space, Known)


def _conditions(event: Planned) -> Iterator[tuple[Key, str]]:
    for condition in event.plan.conditions:
        if condition.type in _CONDITIONS:
            yield (_CONDITIONS[condition.type], condition.subject), condition.message


def _nearly_full(facts: Facts, before: Words) -> Iterator[tuple[Key, str]]:
    wish = facts.spec.notify
    if wish is None:
        return
    for path in (each.path for each in facts.spec.directories.dst):
        directory = facts.directory(path)
        if directory is None or not isinstance(directory.space, Known):
            continue
        key: Key = ("dst-nearly-full", path)
        space = directory.space.value
        left = space.free - facts.promised.get(space.device, 0)
        if left < wish.nearly_full * (ROOM_AGAIN if key in before else 1.0):
            yield key, f"{show_size(space.free)} free, {show_size(max(0, left))} of it not promised yet"


def _farmers(event: Planned) -> Iterator[tuple[Key, str]]:
    facts = event.facts
    for farmer in facts.seen.farmers.values():
        if farmer.trouble is not None:
            yield ("farmer-away", farmer.name), farmer.trouble
    for place, setback in facts.traffic.setbacks.items():
        # A place without a farmer is a plot, which its disks are not to blame for.
        if isinstance(place, tuple) and place[0] and setback.count >= MANY:
            told = f"{setback.count} transfers in a row failed: {setback.words}"
            yield ("disk-quarantined", ":".join(place)), told
    for hold in event.plan.holds:
        if (hold.kind, hold.rule) == ("archive", "farm_room") and hold.value is not None:
            yield ("farm-full", hold.target or "farmers"), hold.text


def _blind(facts: Facts) -> Iterator[tuple[Key, str]]:
    seen = facts.seen
    sources: Mapping[str, Fact[object]] = {
        "processes": seen.jobs,
        "journal": seen.starts,
        "transfers": seen.transfers,
        "overrides": seen.overrides,
    }
    for name, fact in sources.items():
        if isinstance(fact, Unknown):
            yield ("blind", name), fact.why
