"""What it costs to start: ``python -m tests.benchmarks.startup [RUNS]``.

CPU of whole processes, beside ``python -c pass``: the commands that people type, on a small farm without jobs.
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

RUNS = 9
COMMANDS = (("version",), ("--help",), ("plan",), ("status",))


def main() -> None:
    """Run it and print the table."""
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else RUNS
    with tempfile.TemporaryDirectory() as root:
        _farm(Path(root))
        env = {**os.environ, "PLOTMAN_SPEC": f"{root}/spec.yaml"}
        cases: dict[str, Sequence[str]] = {"python -c pass": ("-c", "pass")}
        cases |= {f"plotman {' '.join(words)}": ("-m", "reconciler", *words) for words in COMMANDS}
        # In turn, so that what else this machine does falls on all alike.
        costs = {name: [_cost(words, env)] for name, words in cases.items()}
        for _ in range(runs - 1):
            for name, words in cases.items():
                costs[name].append(_cost(words, env))
    bare = statistics.median(cpu for cpu, _ in costs["python -c pass"])
    print(f"{'':18}{'CPU ms':>8}{'least':>8}{'to pass':>9}{'MiB':>7}")
    for name, found in costs.items():
        middle, least = statistics.median(cpu for cpu, _ in found), min(cpu for cpu, _ in found)
        print(f"{name:18}{middle * 1000:8.0f}{least * 1000:8.0f}{middle / bare:8.1f}x{found[0][1]:7.1f}")


def _cost(words: Sequence[str], env: dict[str, str]) -> tuple[float, float]:
    """(CPU seconds, MiB at the most) of one process."""
    process = subprocess.Popen([sys.executable, *words], env=env, stdout=subprocess.DEVNULL)
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0, words
    return used.ru_utime + used.ru_stime, used.ru_maxrss / 1024


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
