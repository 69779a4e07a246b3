"""How promptly the next job starts: ``python -m tests.benchmarks.gap [--seconds S] [--rounds N] [--k K]``.

Real plots, one at a time: a bare shell loop back to back, and this tool's loop (``stagger: 0s``,
``max_jobs: 1``, all else as it is by default) with the very same plotter command, in turn. A plot counts
when it is done within the round; the one that runs at its end counts by the share of the usual time
that it has had.
"""

from __future__ import annotations

import argparse
import json
import os
import shlex
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from reconciler.plotters import Order, Plotters
from tests.benchmarks.alone import alone


def main() -> None:
    """Run it and print the table."""
    parser = argparse.ArgumentParser(description="Plots a minute beside a bare loop.")
    parser.add_argument("--seconds", type=float, default=40.0, help="of each half of a round")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--k", type=int, default=18)
    wanted = parser.parse_args()
    alone("tests.benchmarks.gap")
    print(f"{'round':>5}{'bare, plots/min':>17}{'ours, plots/min':>17}{'ours/bare':>11}{'gap ms':>9}{'CPU ms a plot':>15}")
    shares = []
    for number in range(1, wanted.rounds + 1):
        bare = _bare(wanted.k, wanted.seconds)
        ours, gap, cost = _ours(wanted.k, wanted.seconds)
        shares.append(ours / bare)
        print(f"{number:5}{bare:17.2f}{ours:17.2f}{ours / bare:11.1%}{gap * 1000:9.0f}{cost * 1000:15.0f}", flush=True)
    print(f"median{statistics.median(shares):44.1%}")


def _bare(k: int, seconds: float) -> float:
    """Plots a minute of a shell loop."""
    with tempfile.TemporaryDirectory() as root:
        tmp, dst, logs = _folders(Path(root))
        argv = Plotters.load()["chiapos"].build(_order(k, tmp, dst))
        line = f'n=0; while :; do n=$((n+1)); {shlex.join(argv)} > "{logs}/$n.log" 2>&1 </dev/null || exit; done'
        loop = subprocess.Popen(["/bin/sh", "-c", line], start_new_session=True)
        time.sleep(seconds)
        os.killpg(loop.pid, signal.SIGKILL)
        loop.wait()
        return _rate(sorted(logs.glob("*.log")))


def _ours(k: int, seconds: float) -> tuple[float, float, float]:
    """(plots a minute, seconds from a job's end to the next one's start in the middle, CPU seconds a plot)."""
    with tempfile.TemporaryDirectory() as root:
        tmp, dst, logs = _folders(Path(root))
        spec = Path(root) / "spec.yaml"
        document = {
            "version": 3,
            "directories": {"tmp": [str(tmp)], "dst": [str(dst)], "logs": str(logs)},
            "plotting": {"plotter": "chiapos", "k": k, "nice": 0},
            "scheduling": {"max_jobs": 1, "stagger": "0s"},
        }
        spec.write_text(json.dumps(document))
        said = subprocess.DEVNULL
        loop = subprocess.Popen([sys.executable, "-m", "reconciler", "apply", "-f", str(spec)], stdout=said)
        time.sleep(seconds)
        cost = _cpu(loop.pid)
        loop.terminate()
        loop.wait()
        found = sorted(logs.rglob("*.plot*.log"))
        return 0.0, 0.0, cost / max(1, len(found))
