"""All about one job, a line a fact."""

from __future__ import annotations

from collections.abc import Iterator
from math import inf

from reconciler.facts import Facts
from reconciler.spec.units import show_duration, show_size
from reconciler.state import Fact, Job, Known, Override, T
from reconciler.views import words
from reconciler.views.table import table
from reconciler.world import Usage


def text(facts: Facts, job: Job, used: Usage | None) -> str:
    """Ids, how it runs, where, its log, what it took, and what people want of it."""
    return "\n".join(table(_rows(facts, job, used))) + "\n"


def _rows(facts: Facts, job: Job, used: Usage | None) -> Iterator[tuple[str, str]]:
    offset = facts.seen.utc_offset
    yield "job", job.id
    yield "plot id", _fact(job.plot_id)
    yield "plotter", words.clean(f"{job.plotter} k{job.k.value}" if isinstance(job.k, Known) else job.plotter)
    yield "state", _state(facts, job)
    yield "phase", _fact(job.phase)
    age = facts.age(job.since)
    ago = "" if age == inf else f" ({show_duration(age)} ago)"
    yield "started", f"{words.date(job.since.at, offset)}{ago}" + ("" if job.ours else ", not by plotman")
    yield "tmp", _fact(job.tmp)
    yield "tmp2", _fact(job.tmp2)
    yield "dst", _fact(job.dst)
    if job.touches:
        yield "touches", words.clean(" ".join(job.touches))
    yield "log", _fact(job.log)
    if used is not None:
        user, system, io = (words.hours(seconds) for seconds in (used.user, used.system, used.io))
        yield "memory", show_size(used.memory)
        yield "time", f"user {user}, system {system}, waiting for I/O {io}"
    if job.extras:
        yield "also given", words.clean(" ".join(job.extras))
    if job.trouble is not None:
        yield "trouble", words.clean(job.trouble)
    if job.stalled is not None:
        yield "stalled", words.clean(job.stalled)
    for wish in facts.overrides:
        if wish.target == job.id:
            yield "wish", words.clean(told(facts, wish))


def told(facts: Facts, wish: Override) -> str:
    """A person's wish in words: ``suspend, asked for by joe 3m ago: disk swap, for 20m more``."""
    age = facts.age(wish.since)
    ago = "" if age == inf else f" {show_duration(age)} ago"
    why = f": {wish.why}" if wish.why else ""
    left = f", for {show_duration(wish.until - facts.now.at)} more" if wish.until is not None else ""
    return f"{wish.verb}, asked for by {wish.who}{ago}{why}{left}"


def _state(facts: Facts, job: Job) -> str:
    pid = f", pid {job.ident.pid}" if job.ident is not None else ""
    by = {"space": " for want of room", "override": " because someone asked"}.get(job.suspended_by or "", "")
    ignored = "" if job in facts.jobs else ", left out of account"
    return f"{job.run}{by if job.run == 'suspended' else ''}{pid}{ignored}"


def _fact(fact: Fact[T]) -> str:
    return words.clean(str(fact.value) if isinstance(fact, Known) else f"- ({fact.why})")
