"""The directories: their jobs, whether they are ready for more, their room and plots."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from reconciler.desire import Desire
from reconciler.facts import Facts
from reconciler.spec.units import show_duration
from reconciler.state import Job, Known, Phase
from reconciler.views import farms, words
from reconciler.views.symbols import Symbols
from reconciler.views.table import table
from reconciler.want import Move, Verdict

SHOWN = 5
"""Phases of one directory that are listed in full."""


def text(facts: Facts, wish: Desire, symbols: Symbols, width: int | None) -> str:
    """A table for each role that the spec fills."""
    directories = facts.spec.directories
    dsts, order = [directory.path for directory in directories.landing], turns(wish)
    tables: list[tuple[Sequence[str], list[tuple[str, ...]]]] = [
        (("tmp", "ready", "free", "phases"), [_tmp(facts, wish, symbols, d.path) for d in directories.tmp]),
        (("tmp2", "free", "phases"), [_tmp2(facts, symbols, d.path) for d in directories.tmp2]),
        (
            ("dst", "plots", "free", "inbound phases", "pri"),
            [(*_dst(facts, symbols, path), str(order.get(path, "-"))) for path in dsts],
        ),
        (farms.HEADER, list(farms.rows(facts, symbols))),
        (("draining", "what is left"), [*_draining(facts)]),
    ]
    shown = ["\n".join(table(rows, header, width=width, cut=symbols.cut)) for header, rows in tables if rows]
    return "\n\n".join(shown) + "\n" if shown else ""


def _draining(facts: Facts) -> Iterator[tuple[str, str]]:
    """Directories and farmers that the spec names no more."""
    for condition in facts.seen.conditions:
        if condition.type == "Draining":
            yield words.clean(condition.subject), words.clean(condition.message)


def schedule(facts: Facts) -> str:
    """The dst directories, the one with least to do first, and how far their furthest job is."""
    order = sorted(
        (directory.path for directory in facts.spec.directories.landing),
        key=lambda path: (len(facts.on_dst.get(path, ())), path),
    )
    rows = [
        (words.clean(path), str(len(jobs)), str(max(map(_phase, jobs))) if jobs else "-")
        for path in order
        for jobs in [facts.on_dst.get(path, ())]
    ]
    return "\n".join(table(rows, ("dst", "jobs", "furthest"))) + "\n"


def turns(wish: Desire) -> Mapping[str, int]:
    """Each dst directory's place in the order in which its waiting plots are moved to farmers; 1 is first.

    The plots that move now come before those that are held. A directory where none waits, and any where the spec
    names no farmer, has no place.
    """
    wants = (*wish.wants.values(), *(held.want for held in wish.held))
    order = dict.fromkeys(want.plot.directory for want in wants if isinstance(want, Move))
    return {path: turn for turn, path in enumerate(order, 1)}


def hold(wish: Desire, path: str) -> Verdict | None:
    """What holds the next start on a tmp directory."""
    held = (each for each in wish.held if each.want.kind == "spawn" and each.want.subject == path)
    return next((each.verdict for each in held), None)


def starts(wish: Desire, path: str) -> bool:
    """Does a job start on that tmp directory now?"""
    return any(want.kind == "spawn" and want.subject == path for want in wish.wants.values())


def on_tmp2(facts: Facts, path: str) -> tuple[Job, ...]:
    """The jobs that use a tmp2 directory."""
    return tuple(job for job in facts.jobs if job.tmp2 == Known(path))


def plots(facts: Facts, path: str) -> int | None:
    """How many plots lie in a directory; None: that is not known."""
    directory = facts.directory(path)
    found = directory.plots if directory is not None else None
    return len(found.value) if isinstance(found, Known) else None


def in_order(jobs: Sequence[Job]) -> tuple[str, ...]:
    """Their phases, the earliest first; ``?:?``: not known."""
    return tuple(words.known(job.phase, "?:?") for job in sorted(jobs, key=_phase))


def phases(jobs: Sequence[Job], symbols: Symbols) -> str:
    """``1:4 2:1 3:6``, the earliest first; only some of many: ``1:1 1:2 [+4] 3:1 4:1 5:1``."""
    shown = in_order(jobs)
    if len(shown) > SHOWN:
        first = SHOWN // 2
        shown = (*shown[:first], f"[+{len(shown) - SHOWN}]", *shown[first - SHOWN :])
    return " ".join(shown) or symbols.marks["hold"]


def _tmp(facts: Facts, wish: Desire, symbols: Symbols, path: str) -> tuple[str, ...]:
    ready, here = _ready(facts, wish, path), facts.on_tmp.get(path, ())
    return words.clean(path), ready, _free(facts, path), phases(here, symbols)


def _ready(facts: Facts, wish: Desire, path: str) -> str:
    """OK where a job starts now, else what holds it and how long at least."""
    held = hold(wish, path)
    if held is None:
        return "OK" if starts(wish, path) else "-"
    left = f" {show_duration(held.next_at - facts.now.at)}" if held.next_at is not None else ""
    return words.rule(held.rule) + left


def _tmp2(facts: Facts, symbols: Symbols, path: str) -> tuple[str, ...]:
    return words.clean(path), _free(facts, path), phases(on_tmp2(facts, path), symbols)


def _dst(facts: Facts, symbols: Symbols, path: str) -> tuple[str, ...]:
    found = plots(facts, path)
    count = "?" if found is None else str(found)
    return words.clean(path), count, _free(facts, path), phases(facts.on_dst.get(path, ()), symbols)


def _free(facts: Facts, path: str) -> str:
    directory = facts.directory(path)
    return farms.room(directory.space) if directory is not None else "not observed"


def _phase(job: Job) -> Phase:
    return job.phase.value if isinstance(job.phase, Known) else Phase(0, 0)
