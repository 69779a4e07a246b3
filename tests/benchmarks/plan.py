"""How planning grows with the farm: ``python -m tests.benchmarks.plan [RUNS]``.

Farms in memory, from one that is small to 1,000 jobs on 500 directories with 50 farmers: half of the directories
are tmp, half dst; each farmer has four disks, two of them full; half as many plots wait as jobs run, and the journal
tells of as many finished jobs and transfers. Paths and keys are given; the rest is for the tool to decide.

CPU of indexing the facts and planning them, then of asking all limits about each candidate that is held (`explain`),
and planning once more where no tmp drive has room for another job, and where no dst drive has, while the spec lets
any number run: then every limit is asked about every tmp, and wherever its plot might land.
"""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial

from reconciler.desire import desire, verdicts
from reconciler.facts import Facts
from reconciler.farmer import Disk, Farmer
from reconciler.observation import Observation
from reconciler.plan import plan_facts
from reconciler.plotters import Plotters
from reconciler.spec.judge import judged
from reconciler.spec.models import Spec
from reconciler.state import (
    Absent,
    Directory,
    Ident,
    Instant,
    Job,
    Known,
    Phase,
    Plot,
    Space,
    Start,
    Transfer,
)

SIZES = ((10, 10, 1), (100, 50, 5), (300, 150, 15), (1000, 500, 50))
"""Jobs, directories, farmers."""
RUNS = 5
LONG = 2.0
"""CPU seconds after which no further run is made."""
LIMIT = 300.0
"""Milliseconds that any plan may take."""
NOW = Instant(1.8e9, 1e6, "boot")
SIZE = 108_836_000_000
ANY = {"max_jobs": 9999, "stagger": 0, "tmp": {"max_jobs": 999, "stagger": {"until": "4:0", "at_most": 999}}}
"""Scheduling that leaves it to the room how many jobs there are."""


def main() -> None:
    """Run it and print the table."""
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else RUNS
    plotters = Plotters.load()
    print(f"{'':40}{'plan ms where full are':>24}")
    print(
        f"{'jobs':>6}{'directories':>13}{'farmers':>9}{'plan ms':>9}{'explain ms':>12}{'tmp':>7}{'dst':>8}"
        f"{'actions':>9}{'holds':>7}"
    )
    most = 0.0
    for jobs, directories, farmers in SIZES:
        each = directories // 2
        spec, any_number = _spec(each, farmers, {}), _spec(each, farmers, ANY)
        seen = _seen(jobs, each, farmers)
        made = plan_facts(Facts(spec, seen, plotters))
        planning = _cost(runs, partial(_plan, spec, seen, plotters))
        explaining = _cost(runs, partial(_explain, spec, seen, plotters))
        full = [
            _cost(runs, partial(_plan, any_number, _full(seen, role), plotters)) for role in ("tmp", "dst")
        ]
        most = max(most, planning, *full)
        held = sum(hold.count for hold in made.holds)
        row = f"{jobs:6}{directories:13}{farmers:9}{planning:9.1f}{explaining:12.1f}"
        print(f"{row}{full[0]:7.1f}{full[1]:8.1f}{len(made.actions):9}{held:7}", flush=True)
    print(f"{'within' if most < LIMIT else 'OVER'} the limit of {LIMIT:.0f} ms a plan")


def _plan(spec: Spec, seen: Observation, plotters: Plotters) -> None:
    plan_facts(Facts(spec, seen, plotters))


def _explain(spec: Spec, seen: Observation, plotters: Plotters) -> None:
    facts = Facts(spec, seen, plotters)
    wish = desire(facts)
    resumed = wish.resumed
    for held in wish.held:
        verdicts(facts, held.want, resumed)


def _cost(runs: int, work: Callable[[], object]) -> float:
    """CPU milliseconds, in the middle."""
    costs: list[float] = []
    while len(costs) < runs and sum(costs) < LONG:
        before = time.process_time()
        work()
        costs.append(time.process_time() - before)
    return statistics.median(costs) * 1000


def _spec(each: int, farmers: int, scheduling: dict[str, object]) -> Spec:
    return judged(
        Spec,
        {
            "version": 3,
            "directories": {
                "tmp": [{"path": f"/tmp/{n}"} for n in range(each)],
                "dst": [{"path": f"/dst/{n}"} for n in range(each)],
                "logs": {"path": "/logs"},
            },
            "plotting": {"plotter": "chia", "keys": {"farmer": "a" * 96, "pool": "b" * 96}},
            "scheduling": scheduling,
            "archive": [{"name": f"farm{n}", "disks": [f"/farm/{n}/*"]} for n in range(farmers)],
        },
    )


