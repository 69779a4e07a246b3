"""How fast logs are read, per definition: ``python -m tests.benchmarks.logs [MEGABYTES]``.

Each definition reads a log of its own sample lines, where every step is followed by a hundred lines that say nothing,
as in a real log of chiapos. MB a second of CPU, the best of five runs: one plot's log in one block, which is a cold
look at a job; many plots' logs in one, of that many MEGABYTES (left out: 4); and one plot's log in pieces of 3 KB,
which is what comes between two looks, with the microseconds that one piece takes.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence

from reconciler.plotters import Plotter, Plotters

RUNS = 5
GROWN = 3000
"""Bytes that a log grows by between two looks: 20 s of two lines a second."""
NOISE = b"\tBucket 17 uniform sort. Ram: 3.250GiB, u_sort min: 0.563GiB, qs min: 0.281GiB.\n" * 100


def log(plotter: Plotter, plots: int) -> bytes:
    """So many plots' logs, one behind the other."""
    lines = []
    for number in range(plots):
        plot_id = f"{number:064x}"
        for line in plotter.sample():
            text = line.render(
                plot_id=plot_id,
                k=32,
                tmp="/mnt/tmp/00",
                tmp2="/mnt/tmp/00",
                dst="/mnt/dst/00",
                date="2026-01-01-00-00",
                name=f"plot-k32-2026-01-01-00-00-{plot_id}.plot",
            )
            lines.append(text.encode() + b"\n" + (NOISE if line.phase else b""))
    return b"".join(lines)


def speed(plotter: Plotter, pieces: Sequence[bytes]) -> float:
    """Bytes a second of CPU, the best of five."""
    best = float("inf")
    for _ in range(RUNS):
        start = time.process_time()
        state = plotter.begin()
        for piece in pieces:
            state = plotter.fold(state, piece)
        best = min(best, time.process_time() - start)
    return sum(map(len, pieces)) / best


def main() -> None:
    """Print a line for each definition."""
    megabytes = int(sys.argv[1]) if len(sys.argv) > 1 else 4
    print(f"{'':20}{'KB':>6}{'one plot':>10}{f'{megabytes} MB':>8}{'grown':>8}   MB/s{'us a look':>12}")
    for name, plotter in sorted(Plotters.load().items()):
        one = log(plotter, 1)
        many = one * (megabytes * 1_000_000 // len(one) + 1)
        pieces = [one[at : at + GROWN] for at in range(0, len(one), GROWN)]
        cold, whole, grown = (speed(plotter, each) for each in ([one], [many], pieces))
        row = f"{name:20}{len(one) / 1e3:6.0f}{cold / 1e6:10.0f}{whole / 1e6:8.0f}{grown / 1e6:8.0f}"
        print(f"{row}{'':7}{GROWN / grown * 1e6:12.1f}", flush=True)


if __name__ == "__main__":
    main()
