"""One simulation from beginning to end: the real loop on a described machine."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from reconciler.loop import Loop
from reconciler.simulate.outcome import Result, result
from reconciler.simulate.running import Run

if TYPE_CHECKING:
    from reconciler.description.machine import MachineDescription
    from reconciler.plotters import Plotters
    from reconciler.spec.loaded import Loaded

SELDOM = 100_000
"""New objects after which rings are looked for."""


def play(
    described: MachineDescription,
    loaded: Loaded,
    plotters: Plotters,
    *,
    days: float,
    warm_up: float = 2.0,
    seed: int = 0,
    faults: bool = False,
) -> Result:
    """Let a spec work on a machine for some days. Raises UsageError where the two do not fit."""
    return result(
        played(Run(described, loaded, plotters, days=days, warm_up=warm_up, seed=seed, faults=faults))
    )


def played(run: Run) -> Run:
    """The same run, when it is over."""
    with _seldom_collected():
        Loop(run.source, run.world, run.computer.plotters, report=run.report).run(run.over, idle=run.idle)
    return run


@contextmanager
def _seldom_collected() -> Iterator[None]:
    """What a simulation drops is free at once but for a few rings; looking for these among all took a sixth of it."""
    before = gc.get_threshold()
    gc.set_threshold(SELDOM, *before[1:])
    try:
        yield
    finally:
        gc.set_threshold(*before)