def _seen(jobs: int, each: int, farmers: int) -> Observation:
    """Each tmp has its share of the jobs; every farmer's first two disks are full."""
    plots = [_plot(number, f"/dst/{number % each}") for number in range(jobs // 2)]
    directories = {path: _directory(path, ()) for path in ("/logs", *(f"/tmp/{n}" for n in range(each)))}
    for number in range(each):
        path = f"/dst/{number}"
        directories[path] = _directory(path, tuple(plot for plot in plots if plot.directory == path))
    return Observation(
        host="here",
        now=NOW,
        cpus=64,
        memory=1 << 38,
        jobs=Known(
            tuple(_job(number, f"/tmp/{number % each}", f"/dst/{number % each}") for number in range(jobs))
        ),
        starts=Known(tuple(_start(number, each) for number in range(jobs))),
        transfers=Known(tuple(_transfer(number, each, farmers) for number in range(jobs))),
        overrides=Known(()),
        directories=directories,
        farmers={f"farm{number}": _farmer(number) for number in range(farmers)},
    )


def _full(seen: Observation, role: str) -> Observation:
    """The same where all drives of that role have room for what is under way, and for nothing new."""
    free = 2 * SIZE if role == "tmp" else SIZE // 2
    directories = {
        path: replace(there, space=Known(Space(path, free, 100 * SIZE)))
        if path.startswith(f"/{role}/")
        else there
        for path, there in seen.directories.items()
    }
    return replace(seen, directories=directories)


def _ago(seconds: float) -> Instant:
    return Instant(NOW.at - seconds, NOW.up - seconds, NOW.boot)


def _start(number: int, each: int) -> Start:
    """One that has finished, within the last days."""
    began = _ago(40_000 + 60 * number)
    return Start(
        id=f"{number + (1 << 40):012x}",
        since=began,
        plotter="chia",
        k=32,
        tmp=f"/tmp/{number % each}",
        dst=f"/dst/{number % each}",
        outcome="finished",
        ended=began.at + 30_000,
        seconds=30_000.0,
        milestones=(11_000.0, 17_000.0, 28_000.0, 30_000.0),
        log=f"/logs/{number}",
    )


def _transfer(number: int, each: int, farmers: int) -> Transfer:
    began = _ago(1000 + 60 * number)
    return Transfer(
        id=f"{number + (1 << 41):012x}",
        plot=f"plot-k32-2026-01-01-00-00-{number + (1 << 60):064x}.plot",
        source=f"/dst/{number % each}",
        farmer=f"farm{number % farmers}",
        disk=f"/farm/{number % farmers}/0",
        bytes=SIZE,
        done=SIZE,
        outcome="finished",
        since=began,
        ended=began.at + 900,
        step="done",
        log=f"/logs/{number}.move",
    )


def _job(number: int, tmp: str, dst: str) -> Job:
    return Job(
        id=f"{number:012x}",
        plotter="chia",
        run="running",
        since=Instant(NOW.at - 60 * number, NOW.up - 60 * number, NOW.boot),
        ident=Ident(NOW.boot, number + 2, number),
        tmp=Known(tmp),
        dst=Known(dst),
        k=Known(32),
        plot_id=Known(f"{number:064x}"),
        phase=Known(Phase(1 + number % 4, 1)),
        ours=True,
    )


def _plot(number: int, directory: str) -> Plot:
    plot_id = f"{number + (1 << 30):064x}"
    return Plot(
        name=f"plot-k32-2026-01-01-00-00-{plot_id}.plot",
        directory=directory,
        bytes=SIZE,
        modified=NOW.at - 86400,
        k=32,
        plot_id=plot_id,
        state="ready",
        why="",
    )


def _directory(path: str, plots: tuple[Plot, ...]) -> Directory:
    space = Known(Space(path, 40 * SIZE, 100 * SIZE))
    return Directory(path=path, real=path, space=space, plots=Known(plots), temps=Absent("not asked for"))


def _farmer(number: int) -> Farmer:
    disks = (
        Disk(
            path=f"/farm/{number}/{disk}",
            space=Known(Space(f"{number}:{disk}", (disk // 2) * 9 * SIZE, 99 * SIZE)),
        )
        for disk in range(4)
    )
    return Farmer(name=f"farm{number}", disks=Known(tuple(disks)))


if __name__ == "__main__":
    main()
