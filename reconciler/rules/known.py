"""Limit: nothing is done on the ground of what is not known."""

from __future__ import annotations

import posixpath

from reconciler.facts import Facts
from reconciler.state import Fact, Job, Known
from reconciler.want import Admitted, Move, Retire, Spawn, Steer, Sweep, Verdict, Want

_PASSED = Verdict(rule="known", ok=True, text="all that it rests on is known")


def judge(facts: Facts, _admitted: Admitted, want: Want) -> Verdict | None:
    """Every fact that this kind of action rests on must be known, and say that it can be."""
    fault = _unless_known("the overrides", facts.seen.overrides) or _fault(facts, want)
    if fault is None:
        return _PASSED
    return Verdict(rule="known", ok=False, text=fault, next_at=_next_try(facts, want))


def _next_try(facts: Facts, want: Want) -> float | None:
    """Wall clock of the next try to ask the farmer that is not known."""
    farmer = facts.farmer(want.farmer) if isinstance(want, Move) else None
    return farmer.next_at if farmer is not None and not isinstance(farmer.disks, Known) else None


def _fault(facts: Facts, want: Want) -> str | None:
    """The first of them that is not so."""
    seen = facts.seen
    match want:
        case Spawn():
            return (
                _unless_known("the process table", seen.jobs)
                or _unless_known("the journal", seen.starts)
                or _unless_known("the transfers", seen.transfers)
                or _unable(facts, want)
                or _unwritable(facts, want.tmp)
                or (_unwritable(facts, want.tmp2) if want.tmp2 is not None else None)
                or _unwritable(facts, want.dst)
            )
        case Move():
            return (
                _unless_known("the process table", seen.jobs)
                or _unless_known("the transfers", seen.transfers)
                or _unwritable(facts, want.plot.directory)
                or _target(facts, want)
            )
        case Retire():
            return _unless_known("the removals", seen.removals) or _fault(facts, want.heir)
        case Sweep():
            temp = want.temp
            # What is observed of a job's own folder is the directory that it lies in.
            directory = temp.directory if temp.job is None else posixpath.dirname(temp.directory)
            return (
                _unless_known("the process table", seen.jobs)
                or _unless_known("the journal", seen.starts)
                or _unwritable(facts, directory)
            )
        case Steer() if facts.wish(want.job) is None:
            return _unroomed(facts, want.job)
        case _:
            return None


def _unroomed(facts: Facts, job: Job) -> str | None:
    """Why it is not known whether a job that nobody resumes by hand has room to go on, and to land its plot.

    A directory that is not among those observed is none of ours to judge.
    """
    if not job.tmps:
        return _unless_known("its tmp directory", job.tmp)
    tmp2 = (job.tmp2.value,) if isinstance(job.tmp2, Known) else ()
    seen = (facts.directory(path) for path in (*job.tmps, *tmp2, *job.dsts))
    spaces = ((each.path, each.space) for each in seen if each is not None)
    return next((f"{path} {space.why}" for path, space in spaces if not isinstance(space, Known)), None)


def _unable(facts: Facts, want: Spawn) -> str | None:
    """Why the plotter is not known, or cannot do what would be ordered."""
    if want.plotter not in facts.plotters:
        return f"{want.plotter} is no plotter's name; there are {', '.join(sorted(facts.plotters))}"
    return next((f"{want.plotter}: {why}" for why in facts.unfit(want.tmp, want.tmp2, want.dst)), None)


def _unless_known(what: str, fact: Fact[object]) -> str | None:
    return None if isinstance(fact, Known) else f"{what}: {fact.why}"


def _unwritable(facts: Facts, path: str) -> str | None:
    directory = facts.directory(path)
    if directory is None:
        return f"{path}: not observed"
    if not isinstance(directory.space, Known):
        return f"{path} {directory.space.why}"
    return None if directory.space.value.writable else f"{path} is not writable"


def _target(facts: Facts, want: Move) -> str | None:
    farmer = facts.farmer(want.farmer)
    if farmer is None:
        return f"{want.farmer}: not observed"
    if not isinstance(farmer.disks, Known):
        return f"{want.farmer}: {farmer.disks.why}"
    disk = facts.disk(want.farmer, want.disk)
    if disk is None:
        return f"{want.farmer} has no disk {want.disk}; is it mounted there?"
    if not isinstance(disk.space, Known):
        return f"{want.target} {disk.space.why}"
    if not disk.space.value.writable:
        return f"{want.target} is not writable"
    unasked = facts.traffic.unasked(want.plot.name)
    return f"{unasked} has not been asked for it yet" if unasked is not None else None
