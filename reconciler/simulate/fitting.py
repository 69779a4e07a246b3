"""What plots take on a real machine, by the logs of its finished jobs.

A log tells seconds; processors and bytes it does not. So the bytes and the parallelism stay those that are
known of the plotter, and the processor seconds become what makes each phase take, alone on the described
machine, as long as it did: of all finished jobs the fastest tenth, which is nearest to being alone. Where
the drive alone would take longer than the log says, the bytes shrink to fit.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING

from reconciler.description.machine import MachineDescription
from reconciler.description.work import PhaseWork, Work, work_of

if TYPE_CHECKING:
    from reconciler.plotters import Plotter
    from reconciler.plotters.log import PlotLog

FASTEST = 10
"""One job in so many counts: the slowest of the fastest tenth."""


def fitted(
    described: MachineDescription, plotter: Plotter, logs: Iterable[PlotLog]
) -> MachineDescription | None:
    """The machine with work that takes as long as these logs say; None: they tell of no finished plot.

    logs: of that plotter, of any k. What stands under `work` already is the ground that is built on.
    """
    ground = work_of(plotter, described.work)
    if ground is None:
        return None
    whole = [log for log in logs if log.plotting_done and log.k is not None]
    found = []
    for number, phase in enumerate(ground.phases):
        seconds = sorted(
            told / ground.scale(log.k)
            for log in whole
            if log.k is not None and number < len(log.phase_seconds) and (told := log.phase_seconds[number])
        )
        if not seconds:
            return None
        found.append(_phase(described, phase, seconds[len(seconds) // FASTEST]))
    fresh = Work(plotter=plotter.name, k=ground.k, phases=tuple(found), memory=ground.memory)
    others = tuple(work for work in described.work if work.plotter != plotter.name)
    return replace(described, work=(fresh, *others))


def _phase(described: MachineDescription, phase: PhaseWork, seconds: float) -> PhaseWork:
    """A phase that takes so long alone."""
    threads = min(phase.threads, float(described.cpus))
    slowest = max(
        (phase.read / drive.read + phase.written / drive.write for drive in described.drives if drive.tmp),
        default=0.0,
    )
    part = min(1.0, seconds / slowest) if slowest > 0 else 1.0
    return PhaseWork(
        cpu_seconds=seconds * threads,
        threads=threads,
        read=int(phase.read * part),
        written=int(phase.written * part),
    )
