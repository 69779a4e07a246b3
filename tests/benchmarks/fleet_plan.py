"""Planning a whole fleet from what its hosts recorded: ``python -m tests.benchmarks.fleet_plan [HOSTS RUNS]``.

A config repository of HOSTS files that extend one base, and an observation of each: 20 jobs on 8 tmp and 4 dst
directories, 3 farmers of 12 disks, 40 waiting plots, 200 starts and 100 transfers in the journal. Wall clock of the
whole ``plotman plan --all``, and the CPU of it and of the processes that help it; on a machine with other work only the
latter tells much. With ``--base`` each host is planned twice, by specs that differ. Below, what one host costs.
"""

from __future__ import annotations

import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from reconciler import documents
from reconciler.facts import Facts
from reconciler.farmer import Disk, Farmer
from reconciler.observation import Observation
from reconciler.plan import plan_facts
from reconciler.plotters import Plotters
from reconciler.spec.loading import load
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

HOSTS, RUNS = 200, 3
TMP, DST, FARMERS, DISKS = 8, 4, 3, 12
JOBS, STARTS, TRANSFERS, WAITING = 20, 200, 100, 40
SIZE = 108_836_000_000
LIMIT = 20.0
"""Seconds that the whole fleet may take on two processors."""

BASE = """\
version: 3
directories:
  tmp: [{tmp}]
  dst: [{dst}]
  logs: /var/lib/plotman/logs
plotting:
  keys: {{farmer: {farmer}, pool: {pool}}}
scheduling: {{max_jobs: 24, stagger: 10m, tmp: {{max_jobs: 3, stagger: {{until: "2:1", at_most: 1}}}}}}
archive:
{archive}
clean: {{orphans_after: 6h}}
"""


def main() -> None:
    """Run it and print the table."""
    numbers = [int(word) for word in sys.argv[1:]]
    hosts, runs = (numbers + [HOSTS, RUNS][len(numbers) :])[:2]
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        size = _repository(root / "head", hosts)
        _repository(root / "base", hosts, jobs=20)
        print(f"{hosts} hosts, {size / 1000:.0f} KB each, {os.cpu_count()} processors")
        print(f"{'what':30}{'seconds':>10}{'cpu':>10}{'limit':>8}")
        for name, options in (("plan --all", ()), ("plan --all --base", ("--base", str(root / "base")))):
            wall, cpu = _cost(runs, partial(_plan_all, root / "head", options))
            print(f"{name:30}{wall:10.2f}{cpu:10.2f}{LIMIT:8.0f}", flush=True)
        for name, work in _parts(root / "head").items():
            wall, cpu = _cost(runs, work)
            print(f"  {name:28}{wall:10.4f}{cpu:10.4f}")


def _plan_all(repository: Path, options: Sequence[str]) -> None:
    argv = [sys.executable, "-m", "reconciler", "plan", "--all", "--observed", "snapshots", "--markdown"]
    subprocess.run(
        [*argv, *options], cwd=repository, env=_environment(), stdout=subprocess.DEVNULL, check=True
    )


def _environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}


def _parts(repository: Path) -> dict[str, Callable[[], object]]:
    """What is done for one host."""
    plotters = Plotters.load()
    spec, snapshot = (repository / "hosts" / "h000.yaml", repository / "snapshots" / "h000.json")
    text, loaded = snapshot.read_text(), load(str(spec))
    seen = documents.observation_from_json(text, "h000")
    return {
        "load the spec": lambda: load(str(spec)),
        "read the observation": lambda: documents.observation_from_json(text, "h000"),
        "plan": lambda: plan_facts(Facts(loaded.spec, seen, plotters)),
    }


def _cost(runs: int, work: Callable[[], object]) -> tuple[float, float]:
    """Wall clock and CPU, in seconds, in the middle; those of processes that it has waited for included."""
    costs = []
    for _ in range(runs):
        before, spent = time.perf_counter(), _cpu()
        work()
        costs.append((time.perf_counter() - before, _cpu() - spent))
    walls, cpus = zip(*costs, strict=True)
    return statistics.median(walls), statistics.median(cpus)


