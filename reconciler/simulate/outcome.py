"""What came of a simulation: numbers, for tables and JSON."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from reconciler.noun import noun
from reconciler.simulate.bounds import bounds

if TYPE_CHECKING:
    from reconciler.simulate.running import Run
    from reconciler.simulate.tally import Moment, Tally
    from reconciler.simulate.trouble import Spell

DAY = 86400.0
PILED_UP = 0.01
"""So many more plots waiting in dst, as a part of those that came to their end, and what was gained counts for
nothing: it does not leave."""
FEW = 2
"""So many more may always wait."""


@noun(kw_only=True)
class Wait:
    """What held an action back. kind: of action; rule: the limit; hours: for how long in all."""

    kind: str
    rule: str
    hours: float


@noun(kw_only=True)
class Result:
    """What counts is the time after the warm-up, unless it is said otherwise.

    days, warm_up: of the whole run, and of its part that does not count.
    archived_a_day: plots that came to their end. plots_a_day: the same with what jobs under way and plots in dst have
    gained, which is what a long run comes to; as archived_a_day where plots have piled up.
    bound, binds: plots a day at most, and the resource that says so; bounds: by each.
    archived, waiting, running: plots at their end, plots in dst and jobs at the end of the run.
    lost: jobs that found no room on tmp or in memory, in the whole run; stalled: how often a write had to wait.
    failed: actions that could not be done. busy: by resource, the part of the time that it gave all it had.
    waits: what held actions back, the longest first. looks: of the loop, in the whole run.
    moments: what went on, here and there. faults: what went wrong on purpose.
    """

    days: float
    warm_up: float
    archived_a_day: float
    plots_a_day: float
    bound: float
    binds: str
    bounds: Mapping[str, float]
    archived: int
    waiting: int
    running: int
    started: int
    lost: int
    stalled: int
    failed: int
    busy: Mapping[str, float]
    waits: tuple[Wait, ...]
    looks: int
    moments: tuple[Moment, ...]
    faults: tuple[Spell, ...]


def result(run: Run) -> Result:
    """What came of a run that is over."""
    before, after = run.tallies
    seconds = after.time - before.time
    plotting = run.spec.plotting
    assert plotting is not None
    limits = bounds(run.hardware, run.spec, run.computer.plotters[plotting.plotter], run.days)
    archived = (after.archived - before.archived) / seconds * DAY
    piled = after.waiting - before.waiting
    whole = (_made(after) - _made(before)) / seconds * DAY
    waits = [Wait(kind=kind, rule=rule, hours=held / 3600) for (kind, rule), held in run.watch.held.items()]
    return Result(
        days=run.days,
        warm_up=run.warm_up,
        archived_a_day=archived,
        plots_a_day=archived if piled > max(FEW, PILED_UP * (after.archived - before.archived)) else whole,
        bound=limits.least,
        binds=limits.binds,
        bounds=limits.by,
        archived=after.archived,
        waiting=after.waiting if run.spec.archive else 0,
        running=after.running,
        started=len(run.watch.begun),
        lost=run.hardware.lost,
        stalled=run.hardware.stalled,
        failed=run.watch.failed,
        busy={name: (busy - before.busy[name]) / seconds for name, busy in after.busy.items()},
        waits=tuple(sorted(waits, key=lambda wait: (-wait.hours, wait.kind, wait.rule))),
        looks=run.watch.ticks,
        moments=tuple(run.moments),
        faults=run.faults,
    )


def _made(tally: Tally) -> float:
    return tally.archived + tally.waiting + tally.gained
