"""What goes on, in a few lines: how many jobs, who works, and what plotting and archiving wait for. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from reconciler.dashboard import places
from reconciler.dashboard.rows import Line, Tone
from reconciler.dashboard.snapshot import Snapshot
from reconciler.desire import Held, verdicts
from reconciler.facts import Facts
from reconciler.loop import KINDS, Work
from reconciler.spec.units import show_duration
from reconciler.state import Known
from reconciler.views import words
from reconciler.views.details import told
from reconciler.views.names import Names
from reconciler.views.symbols import Symbols
from reconciler.want import Move, Spawn, Want


def lines(snapshot: Snapshot, symbols: Symbols, passed: float) -> tuple[Line, ...]:
    """The first line, one for plotting, one for archiving, and one where the loop has a trouble.

    passed: seconds since the snapshot was taken.
    """
    return tuple(_lines(snapshot, symbols, passed))


def paused(facts: Facts, work: Work) -> bool:
    """Has a person paused it?"""
    return facts.pause(work) is not None


def _lines(snapshot: Snapshot, symbols: Symbols, passed: float) -> Iterator[Line]:
    dot = f" {symbols.dot} "
    facts = snapshot.facts
    clock = words.clock(facts.now.at + passed, facts.seen.utc_offset)
    yield Line(
        dot.join((words.clean(facts.seen.host), clock, _jobs(facts, snapshot), _looker(snapshot, passed)))
    )
    yield _work("plotting", _plotting(snapshot), symbols)
    yield _work("archiving", _archiving(snapshot), symbols)
    if snapshot.trouble:
        text = words.clean(" ".join(snapshot.trouble.split()))
        yield Line(f"{symbols.marks['!']} {text}", "bad")


def _work(work: Work, state: tuple[str, Tone], symbols: Symbols) -> Line:
    text, tone = state
    mark = {"held": "suspend", "bad": "!", "faint": "hold"}.get(tone, "resume")
    return Line(f"{symbols.marks[mark]} {work:9} {text}", tone)


def _jobs(facts: Facts, snapshot: Snapshot) -> str:
    if not isinstance(facts.seen.jobs, Known):
        return f"jobs not known: {words.clean(facts.seen.jobs.why)}"
    most = _most(snapshot)
    return f"{len(facts.jobs)}{f' of {most}' if most is not None else ''} jobs"


def _most(snapshot: Snapshot) -> int | None:
    """How many jobs there may be; None where the spec starts none."""
    spawn = next((want for want in _wants(snapshot) if isinstance(want, Spawn)), None)
    if spawn is not None:
        for verdict in verdicts(snapshot.facts, spawn, snapshot.wish.resumed):
            if verdict.rule == "max_jobs" and verdict.limit is not None:
                return int(verdict.limit)
    most = snapshot.facts.spec.scheduling.max_jobs
    return most if isinstance(most, int) else None


def _looker(snapshot: Snapshot, passed: float) -> str:
    left = max(0.0, snapshot.next_in - passed)
    soon = "now" if left < 1 else f"in {show_duration(left)}"
    if snapshot.here:
        return f"next tick {soon}, by the loop in here"
    works: dict[str, list[str]] = {}
    for work, holder in snapshot.holders.items():
        if holder is not None:
            works.setdefault(holder.removeprefix(f"{work} "), []).append(work)
    if not works:
        return f"no loop runs, next look {soon}"
    loops = ", ".join(
        f"{' and '.join(both)} by {words.clean(who.strip('()'))}" for who, both in works.items()
    )
    return f"next look {soon}, {loops}"


def _plotting(snapshot: Snapshot) -> tuple[str, Tone]:
    facts = snapshot.facts
    plotting = facts.spec.plotting
    if plotting is None:
        return "off: the spec asks for none", "faint"
    if (state := _stopped(snapshot, "plotting")) is not None:
        return state
    if plotting.state == "drained":
        return "paused: the spec says drained; what runs is left to finish", "held"
    starting = [want for want in snapshot.wish.wants.values() if isinstance(want, Spawn)]
    if starting:
        return f"active: starting {words.plural(len(starting), 'job')}", "good"
    return _waiting(snapshot, "spawn", "active: nothing to start")


def _archiving(snapshot: Snapshot) -> tuple[str, Tone]:
    facts = snapshot.facts
    if not facts.spec.archive:
        return "off: the spec names no farmer", "faint"
    if (state := _stopped(snapshot, "archiving")) is not None:
        return state
    under_way = len(facts.moving) + sum(isinstance(want, Move) for want in snapshot.wish.wants.values())
    moving = f"active: {words.plural(under_way, 'transfer')} under way" if under_way else "active"
    if any(held.want.kind == "archive" for held in snapshot.wish.held):
        text, tone = _waiting(snapshot, "archive", "")
        return f"{moving}; the rest {text.removeprefix('active: ')}" if under_way else text, (
            "plain" if under_way else tone
        )
    return (moving if under_way else "active: no plot waits"), "good" if under_way else "plain"


def _stopped(snapshot: Snapshot, work: Work) -> tuple[str, Tone] | None:
    """Paused by a person, or without a loop."""
    facts = snapshot.facts
    pause = facts.pause(work)
    if pause is not None:
        return words.clean(told(facts, pause).replace("pause, asked for by", "paused by", 1)), "held"
    if not snapshot.here and snapshot.holders.get(work) is None:
        return (
            f"idle: no loop does it; `plotman apply`, `plotman {_VERB[work]}` or this without --read-only would",
            "bad",
        )
    return None


_VERB = {"plotting": "plot", "archiving": "archive"}
assert _VERB.keys() == KINDS.keys()


def _waiting(snapshot: Snapshot, kind: str, otherwise: str) -> tuple[str, Tone]:
    """What the best candidate waits for: the one that can pass first, where that is known of any."""
    held = [each for each in snapshot.wish.held if each.want.kind == kind]
    if not held:
        return otherwise, "plain"
    first = min(held, key=_next_at)
    verdict, now = first.verdict, snapshot.facts.now.at
    text = places.brief(words.waits(verdict.text, verdict.next_at, now), Names(snapshot.facts.spec))
    rule = "certainty" if verdict.rule == "known" else words.rule(verdict.rule)
    return f"active: waits for {rule}: {text}", "plain"


def _next_at(held: Held) -> float:
    return held.verdict.next_at if held.verdict.next_at is not None else float("inf")


def _wants(snapshot: Snapshot) -> tuple[Want, ...]:
    return (*snapshot.wish.wants.values(), *(held.want for held in snapshot.wish.held))
