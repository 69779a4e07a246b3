"""How planning grows with the farm: ``python -m tests.benchmarks.plan [RUNS]``.

Farms in memory, from one that is small to 1,000 jobs on 500 directories with 50 farmers: half of the directories
are tmp, half dst; each farmer has four disks; half as many plots wait as jobs run. CPU of
indexing the facts, planning them and asking all limits about each candidate that is held (`explain`).
"""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable
from functools import partial

from reconciler.desire import desire, verdicts
from reconciler.facts import Facts
from reconciler.farmer import Disk, Farmer
from reconciler.observation import Observation
from reconciler.plan import plan_facts
from reconciler.plotters import Plotters
from reconciler.spec.models import Spec
from reconciler.state import Absent, Directory, Ident, Instant, Job, Known, Phase, Plot, Space

SIZES = ((10, 10, 1), (100, 50, 5), (300, 150, 15), (1000, 500, 50))
"""Jobs, directories, farmers."""
RUNS = 5
NOW = Instant(1.8e9, 1e6, "boot")
SIZE = 108_836_000_000


def main() -> None:
    """Run it and print the table."""
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else RUNS
    plotters = Plotters.load()
    print(
        f"{'jobs':>6}{'directories':>13}{'farmers':>9}{'plan ms':>9}{'explain ms':>12}{'actions':>9}{'holds':>7}"
    )
    for jobs, directories, farmers in SIZES:
        spec, seen = _spec(directories // 2, farmers, jobs), _seen(jobs, directories // 2, farmers)
        made = plan_facts(Facts(spec, seen, plotters))
        planning = _cost(runs, partial(_plan, spec, seen, plotters))
        explaining = _cost(runs, partial(_explain, spec, seen, plotters))
        held = sum(hold.count for hold in made.holds)
        row = f"{jobs:6}{directories:13}{farmers:9}{planning * 1000:9.1f}{explaining * 1000:12.1f}"
        print(f"{row}{len(made.actions):9}{held:7}", flush=True)


def _plan(spec: Spec, seen: Observation, plotters: Plotters) -> None:
    plan_facts(Facts(spec, seen, plotters))


def _explain(spec: Spec, seen: Observation, plotters: Plotters) -> None:
    facts = Facts(spec, seen, plotters)
    for held in desire(facts).held:
        verdicts(facts, held.want)


def _cost(runs: int, work: Callable[[], object]) -> float:
    """CPU seconds, in the middle."""
    costs = []
    for _ in range(runs):
        before = time.process_time()
        work()
        costs.append(time.process_time() - before)
    return statistics.median(costs)


def _spec(each: int, farmers: int, jobs: int) -> Spec:
    return Spec.model_validate(
        {
            "version": 3,
            "directories": {
                "tmp": [{"path": f"/tmp/{n}"} for n in range(each)],
                "dst": [{"path": f"/dst/{n}"} for n in range(each)],
                "logs": {"path": "/logs"},
            },
            "plotting": {"plotter": "chia", "keys": {"farmer": "a" * 96, "pool": "b" * 96}},
            "scheduling": {"max_jobs": 2 * jobs, "tmp": {"max_jobs": max(1, jobs // each)}},
            "archive": [{"name": f"farm{n}", "disks": [f"/farm/{n}/*"]} for n in range(farmers)],
        }
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
        starts=Known(()),
        transfers=Known(()),
        overrides=Known(()),
        directories=directories,
        farmers={f"farm{number}": _farmer(number) for number in range(farmers)},
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
