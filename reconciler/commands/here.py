"""The machine that this program runs on, described for simulation."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reconciler.commands import ended
from reconciler.commands.context import PATIENCE, Farm
from reconciler.machine.drives import drive_of
from reconciler.plotters import LogState
from reconciler.spec.units import show_duration
from reconciler.tune.describing import describe

if TYPE_CHECKING:
    from reconciler.description import MachineDescription

DAY = 86400.0
SINCE = 90 * DAY
"""Logs of so long are read."""
LATELY = 7 * DAY


def here(spec: str) -> tuple[MachineDescription, tuple[str, ...]]:
    """It, and what is assumed of it, in a line each. spec: the path. Raises PlotmanError, UsageError."""
    farm = Farm.open(spec, patience=PATIENCE)
    facts = farm.look(temps=True)
    now = facts.now.at
    over, unread = ended.jobs(farm, facts, now - SINCE)
    moved, unread_too = ended.transfers(farm, facts, now - SINCE)
    plotting = farm.loaded.spec.plotting
    assert plotting is not None
    plotter = farm.plotters[plotting.plotter]
    plots = [
        plot
        for job in over
        if isinstance(job.log.said, LogState)
        and job.log.record is not None
        and job.log.record.body.get("plotter") == plotter.name
        for plot in job.log.said.plots
    ]
    described, notes = describe(facts.seen, farm.loaded.spec, plotter, drive_of, plots, moved)
    lately = [job for job in over if job.outcome == "finished" and job.log.modified > now - LATELY]
    if lately:
        first = min(job.log.modified for job in lately)
        if now - first > DAY / 24:
            made = len(lately) / (now - first) * DAY
            notes = (
                *notes,
                f"measured: {made:.1f} jobs a day finished in the last {show_duration(now - first)}",
            )
    return described, (*notes, *unread, *unread_too)
