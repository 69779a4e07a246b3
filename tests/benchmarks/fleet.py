"""Rendering and validating a repository of many hosts: ``python -m tests.benchmarks.fleet [HOSTS RUNS]``.

Each host is made of four files: a base that all share, one of four sites, one of eight groups, and its own; together
12 tmp directories, 4 dst directories and 4 farmers. First the parts in one process, in the middle of the runs: wall
clock and CPU for all hosts. Then `plotman config validate hosts/*.yaml`, and `plotman config show --host h000`, as
whole processes.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from reconciler.fit import misfits
from reconciler.plotters import Plotters
from reconciler.spec.hosts import misnamed, namesakes
from reconciler.spec.loading import Library, load
from reconciler.spec.tree import Value
from reconciler.spec.writing import write

HOSTS, RUNS = 200, 5
SITES, GROUPS = 4, 8
LIMIT = 5.0
"""Seconds that all hosts may take on two processors."""


def main() -> None:
    """Run it and print the table."""
    given = [int(word) for word in sys.argv[1:]]
    hosts, runs = (*given, *(HOSTS, RUNS)[len(given) :])
    with tempfile.TemporaryDirectory() as root:
        paths = repository(Path(root), hosts)
        plotters = Plotters.load()
        print(f"{f'{hosts} hosts':34}{'wall s':>8}{'CPU s':>8}{'ms a host':>11}")
        _row("load, a library for all", hosts, runs, lambda: _load(paths))
        _row("load, each by itself", hosts, runs, lambda: [load(path) for path in paths])
        _row("validate, in one process", hosts, runs, lambda: _validate(paths, plotters))
        words = ("config", "validate", *paths)
        took = _row("plotman config validate", hosts, runs, lambda: _run(words))
        _row(
            "plotman config show --host h000",
            1,
            runs,
            lambda: _run(("config", "show", "-f", root, "--host", "h000")),
        )
    print(f"{'within' if took < LIMIT else 'OVER'} the limit of {LIMIT:.0f} s")


def _load(paths: Sequence[str]) -> None:
    library = Library()
    for path in paths:
        library.load(path)


def _validate(paths: Sequence[str], plotters: Plotters) -> None:
    library = Library()
    loaded = [library.load(path) for path in paths]
    problems = [problem for one in loaded for problem in (*misfits(one, plotters), *misnamed(one))]
    assert not [*problems, *namesakes(loaded)]


def _run(words: Sequence[str]) -> None:
    subprocess.run([sys.executable, "-m", "reconciler", *words], check=True, stdout=subprocess.DEVNULL)


def _row(name: str, hosts: int, runs: int, work: Callable[[], object]) -> float:
    """Measure and print; the wall clock in the middle."""
    walls, costs = [], []
    for _ in range(runs):
        wall, cost = time.monotonic(), _cpu()
        work()
        walls.append(time.monotonic() - wall)
        costs.append(_cpu() - cost)
    wall = statistics.median(walls)
    print(f"{name:34}{wall:8.2f}{statistics.median(costs):8.2f}{wall / hosts * 1000:11.1f}", flush=True)
    return wall


def _cpu() -> float:
    """CPU seconds of this process and of its children that have ended."""
    return sum(os.times()[:4])


def repository(root: Path, hosts: int) -> list[str]:
    """Write the repository; the hosts' files."""
    for folder in ("sites", "groups", "hosts"):
        (root / folder).mkdir()
    (root / "base.yaml").write_text(write(_base()))
    for number in range(SITES):
        (root / f"sites/s{number}.yaml").write_text(write(_site(number)))
    for number in range(GROUPS):
        (root / f"groups/g{number}.yaml").write_text(write(_group(number)))
    paths = [root / f"hosts/h{number:03}.yaml" for number in range(hosts)]
    for number, path in enumerate(paths):
        path.write_text(write(_host(number)))
    return [str(path) for path in paths]


def _base() -> dict[str, Value]:
    return {
        "version": 3,
        "vars": {"mnt": "/mnt"},
        "directories": {
            "tmp": [f"${{var.mnt}}/tmp/{number:02}" for number in range(10)],
            "dst": [f"${{var.mnt}}/dst/{number:02}" for number in range(4)],
            "logs": "/var/lib/plotman/logs",
        },
        "plotting": {
            "plotter": "chia",
            "keys": {"farmer": "a" * 96, "pool": "b" * 96},
            "options": {"threads": 2, "buckets": 128, "buffer": 3389},
        },
        "scheduling": {"max_jobs": 24, "stagger": "10m", "tmp": {"max_jobs": 3, "stagger": {"until": "2:1"}}},
        "space": {"floor": "20GB", "resume": "60GB"},
        "archive": [
            {
                "name": f"farmer{number}",
                "host": f"farmer{number}.${{var.site}}.lan",
                "disks": "/farm/*",
                "transport": {"kind": "rsync", "bandwidth": "80MB/s"},
                "limits": {"transfers": 2, "per_disk": 1},
            }
            for number in range(4)
        ],
        "clean": {"orphans_after": "6h"},
    }


def _site(number: int) -> dict[str, Value]:
    return {
        "extends": "../base.yaml",
        "vars": {"site": f"site{number}"},
        "host": {"labels": {"site": f"site{number}"}},
        "archive": [{"name": "farmer0", "identity": "/etc/plotman/site_key"}],
    }


def _group(number: int) -> dict[str, Value]:
    return {
        "extends": "../base.yaml",
        "delete": ["directories.tmp[/mnt/tmp/09]", "plotting.options.buffer"],
        "directories": {
            "tmp": [
                {"path": f"/mnt/tmp/{one:02}", "max_jobs": 3 + number % 3, "floor": "40GB"}
                for one in range(6)
            ]
        },
        "plotting": {"options": {"threads": 2 + number % 4}},
    }


def _host(number: int) -> dict[str, Value]:
    name = f"h{number:03}"
    return {
        "extends": [f"../sites/s{number % SITES}.yaml", f"../groups/g{number % GROUPS}.yaml"],
        "host": {
            "name": name,
            "address": f"{name}.lan",
            "labels": {"ring": "canary" if number < 3 else "main"},
        },
        "directories": {
            "tmp": [*(f"/mnt/own/{one}" for one in range(3)), {"path": "/mnt/tmp/00", "max_jobs": 5}]
        },
        "scheduling": {"max_jobs": 12 + number % 13},
    }


if __name__ == "__main__":
    main()
