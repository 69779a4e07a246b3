"""Limit: nothing is done on the ground of what is not known."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator

from reconciler.facts import Facts
from reconciler.state import Fact, Known
from reconciler.want import Admitted, Move, Retire, Spawn, Sweep, Verdict, Want


def judge(facts: Facts, _admitted: Admitted, want: Want) -> Verdict | None:
    """Every fact that this kind of action rests on must be known, and say that it can be."""
    fault = next(_faults(facts, want), None)
    if fault is None:
        return Verdict(rule="known", ok=True, text="all that it rests on is known")
    return Verdict(rule="known", ok=False, text=fault, next_at=_next_try(facts, want))


def _next_try(facts: Facts, want: Want) -> float | None:
    """Wall clock of the next try to ask the farmer that is not known."""
    farmer = facts.farmer(want.farmer) if isinstance(want, Move) else None
    return farmer.next_at if farmer is not None and not isinstance(farmer.disks, Known) else None


def _faults(facts: Facts, want: Want) -> Iterator[str]:
    seen = facts.seen
    yield from _unless_known("the overrides", seen.overrides)
    match want:
        case Spawn():
            yield from _unless_known("the process table", seen.jobs)
            yield from _unless_known("the journal", seen.starts)
            yield from _unless_known("the transfers", seen.transfers)
            yield from _able(facts, want)
            for path in dict.fromkeys(filter(None, (want.tmp, want.tmp2, want.dst))):
                yield from _writable(facts, path)
        case Move():
            yield from _unless_known("the process table", seen.jobs)
            yield from _unless_known("the transfers", seen.transfers)
            yield from _writable(facts, want.plot.directory)
            yield from _target(facts, want)
        case Retire():
            yield from _unless_known("the removals", seen.removals)
            yield from _faults(facts, want.heir)
        case Sweep():
            yield from _unless_known("the process table", seen.jobs)
            yield from _unless_known("the journal", seen.starts)
            temp = want.temp
            # What is observed of a job's own folder is the directory that it lies in.
            yield from _writable(
                facts, temp.directory if temp.job is None else posixpath.dirname(temp.directory)
            )
        case _:
            pass


def _able(facts: Facts, want: Spawn) -> Iterator[str]:
    """The plotter is known, and can do what would be ordered."""
    if want.plotter not in facts.plotters:
        yield f"{want.plotter} is no plotter's name; there are {', '.join(sorted(facts.plotters))}"
    yield from (f"{want.plotter}: {why}" for why in facts.unfit(want.tmp, want.tmp2, want.dst))


def _unless_known(what: str, fact: Fact[object]) -> Iterator[str]:
    if not isinstance(fact, Known):
        yield f"{what}: {fact.why}"


def _writable(facts: Facts, path: str) -> Iterator[str]:
    directory = facts.directory(path)
    if directory is None:
        yield f"{path}: not observed"
    elif not isinstance(directory.space, Known):
        yield f"{path} {directory.space.why}"
    elif not directory.space.value.writable:
        yield f"{path} is not writable"


def _target(facts: Facts, want: Move) -> Iterator[str]:
    farmer = facts.farmer(want.farmer)
    disk = facts.disk(want.farmer, want.disk)
    if farmer is None:
        yield f"{want.farmer}: not observed"
    elif not isinstance(farmer.disks, Known):
        yield f"{want.farmer}: {farmer.disks.why}"
    elif disk is None:
        yield f"{want.target} is not among its disks"
    elif not isinstance(disk.space, Known):
        yield f"{want.target} {disk.space.why}"
    elif not disk.space.value.writable:
        yield f"{want.target} is not writable"
    unasked = facts.traffic.unasked(want.plot.name)
    if unasked is not None:
        yield f"{unasked} has not been asked for it yet"
