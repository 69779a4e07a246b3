"""What a move costs beside bare ``cp`` and ``sync`` of the same file, between two folders.

``python -m tests.benchmarks.archive [--megabytes N] [--rounds N] [--source DIR] [--disk DIR]``

The mover also reads back and compares what it wrote, which cp does not; the table shows both shares. Both
start with the source out of memory. Each round runs cp first, then the mover; the best of each counts.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from reconciler.errand import Errand, to_argv
from reconciler.transports.kernel import forget_cached

PLOT = "benchmark.plot"


def main() -> None:
    """Run it and print the table."""
    parser = argparse.ArgumentParser(description="Time a move beside cp and sync.")
    parser.add_argument("--megabytes", type=int, default=1074, help="the file's size, in 1,000,000 bytes")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--source", default=tempfile.gettempdir(), help="a folder on the disk to read from")
    parser.add_argument("--disk", default=tempfile.gettempdir(), help="a folder on the disk to write to")
    wanted = parser.parse_args()
    with (
        tempfile.TemporaryDirectory(dir=wanted.source) as source,
        tempfile.TemporaryDirectory(dir=wanted.disk) as disk,
    ):
        rounds = [_round(Path(source), Path(disk), wanted.megabytes) for _ in range(wanted.rounds)]
    bare, copied, whole = (min(column) for column in zip(*rounds, strict=True))
    print(f"{'':28}{'seconds':>9}{'MB/s':>8}{'to cp':>8}")
    for what, seconds in (
        ("cp and sync", bare),
        ("mover, until synced", copied),
        ("mover, verified and done", whole),
    ):
        print(f"{what:28}{seconds:9.2f}{wanted.megabytes / seconds:8.0f}{seconds / bare:7.2f}x")


def _round(source: Path, disk: Path, megabytes: int) -> tuple[float, float, float]:
    """Seconds of cp and sync, of the mover until its copy is synced, and of the whole mover process."""
    plot = source / PLOT
    with plot.open("wb") as file:
        for _ in range(megabytes):
            file.write(os.urandom(1_000_000))
    _forget(plot)
    began = time.monotonic()
    subprocess.run(["cp", str(plot), str(disk)], check=True)
    subprocess.run(["sync", str(disk / PLOT)], check=True)
    bare = time.monotonic() - began
    (disk / PLOT).unlink()
    _forget(plot)
    errand = Errand(
        plot=PLOT, source=str(source), farmer="-", disk=str(disk), transport="local", host="here", id="0"
    )
    argv = [sys.executable, "-m", "reconciler.transports.mover", *to_argv(errand)]
    at, began = time.time(), time.monotonic()
    told = subprocess.run(argv, check=True, stdout=subprocess.PIPE).stdout
    whole = time.monotonic() - began
    events = [json.loads(line) for line in told.splitlines()]
    synced = next(event["at"] for event in events if event.get("step") == "synced")
    (disk / PLOT).unlink()
    return bare, synced - at, whole


def _forget(path: Path) -> None:
    """Flush the file, and let memory drop it."""
    with path.open("rb") as file:
        os.fsync(file.fileno())
        forget_cached(file.fileno(), 0, 0)


if __name__ == "__main__":
    main()
