"""A report out of what logs and the record tell. Pure."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from statistics import median

from reconciler.facts import Facts
from reconciler.plotters import LogState, PlotLog
from reconciler.plotters.log import NO_ERROR
from reconciler.record import Entry
from reconciler.state import Known
from reconciler.views import words
from reconciler.views.export import Over
from reconciler.views.report import DAY, Cause, Day, Event, Fill, Moved, Pace, Rate, Report

LEAST = DAY / 4
"""Seconds that a rate is taken over at least; of less it would be chance."""


def report(
    facts: Facts, over: Sequence[Over], moved: Sequence[Moved], record: Iterable[Entry], begin: float
) -> Report:
    """What became of the farm since begin, or since the first that is known of it, whichever is later.

    over, moved: jobs and transfers that ended since begin.
    """
    first = min((*(_began(job) for job in over), *(each.began for each in moved)), default=facts.now.at)
    begin = min(max(begin, first), facts.now.at)
    days = max(facts.now.at - begin, LEAST) / DAY
    return Report(
        host=facts.seen.host,
        begin=begin,
        end=facts.now.at,
        utc_offset=facts.seen.utc_offset,
        days=_days(over, moved, begin, facts),
        causes=_causes(over, moved),
        paces=_paces(over),
        rates=_rates(moved),
        fills=(*_homes(facts, over, moved, days), *_farms(facts, moved, days)),
        events=_events(record, begin),
    )


def _began(job: Over) -> float:
    return job.log.record.when.at if job.log.record is not None else job.log.modified


def _plots(job: Over) -> tuple[PlotLog, ...]:
    return job.log.said.plots if isinstance(job.log.said, LogState) else ()


def _error(job: Over) -> str:
    """Why it failed, as far as its log tells."""
    plots = _plots(job)
    startup = job.log.said.startup_error if isinstance(job.log.said, LogState) else None
    return job.log.refused or (plots[-1].error if plots else None) or startup or NO_ERROR


def _made(job: Over) -> tuple[PlotLog, ...]:
    """The plots that a job finished, also where it failed at a later one."""
    return tuple(plot for plot in _plots(job) if plot.plotting_done)


def _days(over: Iterable[Over], moved: Iterable[Moved], begin: float, facts: Facts) -> tuple[Day, ...]:
    offset, end = facts.seen.utc_offset, facts.now.at

    def date(at: float) -> str:
        return words.date(at, offset)[:10]

    finished: Counter[str] = Counter()
    for job in over:
        finished[date(job.log.modified)] += len(_made(job))
    failed = Counter(date(job.log.modified) for job in over if job.outcome in ("failed", "unknown"))
    archived = Counter(date(each.ended) for each in moved if each.finished)
    count = int((end + offset) // DAY - (begin + offset) // DAY) + 1
    dates = [date(end - DAY * back) for back in reversed(range(count))]
    return tuple(
        Day(date=each, finished=finished[each], failed=failed[each], archived=archived[each])
        for each in dates
    )


_CHANGING = re.compile(r"\b(0x)?[0-9a-f]{8,}\b|\b\d{2,}\b")


def _causes(over: Iterable[Over], moved: Iterable[Moved]) -> tuple[Cause, ...]:
    """The most frequent first. What differs from one failure to the next (ids, numbers) is left out."""
    said: dict[tuple[str, str], list[float]] = defaultdict(list)
    for job in over:
        if job.outcome in ("failed", "unknown"):
            said["jobs", _error(job)].append(job.log.modified)
    for each in moved:
        if not each.finished:
            said["transfers", each.error].append(each.ended)
    alike: dict[tuple[str, str], list[float]] = defaultdict(list)
    for (what, error), times in said.items():
        alike[what, _CHANGING.sub("#", words.clean(error))[:160]] += times
    causes = [
        Cause(what=what, words=error, count=len(times), last=max(times))
        for (what, error), times in alike.items()
    ]
    return tuple(sorted(causes, key=lambda cause: (-cause.count, cause.what, cause.words)))


def _paces(over: Iterable[Over]) -> tuple[Pace, ...]:
    made: dict[tuple[str, int, str], list[PlotLog]] = defaultdict(list)
    for job in over:
        body = job.log.record.body if job.log.record is not None else {}
        for plot in _made(job):
            k = plot.k or body.get("k")
            tmp = str(body.get("tmp") or plot.tmp_dir or "?")
            made[str(body.get("plotter") or "?"), k if isinstance(k, int) else 0, tmp].append(plot)
    return tuple(
        Pace(
            plotter=plotter,
            k=k,
            tmp=tmp,
            plots=len(plots),
            phases=tuple(_median(plot.phase_seconds[at] for plot in plots) for at in range(4)),
            copy=_median(plot.copy_seconds for plot in plots),
            total=_median(
                None if plot.total_seconds is None else plot.total_seconds + (plot.copy_seconds or 0.0)
                for plot in plots
            ),
        )
        for (plotter, k, tmp), plots in sorted(made.items())
    )


def _median(values: Iterable[float | None]) -> float | None:
    told = [value for value in values if value is not None]
    return median(told) if told else None


def _rates(moved: Iterable[Moved]) -> tuple[Rate, ...]:
    to: dict[str, list[Moved]] = defaultdict(list)
    for each in moved:
        to[each.farmer].append(each)
    rates = []
    for farmer, every in sorted(to.items()):
        finished = [each for each in every if each.finished]
        speeds = sorted(each.bytes / max(each.ended - each.began, 0.001) for each in finished) or [0.0]
        rates.append(
            Rate(
                farmer=farmer,
                plots=len(finished),
                failed=len(every) - len(finished),
                bytes=sum(each.bytes for each in finished),
                lowest=speeds[0],
                middle=median(speeds),
                highest=speeds[-1],
            )
        )
    return tuple(rates)


def _homes(facts: Facts, over: Iterable[Over], moved: Iterable[Moved], days: float) -> Iterable[Fill]:
    """The directories that plots land in: what jobs bring, less what transfers take away."""
    net: dict[str, float] = defaultdict(float)
    for job in over:
        if job.log.record is not None:
            body = job.log.record.body
            plotter, k = facts.plotters.get(str(body.get("plotter"))), body.get("k")
            if plotter is not None and isinstance(k, int):
                net[str(body.get("dst"))] += sum(
                    plotter.final_bytes(k, plot.compression) for plot in _made(job)
                )
    for each in moved:
        if each.finished:
            net[each.source] -= each.bytes
    for landing in facts.spec.directories.landing:
        directory = facts.directory(landing.path)
        if directory is not None and isinstance(directory.space, Known):
            space = directory.space.value
            yield _fill(landing.path, False, space.free, space.total, net[landing.path] / days)


def _farms(facts: Facts, moved: Iterable[Moved], days: float) -> Iterable[Fill]:
    """Every farmer's disks: what transfers of this host bring."""
    brought: Counter[tuple[str, str]] = Counter()
    for each in moved:
        if each.finished:
            brought[each.farmer, each.disk] += each.bytes
    for place, disk in facts.disks.items():
        if isinstance(disk.space, Known):
            space = disk.space.value
            yield _fill(":".join(place), True, space.free, space.total, brought[place] / days)


def _fill(place: str, farm: bool, free: int, total: int, daily: float) -> Fill:
    seconds = free / daily * DAY if daily > 0 else None
    return Fill(place=place, farm=farm, free=free, total=total, daily=daily, seconds=seconds)


def _events(record: Iterable[Entry], begin: float) -> tuple[Event, ...]:
    """Conditions that appeared and troubles that were told, the most frequent first."""
    times: dict[str, list[float]] = defaultdict(list)
    for entry in record:
        if entry.at >= begin and entry.what != "action" and entry.result != "gone":
            times[entry.kind].append(entry.at)
    events = [Event(kind=words.clean(kind), count=len(at), last=max(at)) for kind, at in times.items()]
    return tuple(sorted(events, key=lambda event: (-event.count, event.kind)))
