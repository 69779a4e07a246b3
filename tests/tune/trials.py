"""Trials out of nothing, for tests."""

from __future__ import annotations

from reconciler.simulate.outcome import Result, Wait
from reconciler.tune.setting import Setting
from reconciler.tune.trial import Trial


def result(plots: float, lost: int = 0) -> Result:
    return Result(
        days=5.0,
        warm_up=2.0,
        archived_a_day=plots,
        plots_a_day=plots,
        bound=40.0,
        binds="cpu",
        bounds={"cpu": 40.0},
        archived=100,
        waiting=0,
        running=3,
        started=103,
        lost=lost,
        stalled=0,
        failed=0,
        busy={"cpu": plots / 40, "nvme0": 0.1},
        waits=(Wait(kind="spawn", rule="max_jobs", hours=30.0),),
        looks=700,
        moments=(),
        faults=(),
    )


def trial(plots: float, lost: int = 0, setting: Setting | None = None, name: str = "a trial") -> Trial:
    return Trial(name, setting, (result(plots, lost),))
