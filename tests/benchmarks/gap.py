"""How promptly the next job starts: ``python -m tests.benchmarks.gap [--seconds S] [--rounds N] [--k K] [--together]``.

Real plots, one at a time: a bare shell loop back to back, and this tool's loop (``stagger: 0s``,
``max_jobs: 1``, all else as it is by default) with the very same plotter command, in turn. Plots a minute are
those from the second plot's landing to the last one's, by the times of the files: from one
landing to the next a plot is made and the next job is started, so the gap is in each. On a machine that others use
the two are run at the same time, ``--together``, so that what others do falls on both alike.
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
import shlex
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

from reconciler.plotters import Order, Plotters
from tests.benchmarks.alone import alone

REPOSITORY = str(Path(__file__).resolve().parents[2])
"""Where the plotter's module is found, also from another folder and without being installed."""


def main() -> None:
    """Run it and print the table."""
    parser = argparse.ArgumentParser(description="Plots a minute beside a bare loop.")
    parser.add_argument("--seconds", type=float, default=40.0, help="of each half of a round")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--k", type=int, default=18)
    parser.add_argument("--together", action="store_true", help="both at the same time")
    wanted = parser.parse_args()
    alone("tests.benchmarks.gap")
    print(
        f"{'round':>6}{'bare, plots/min':>17}{'ours, plots/min':>17}{'ours/bare':>11}{'its CPU ms a plot':>19}"
    )
    bares: list[float] = []
    ours: list[float] = []
    for number in range(1, wanted.rounds + 1):
        with ThreadPoolExecutor(2 if wanted.together else 1) as threads:
            halves = [threads.submit(_run, wanted.k, wanted.seconds, command) for command in (_bare, _mine)]
            (bare, _), (mine, cost) = (half.result() for half in halves)
        bares += bare
        ours += mine
        share = statistics.mean(bare) / statistics.mean(mine)
        row = f"{number:6}{60 / statistics.mean(bare):17.2f}{60 / statistics.mean(mine):17.2f}{share:11.1%}"
        print(f"{row}{cost * 1000:19.0f}", flush=True)
    share, middle = (of(bares) / of(ours) for of in (statistics.mean, statistics.median))
    print(f"   all{60 / statistics.mean(bares):17.2f}{60 / statistics.mean(ours):17.2f}{share:11.1%}")
    print(f"median plot: {statistics.median(bares):.3f} s, {statistics.median(ours):.3f} s; {middle:.1%}")


def _run(k: int, seconds: float, command: Callable[[Path, int], Sequence[str]]) -> tuple[list[float], float]:
    """(seconds from each landing to the next, CPU seconds a plot of the process that starts them)."""
    with tempfile.TemporaryDirectory() as place:
        root = Path(place)
        for name in ("tmp", "dst", "logs"):
            (root / name).mkdir()
        env = {**os.environ, "PYTHONPATH": REPOSITORY}
        said = subprocess.DEVNULL
        loop = subprocess.Popen(command(root, k), stdout=said, start_new_session=True, env=env)
        time.sleep(seconds)
        cost = _cpu(loop.pid)
        landed = sorted(path.stat().st_mtime for path in (root / "dst").glob("*.plot"))
        loop.kill()
        loop.wait()
        for pid in _plotting(root):
            os.kill(pid, signal.SIGKILL)
        while _plotting(root):
            time.sleep(0.01)
        return [after - before for before, after in itertools.pairwise(landed[1:])], cost / len(landed)


def _bare(root: Path, k: int) -> Sequence[str]:
    """A shell loop with the command that the tool would run."""
    order = Order(k=k, tmp=str(root / "tmp"), tmp2=None, dst=str(root / "dst"))
    argv = shlex.join(Plotters.load()["chiapos"].build(order))
    return "/bin/sh", "-c", f"while :; do {argv} >> {root}/logs/bare.log 2>&1 </dev/null || exit; done"


def _mine(root: Path, k: int) -> Sequence[str]:
    """The tool's loop, with no other settings than those that a bare loop has, too."""
    document = {
        "version": 3,
        "directories": {"tmp": [f"{root}/tmp"], "dst": [f"{root}/dst"], "logs": f"{root}/logs"},
        "plotting": {"plotter": "chiapos", "k": k, "nice": 0},
        "scheduling": {"max_jobs": 1, "stagger": 0},
    }
    spec = root / "spec.yaml"
    spec.write_text(json.dumps(document))
    return sys.executable, "-m", "reconciler", "apply", "-f", str(spec)


def _cpu(pid: int) -> float:
    """CPU seconds that a process has used itself."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _plotting(root: Path) -> list[int]:
    """Processes whose output goes to a log there; all of them were started here."""
    found = []
    for entry in os.listdir("/proc"):
        if entry.isdecimal():
            with suppress(OSError):
                if os.readlink(f"/proc/{entry}/fd/1").startswith(f"{root}/logs/"):
                    found.append(int(entry))
    return found


if __name__ == "__main__":
    main()
