"""How fast logs are read, per definition: ``python -m tests.benchmarks.logs [MEGABYTES]``.

Each definition reads a log of its own sample lines, in one block: a cold look. Every step is followed by a
hundred lines that say nothing, as in a real log of chiapos.
"""

from __future__ import annotations

import sys
import time

from reconciler.plotters import Plotter, Plotters

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


def speed(plotter: Plotter, data: bytes) -> float:
    """Bytes a second of CPU, the best of five."""
    best = float("inf")
    for _ in range(5):
        start = time.process_time()
        plotter.fold(plotter.begin(), data)
        best = min(best, time.process_time() - start)
    return len(data) / best


def main() -> None:
    """Print a line for each definition."""
    megabytes = int(sys.argv[1]) if len(sys.argv) > 1 else 4
    for name, plotter in sorted(Plotters.load().items()):
        one = log(plotter, 1)
        data = one * (megabytes * 1_000_000 // len(one) + 1)
        print(f"{name:<12} {speed(plotter, one) / 1e6:8.0f} MB/s  one plot, {len(one) / 1e3:.0f} kB")
        print(f"{name:<12} {speed(plotter, data) / 1e6:8.0f} MB/s  {len(data) / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
