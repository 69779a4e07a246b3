"""A small farm by hand: two tmp, two dst, two farmers of which one is silent."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import Any

from reconciler.facts import Facts
from reconciler.farmer import Disk, Farmer, Part
from reconciler.observation import Condition, Observation
from reconciler.plotters import Plotters
from reconciler.setbacks import MANY, REST
from reconciler.spec.judge import judged
from reconciler.spec.models import Spec
from reconciler.spec.units import show_duration
from reconciler.state import (
    Absent,
    Directory,
    Fact,
    Ident,
    Instant,
    Job,
    Known,
    Override,
    Phase,
    Plot,
    Space,
    Start,
    Temp,
    Transfer,
    Unknown,
)

GB = 10**9
NOW = Instant(1_700_000_000.0, 500_000.0, "boot")
KEY = "ab" * 48
CONTRACT = "xch1" + "q" * 58
FIRST = "1b2c3d4e" + "0" * 56
SECOND = "77aa01bc" + "1" * 56
WAITING = "9ab1c2d3" + "2" * 56


def ago(seconds: float) -> Instant:
    return Instant(NOW.at - seconds, NOW.up - seconds, NOW.boot)


def spec(**more: object) -> Spec:
    document: dict[str, object] = {
        "version": 3,
        "directories": {
            "tmp": ["/mnt/tmp/00", "/mnt/tmp/01"],
            "dst": ["/mnt/dst/00", "/mnt/dst/01"],
            "logs": "/var/log/plotman",
        },
        "plotting": {"plotter": "chia", "k": 32, "keys": {"farmer": KEY, "contract": CONTRACT}},
        "scheduling": {
            "max_jobs": 3,
            "stagger": "30m",
            "tmp": {"max_jobs": 2, "stagger": {"until": "2:1", "at_most": 1}},
        },
        "archive": [{"name": "farmer1", "disks": "/farm/*"}],
    }
    return judged(Spec, {**document, **more})


def job(job_id: str, on: str, **more: Any) -> Job:
    told: dict[str, Any] = {
        "id": job_id,
        "plotter": "chia",
        "run": "running",
        "since": ago(3600),
        "ident": Ident("boot", 4321, 99),
        "leads": True,
        "tmp": Known(on),
        "dst": Known("/mnt/dst/00"),
        "k": Known(32),
        "plot_id": Known(FIRST),
        "phase": Known(Phase(1, 4)),
        "log": Known(f"/var/log/plotman/{job_id}.log"),
        "ours": True,
    }
    return Job(**{**told, **more})


def directory(path: str, free: int = 2000 * GB, **more: Any) -> Directory:
    told: dict[str, Any] = {
        "path": path,
        "real": path,
        "space": Known(Space(f"device of {path}", free, 4000 * GB)),
        "plots": Known(()),
        "temps": Absent("not looked for"),
    }
    return Directory(**{**told, **more})


def plot(directory: str, plot_id: str = WAITING) -> Plot:
    return Plot(
        name=f"plot-k32-2023-11-14-20-00-{plot_id}.plot",
        directory=directory,
        bytes=108_800_000_000,
        modified=NOW.at - 600,
        k=32,
        plot_id=plot_id,
        state="ready",
        why="its job says so",
    )


def observation(*jobs: Job, plots: tuple[Plot, ...] = (), **more: Any) -> Observation:
    directories: Mapping[str, Directory] = {
        path: directory(path, plots=Known(tuple(each for each in plots if each.directory == path)))
        for path in ("/mnt/tmp/00", "/mnt/tmp/01", "/mnt/dst/00", "/mnt/dst/01", "/var/log/plotman")
    }
    disks: Fact[tuple[Disk, ...]] = Known(
        (Disk(path="/farm/07", space=Known(Space("far", 2_100 * GB, 4000 * GB)), count=12),)
    )
    told: dict[str, Any] = {
        "host": "plotter1",
        "now": NOW,
        "cpus": 8,
        "memory": 64 * GB,
        "jobs": Known(tuple(jobs)),
        "starts": Known(()),
        "transfers": Known(()),
        "overrides": Known(()),
        "directories": directories,
        "farmers": {"farmer1": Farmer(name="farmer1", disks=disks)},
    }
    return Observation(**{**told, **more})


MOVING = "5a5a5a5a" + "3" * 56


def transfer(number: int, **more: Any) -> Transfer:
    told: dict[str, Any] = {
        "id": f"{number:012x}",
        "plot": plot("/mnt/dst/00", MOVING).name,
        "source": "/mnt/dst/00",
        "farmer": "farmer1",
        "disk": "/farm/07",
        "bytes": 108 * GB,
        "done": 27 * GB,
        "outcome": "running",
        "since": ago(300),
        "step": "copy",
        "at": NOW.at - 1,
        "log": f"/var/log/plotman/{number}.log",
    }
    return Transfer(**{**told, **more})


QUARANTINE = f"quarantine for {show_duration(REST - 60)}, {MANY} failures: no space left"


def farm_at_work() -> dict[str, Any]:
    """Observed: a farmer with a disk that fills, one in quarantine and one that is not there."""
    parts = (
        Part(plot("/x", MOVING).name, 108 * GB, 20 * GB, "plotter1", NOW.at - 9),
        Part(plot("/x", FIRST).name, 108 * GB, 80 * GB - GB // 5, "plotter2", NOW.at - 60),
        Part(plot("/x", SECOND).name, 108 * GB, 1 * GB, "plotter3", NOW.at - 7 * 3600),
    )
    disks = (
        Disk(path="/farm/07", space=Known(Space("f:7", 2_100 * GB, 4000 * GB)), count=12, parts=parts),
        Disk(path="/farm/08", space=Known(Space("f:8", 5 * GB, 4000 * GB, writable=False)), count=3),
        Disk(path="/farm/09", space=Absent("is not mounted")),
    )
    failed = [
        transfer(number, plot=f"p{number}.plot", disk="/farm/08", outcome="failed", kind="full",
                 error="no space left", since=ago(600), ended=NOW.at - 60 - (MANY - number))
        for number in range(1, MANY + 1)
    ]  # fmt: skip
    return {
        "farmers": {"farmer1": Farmer(name="farmer1", disks=Known(disks), asked=ago(8))},
        "transfers": Known((transfer(9), *failed)),
    }


@functools.cache
def plotters() -> Plotters:
    return Plotters.load()


def facts(*jobs: Job, plots: tuple[Plot, ...] = (), of: Spec | None = None, **more: Any) -> Facts:
    return Facts(of or spec(), observation(*jobs, plots=plots, **more), plotters())


__all__ = [
    "CONTRACT", "FIRST", "GB", "KEY", "MANY", "MOVING", "NOW", "QUARANTINE", "SECOND", "WAITING", "Condition",
    "Instant", "Override", "Start", "Temp", "Transfer", "Unknown", "ago", "directory", "facts", "farm_at_work",
    "job", "observation", "plot", "plotters", "spec", "transfer",
]  # fmt: skip
