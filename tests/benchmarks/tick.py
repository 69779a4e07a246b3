"""What a tick costs: ``python -m tests.benchmarks.tick [JOBS KILOBYTES OTHERS]...``

On a farm of JOBS look-alike jobs with KILOBYTES of log each and OTHERS unrelated processes, 10 tmp, 10 dst, 4 farm
disks, 100 waiting plots and 100 settled logs, one loop that plots and archives looks, judges every
candidate and does nothing. Between two ticks each log grows by 40 lines: 20 s of two lines a second. CPU is the
whole process's own clock; `first` is the first tick, which reads all logs. Beside it, in the same run, the original's
`plot` and `archive` look at the same farm; ``--alone`` leaves it out.
"""

from __future__ import annotations

import gc
import io
import os
import statistics
import sys
import tempfile
import time
from contextlib import redirect_stdout
from pathlib import Path

from reconciler.machine.table import YOUNG
from tests.benchmarks.alone import alone
from tests.benchmarks.crowd import Crowd, settle, spawn
from tests.benchmarks.original import Original

CELLS = ((1, 20, 0), (50, 300, 500), (200, 300, 500), (200, 2048, 2000))
TICKS = 20
ORIGINAL_TICKS = 3
LINES = 40
ME = "tests.benchmarks.tick"


def main() -> None:
    """Run it and print the table."""
    if sys.argv[1:2] == ["--loop"]:
        loop(sys.argv[2])
        return
    alone(ME)
    beside = "--alone" not in sys.argv
    numbers = [int(word) for word in sys.argv[1:] if word != "--alone"]
    cells = [tuple(numbers[at : at + 3]) for at in range(0, len(numbers), 3)] or CELLS
    print(
        f"{'jobs':>5}{'log KB':>8}{'others':>8}{'first ms':>10}{'tick ms':>9}{'least':>8}{'most':>8}{'MiB':>7}"
        f"{'original':>10}{'ratio':>8}"
    )
    for jobs, kilobytes, others in cells:
        with tempfile.TemporaryDirectory() as root:
            crowd = Crowd(Path(root), jobs, kilobytes * 1000, others)
            try:
                first, rest, memory = measure(crowd)
                peer = statistics.median(measure_original(crowd)) if beside else None
            finally:
                crowd.close()
        middle = statistics.median(rest)
        row = f"{jobs:5}{kilobytes:8}{others:8}{first:10.1f}{middle:9.1f}{min(rest):8.1f}{max(rest):8.1f}{memory:7.1f}"
        print(row + (f"{peer:10.0f}{peer / middle:7.1f}x" if peer is not None else ""), flush=True)


def measure(crowd: Crowd) -> tuple[float, list[float], float]:
    """(ms of the first tick, ms of each steady one, MiB that the loop takes at its most)."""
    settle(YOUNG + 1)
    tool = spawn([sys.executable, "-m", ME, "--loop", str(crowd.spec)])
    assert tool.stdin is not None and tool.stdout is not None
    costs = []
    for _ in range(TICKS + 2):
        crowd.grow(LINES)
        tool.stdin.write("\n")
        tool.stdin.flush()
        milliseconds, memory = map(float, tool.stdout.readline().split())
        costs.append(milliseconds)
    tool.stdin.close()
    tool.wait()
    return costs[0], costs[2:], memory


def measure_original(crowd: Crowd) -> list[float]:
    """ms of each steady tick of the original's two loops together."""
    original = Original(crowd)
    try:
        costs = []
        for _ in range(ORIGINAL_TICKS + 1):
            crowd.grow(LINES)
            costs.append(original.tick())
    finally:
        original.close()
    return costs[1:]


def loop(spec: str) -> None:
    """The daemon: a tick for each line that comes in, and its cost as a line."""
    from reconciler.commands import RUBBISH
    from reconciler.commands.context import Farm
    from reconciler.commands.looping import ARCHIVING, PLOTTING, teller
    from reconciler.commands.screen import Screen
    from reconciler.loop import Loop

    # As every command does.
    gc.set_threshold(RUBBISH)
    farm = Farm.open(spec, following=True)
    told = io.StringIO()
    report = teller(farm, Screen.of(ascii=False))
    daemon = Loop(farm.source, farm.world, farm.plotters, works=(*PLOTTING, *ARCHIVING), report=report)
    with daemon.locks():
        for _ in sys.stdin:
            before = time.process_time()
            with redirect_stdout(told):
                ticked = daemon.tick()
            cost = time.process_time() - before
            assert not ticked.outcomes, ticked.outcomes
            print(f"{cost * 1000:.3f} {_memory():.1f}", flush=True)
    if os.environ.get("BENCHMARK_SHOW"):
        print(told.getvalue(), file=sys.stderr)


def _memory() -> float:
    """MiB that this process has taken at its most."""
    status = Path("/proc/self/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) / 1024


if __name__ == "__main__":
    main()