def _cpu() -> float:
    used = map(resource.getrusage, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(each.ru_utime + each.ru_stime for each in used)


def _repository(root: Path, hosts: int, *, jobs: int = 24) -> int:
    """Write it; the bytes of one observation. jobs: the most on one host."""
    (root / "hosts").mkdir(parents=True)
    (root / "snapshots").mkdir()
    archive = [f"  - {{name: farm{n}, host: farm{n}.lan, disks: /farm/*}}" for n in range(FARMERS)]
    base = BASE.format(
        tmp=", ".join(f"/mnt/tmp/{n:02}" for n in range(TMP)),
        dst=", ".join(f"/mnt/dst/{n:02}" for n in range(DST)),
        farmer="a" * 96,
        pool="b" * 96,
        archive="\n".join(archive),
    )
    (root / "base.yaml").write_text(base.replace("max_jobs: 24", f"max_jobs: {jobs}"))
    for number in range(hosts):
        name, ring = f"h{number:03}", "canary" if number % 10 == 0 else "stable"
        overlay = f"extends: ../base.yaml\nhost: {{name: {name}, labels: {{ring: {ring}}}}}\n"
        (root / "hosts" / f"{name}.yaml").write_text(overlay)
        text = documents.to_json(observed(name, number))
        (root / "snapshots" / f"{name}.json").write_text(text)
    return len(text)


def observed(name: str, number: int) -> Observation:
    """What one host of the fleet has recorded. number: makes it its own."""
    boot = f"boot{number}"
    now = Instant(1.8e9 + number, 1e6, boot)
    directories = {path: _directory(path, ()) for path in ("/var/lib/plotman/logs", *_tmps())}
    for dst in _dsts():
        directories[dst] = _directory(dst, tuple(_plot(now, each, dst) for each in range(WAITING // DST)))
    return Observation(
        host=name,
        now=now,
        cpus=32,
        memory=1 << 37,
        jobs=Known(tuple(_job(now, each) for each in range(JOBS))),
        starts=Known(tuple(_start(now, each) for each in range(STARTS))),
        transfers=Known(tuple(_transfer(now, each) for each in range(TRANSFERS))),
        overrides=Known(()),
        directories=directories,
        farmers={f"farm{each}": _farmer(f"farm{each}", now) for each in range(FARMERS)},
    )


def _tmps() -> list[str]:
    return [f"/mnt/tmp/{each:02}" for each in range(TMP)]


def _dsts() -> list[str]:
    return [f"/mnt/dst/{each:02}" for each in range(DST)]


def _before(now: Instant, seconds: float) -> Instant:
    return Instant(now.at - seconds, now.up - seconds, now.boot)


def _job(now: Instant, number: int) -> Job:
    return Job(
        id=f"{number:012x}",
        plotter="chia",
        run="running",
        since=_before(now, 1500.0 * number + 300),
        ident=Ident(now.boot, number + 2000, number),
        leads=True,
        tmp=Known(_tmps()[number % TMP]),
        dst=Known(_dsts()[number % DST]),
        k=Known(32),
        plot_id=Known(f"{number:064x}"),
        phase=Known(Phase(1 + number // 6, 1)),
        log=Known(f"/var/lib/plotman/logs/2027-01-15T08.{number:012x}.log"),
        ours=True,
        options={"threads": 2, "buckets": 128, "buffer": 3389},
        modified=now.at - 12.5,
    )


def _start(now: Instant, number: int) -> Start:
    """The first so many still run."""
    over = number >= JOBS
    plot_id = f"{number:064x}"
    return Start(
        id=f"{number:012x}",
        since=_before(now, 1500.0 * number + 300),
        plotter="chia",
        k=32,
        tmp=_tmps()[number % TMP],
        dst=_dsts()[number % DST],
        outcome="finished" if over else "running",
        ended=now.at - 1500.0 * number + 28_000 if over else None,
        seconds=28_000.0 if over else None,
        milestones=(11_000.0, 17_000.0, 26_000.0, 28_000.0) if over else (),
        plot_id=plot_id,
        plot=f"plot-k32-2027-01-15-08-00-{plot_id}.plot" if over else None,
        log=f"/var/lib/plotman/logs/2027-01-15T08.{number:012x}.log",
    )


def _transfer(now: Instant, number: int) -> Transfer:
    plot_id = f"{number + (1 << 20):064x}"
    return Transfer(
        id=f"{number:012x}",
        plot=f"plot-k32-2027-01-15-08-00-{plot_id}.plot",
        source=_dsts()[number % DST],
        farmer=f"farm{number % FARMERS}",
        disk=f"/farm/{number % DISKS:02}",
        bytes=SIZE,
        done=SIZE,
        outcome="finished",
        since=_before(now, 1500.0 * number + 4000),
        ended=now.at - 1500.0 * number - 2500,
        step="done",
        at=now.at - 1500.0 * number - 2500,
        entry="0123456789ab",
        log=f"/var/lib/plotman/logs/2027-01-15T08.{number:012x}.move.log",
    )


def _plot(now: Instant, number: int, directory: str) -> Plot:
    plot_id = f"{number + 1:04x}{_number_of(directory):060x}"
    return Plot(
        name=f"plot-k32-2027-01-15-08-00-{plot_id}.plot",
        directory=directory,
        bytes=SIZE,
        modified=now.at - 86400 - number,
        k=32,
        plot_id=plot_id,
        state="ready",
        why="no job writes it, and its size is whole",
        contract=Known("ab" * 32),
    )


def _number_of(path: str) -> int:
    """A number of a path's own, the same in every run."""
    return int.from_bytes(path.encode(), "big")


def _directory(path: str, plots: tuple[Plot, ...]) -> Directory:
    space = Known(Space(path, 10 * SIZE, 40 * SIZE))
    return Directory(path=path, real=path, space=space, plots=Known(plots), temps=Absent("not asked for"))


def _farmer(name: str, now: Instant) -> Farmer:
    disks = tuple(
        Disk(
            path=f"/farm/{each:02}",
            space=Known(Space(f"{name}:{each}", (each % 3) * 9 * SIZE, 160 * SIZE)),
            count=150,
        )
        for each in range(DISKS)
    )
    return Farmer(name=name, disks=Known(disks), asked=_before(now, 7))


if __name__ == "__main__":
    main()
