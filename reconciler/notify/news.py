"""What of a loop's events is news: a pure fold from what was known and one event to what is to be told.

What stands (a farmer is away) is told once, and once more when it is over; what has no end (a plot was archived)
is told as it happens. What stands when the loop begins is told; what happened before is not.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import field, replace
from typing import TypeAlias

from reconciler.events import Event, Planned, Ticked, Trouble
from reconciler.facts import Facts
from reconciler.notify import signs
from reconciler.notify.kinds import KINDS, Key, Message
from reconciler.notify.signs import Signs, Silence
from reconciler.noun import noun
from reconciler.spec.units import show_duration, show_size
from reconciler.state import Instant, Known, Start, Transfer


@noun
class Standing:
    """Something that stands. since: seconds of the boot clock. told: people know of it."""

    since: float
    text: str
    told: bool = False


@noun
class Memory:
    """What is known. over: ids of jobs and transfers that were over at the last look; None: there was none."""

    over: frozenset[str] | None = None
    standing: Mapping[Key, Standing] = field(default_factory=dict)


Told: TypeAlias = tuple[Memory, tuple[Message, ...]]


def fold(memory: Memory, event: Event | Silence, now: Instant) -> Told:
    """What is known after an event, and what is to be told of it. now: when it was heard."""
    before = {key: each.text for key, each in memory.standing.items()}
    match event:
        case Planned():
            memory, ended = _ended(memory, event.facts)
            memory, stood = _standing(memory, signs.of_look(event, before), now)
            return memory, (*ended, *stood)
        case Ticked():
            return _standing(memory, signs.of_tick(event, now, before), now)
        case Silence():
            return _standing(memory, signs.of_silence(event, now), now)
        case Trouble(about="spec", away=False):
            return _standing(memory, signs.of_spec(event), now)
        case Trouble(about="loop"):
            return memory, (Message(now.at, "loop-trouble", "loop", event.text),)
        case _:
            return memory, ()


# --- what has no end -----------------------------------------------------------------------------


def _ended(memory: Memory, facts: Facts) -> Told:
    """Jobs and transfers that have come to their end since the last look."""
    seen = facts.seen
    if not (isinstance(seen.starts, Known) and isinstance(seen.transfers, Known)):
        return memory, ()
    begun: Sequence[Start | Transfer] = (*facts.starts, *facts.transfers)
    ended = [each for each in begun if each.outcome in ("finished", "failed", "killed")]
    known = replace(memory, over=frozenset(each.id for each in ended))
    if memory.over is None:
        return known, ()
    return known, tuple(
        _of_start(each, facts) if isinstance(each, Start) else _of_transfer(each, facts)
        for each in ended
        if each.id not in memory.over and each.outcome != "killed"
    )


def _of_start(start: Start, facts: Facts) -> Message:
    at = start.ended or facts.now.at
    took = "" if start.seconds is None else f" after {show_duration(start.seconds)}"
    where = f"{start.plotter} k{start.k} on {start.tmp}"
    if start.outcome == "finished":
        return Message(at, "plot-finished", start.plot or start.id, f"{where}{took}, now in {start.dst}")
    return Message(at, "job-failed", start.id, f"{where}{took}: {start.error or 'no word why'}")


def _of_transfer(transfer: Transfer, facts: Facts) -> Message:
    at, target = transfer.ended or facts.now.at, f"{transfer.farmer}:{transfer.disk}"
    if transfer.outcome == "finished":
        return Message(at, "plot-archived", transfer.plot, f"to {target}, {show_size(transfer.bytes)}")
    return Message(at, "transfer-failed", transfer.plot, f"to {target}: {transfer.error or 'no word why'}")


# --- what stands ---------------------------------------------------------------------------------


def _standing(memory: Memory, found: Signs, now: Instant) -> Told:
    """What is told of things that stand."""
    known = {key: each for key, each in memory.standing.items() if key[0] not in found.judged}
    messages = []
    for key, text in found.stands.items():
        before = memory.standing.get(key)
        since = now.up if before is None else before.since
        told = before is not None and before.told
        due = now.up - since >= KINDS[key[0]].after
        if due and not told:
            messages.append(Message(now.at, *key, text))
        known[key] = Standing(since, text, told or due)
    for key, each in memory.standing.items():
        if key not in known and each.told:
            lasted = f"it stood for {show_duration(now.up - each.since)}"
            messages.append(Message(now.at, *key, lasted, over=True))
    return replace(memory, standing=known), tuple(messages)
