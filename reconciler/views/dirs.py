"""The directories: their jobs, whether they are ready for more, their room and plots."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from reconciler.desire import Desire
from reconciler.facts import Facts
from reconciler.spec.units import show_duration, show_size
from reconciler.state import Fact, Job, Known, Phase, Space
from reconciler.views import words
from reconciler.views.symbols import Symbols
from reconciler.views.table import table

SHOWN = 5
"""Phases of one directory that are listed in full."""


def text(facts: Facts, wish: Desire, symbols: Symbols, width: int | None) -> str:
    """A table for each role that the spec fills."""
    directories = facts.spec.directories
    dsts = [directory.path for directory in directories.landing]
    tables = [
        (("tmp", "ready", "free", "phases"), [_tmp(facts, wish, symbols, d.path) for d in directories.tmp]),
        (("tmp2", "free", "phases"), [_tmp2(facts, symbols, d.path) for d in directories.tmp2]),
        (("dst", "plots", "free", "inbound phases"), [_dst(facts, symbols, path) for path in dsts]),
        (("farm", "plots", "free", "under way"), list(_farms(facts))),
    ]
    shown = ["\n".join(table(rows, header, width=width, cut=symbols.cut)) for header, rows in tables if rows]
    return "\n\n".join(shown) + "\n" if shown else ""


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


def phases(jobs: Sequence[Job], symbols: Symbols) -> str:
    """``1:4 2:1 3:6``, the earliest first; only some of many: ``1:1 1:2 [+4] 3:1 4:1 5:1``."""
    shown = [words.known(job.phase, "?:?") for job in sorted(jobs, key=_phase)]
    if len(shown) > SHOWN:
        first = SHOWN // 2
        shown = [*shown[:first], f"[+{len(shown) - SHOWN}]", *shown[first - SHOWN :]]
    return " ".join(shown) or symbols.marks["hold"]


def _tmp(facts: Facts, wish: Desire, symbols: Symbols, path: str) -> tuple[str, ...]:
    ready, here = _ready(facts, wish, path), facts.on_tmp.get(path, ())
    return words.clean(path), ready, _free(facts, path), phases(here, symbols)


def _ready(facts: Facts, wish: Desire, path: str) -> str:
    """OK where a job starts now, else what holds it and how long at least."""
    for held in wish.held:
        if held.want.kind == "spawn" and held.want.subject == path:
            next_at = held.verdict.next_at
            left = f" {show_duration(next_at - facts.now.at)}" if next_at is not None else ""
            return words.rule(held.verdict.rule) + left
    return "OK" if any(want.kind == "spawn" and want.subject == path for want in wish.wants.values()) else "-"


def _tmp2(facts: Facts, symbols: Symbols, path: str) -> tuple[str, ...]:
    jobs = [job for job in facts.jobs if isinstance(job.tmp2, Known) and job.tmp2.value == path]
    return words.clean(path), _free(facts, path), phases(jobs, symbols)


def _dst(facts: Facts, symbols: Symbols, path: str) -> tuple[str, ...]:
    directory = facts.directory(path)
    plots = directory.plots if directory is not None else None
    count = str(len(plots.value)) if isinstance(plots, Known) else "?"
    return words.clean(path), count, _free(facts, path), phases(facts.on_dst.get(path, ()), symbols)


def _farms(facts: Facts) -> Iterator[tuple[str, ...]]:
    for name in sorted(facts.seen.farmers):
        disks = facts.seen.farmers[name].disks
        if not isinstance(disks, Known):
            yield words.clean(name), "?", words.clean(disks.why), ""
            continue
        for disk in disks.value:
            bound = sum((t.farmer, t.disk) == (name, disk.path) for t in facts.moving.values())
            yield words.clean(f"{name}:{disk.path}"), str(disk.count), _room(disk.space), str(bound)


def _free(facts: Facts, path: str) -> str:
    directory = facts.directory(path)
    return _room(directory.space) if directory is not None else "not observed"


def _room(space: Fact[Space]) -> str:
    return show_size(space.value.free) if isinstance(space, Known) else words.clean(space.why)


def _phase(job: Job) -> Phase:
    return job.phase.value if isinstance(job.phase, Known) else Phase(0, 0)
