"""What it costs to start: ``python -m tests.benchmarks.startup [RUNS] [--alone]``.

CPU of whole processes, beside ``python -c pass``: the commands that people type, on a small farm without jobs; then
`status` beside the original's on a farm of 50 jobs with 300 KB of log each among 500 other processes. ``--alone``
leaves the original out. What a command keeps of documents and logs serves the next; `first` is without all that.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import TypeAlias

from tests.benchmarks.alone import alone
from tests.benchmarks.crowd import Crowd
from tests.benchmarks.original import Original

RUNS = 9
COMMANDS = (("version",), ("--help",), ("plan",), ("status",))
CROWD = (50, 300_000, 500)
"""Jobs, bytes of each log, other processes."""
NOWHERE = "/dev/null"
"""A cache in which nothing can be kept."""
Cases: TypeAlias = dict[str, tuple[list[str], dict[str, str]]]
"""By its name each command: argv and environment."""


def main() -> None:
    """Run it and print the table."""
    alone("tests.benchmarks.startup")
    runs = next((int(word) for word in sys.argv[1:] if word.isdecimal()), RUNS)
    with tempfile.TemporaryDirectory() as root:
        _farm(Path(root))
        env = {**os.environ, "PLOTMAN_SPEC": f"{root}/spec.yaml", "XDG_CACHE_HOME": f"{root}/cache"}
        cases: Cases = {"python -c pass": ([sys.executable, "-c", "pass"], env)}
        cases |= {f"plotman {' '.join(words)}": (_mine(*words), env) for words in COMMANDS}
        _table(runs, cases)
    print()
    with tempfile.TemporaryDirectory() as root:
        crowd = Crowd(Path(root), *CROWD)
        try:
            env = {**os.environ, "PLOTMAN_SPEC": str(crowd.spec)}
            cases = {
                "plotman status": (_mine("status"), {**env, "XDG_CACHE_HOME": f"{root}/cache"}),
                "first": (_mine("status"), {**env, "XDG_CACHE_HOME": NOWHERE}),
            }
            if "--alone" not in sys.argv:
                cases = {"original status": Original.command(crowd, "status"), **cases}
            _table(runs, cases)
        finally:
            crowd.close()


def _mine(*words: str) -> list[str]:
    return [sys.executable, "-m", "reconciler", *words]


def _table(runs: int, cases: Cases) -> None:
    """Run each so often, in turn, so that what else this machine does falls on all alike."""
    costs: dict[str, list[float]] = {name: [] for name in cases}
    for _ in range(runs):
        for name, (argv, env) in cases.items():
            costs[name].append(_cost(argv, env))
    first, *_ = cases
    bare = statistics.median(costs[first])
    print(f"{'':18}{'CPU ms':>8}{'least':>8}{'to first':>10}")
    for name, found in costs.items():
        middle, least = statistics.median(found), min(found)
        print(f"{name:18}{middle * 1000:8.0f}{least * 1000:8.0f}{middle / bare:9.2f}x")


def _cost(argv: Sequence[str], env: dict[str, str]) -> float:
    """CPU seconds of one process and what it waited for."""
    process = subprocess.Popen(argv, env=env, stdout=subprocess.DEVNULL)
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0, argv
    return used.ru_utime + used.ru_stime


def _farm(root: Path) -> None:
    """Ten tmp, ten dst and four farm disks."""
    places = {kind: [root / kind / f"{n:02}" for n in range(count)] for kind, count in _COUNTS.items()}
    for path in (root / "logs", *(path for paths in places.values() for path in paths)):
        path.mkdir(parents=True)
    document = {
        "version": 3,
        "directories": {
            "tmp": [str(path) for path in places["tmp"]],
            "dst": [str(path) for path in places["dst"]],
            "logs": f"{root}/logs",
        },
        "plotting": {"plotter": "chia", "keys": {"farmer": "a" * 96, "pool": "b" * 96}},
        "archive": [{"name": "farm", "disks": f"{root}/farm/*"}],
    }
    (root / "spec.yaml").write_text(json.dumps(document))


_COUNTS = {"tmp": 10, "dst": 10, "farm": 4}


if __name__ == "__main__":
    main()
