"""What a loop costs between its ticks: ``python -m tests.benchmarks.idle [SECONDS]``.

A loop that plots and archives, with all that listens to it, on a farm of 50 jobs that sleep and write two lines of log
a second, among 500 other processes; nothing is to be done. CPU is the process's own, threads and all; what its ticks
took, and what it took beyond them, as shares of one core; and the memory that it takes in the end.
"""

from __future__ import annotations

import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path

from reconciler.machine.table import YOUNG
from tests.benchmarks.alone import alone
from tests.benchmarks.crowd import Crowd, settle, spawn

ME = "tests.benchmarks.idle"
SECONDS = 65
CROWD = (50, 300_000, 500)
"""Jobs, bytes of each log, other processes."""


def main() -> None:
    """Run it and print the table."""
    if sys.argv[1:2] == ["--loop"]:
        loop(sys.argv[2], float(sys.argv[3]))
        return
    alone(ME)
    seconds = sys.argv[1] if len(sys.argv) > 1 else str(SECONDS)
    with tempfile.TemporaryDirectory() as root:
        crowd = Crowd(Path(root), *CROWD)
        try:
            settle(YOUNG + 1)
            tool = spawn([sys.executable, "-m", ME, "--loop", str(crowd.spec), seconds])
            while tool.poll() is None:
                crowd.grow(1)
                time.sleep(0.5)
            assert tool.stdout is not None
            told = tool.stdout.read().splitlines()[-1].split()
            ticks, wall, in_ticks, beyond, memory = map(float, told)
        finally:
            crowd.close()
    print(f"{'ticks':>6}{'seconds':>9}{'in ticks':>10}{'beyond them':>13}{'MiB':>7}")
    print(f"{ticks:6.0f}{wall:9.0f}{in_ticks / wall:10.3%}{beyond / wall:13.3%}{memory:7.1f}")


def loop(spec: str, seconds: float) -> None:
    """The daemon, for that long at least; it ends with a tick."""
    from reconciler.commands.context import Farm
    from reconciler.commands.looping import ARCHIVING, PLOTTING
    from reconciler.commands.notifying import notifying
    from reconciler.commands.wakening import wakening
    from reconciler.events import Event
    from reconciler.loop import Loop, Ticked

    class Timed(Loop):
        """Keeps what its ticks have cost in CPU seconds, and when the first one was over."""

        ticks, cost, begun, used = 0, 0.0, 0.0, 0.0

        def tick(self) -> Ticked:
            before = time.process_time()
            ticked = super().tick()
            if self.begun:
                self.ticks += 1
                self.cost += time.process_time() - before
            else:
                self.begun, self.used = time.monotonic(), time.process_time()
            return ticked

    farm, works = Farm.open(spec, following=True), (*PLOTTING, *ARCHIVING)
    with ExitStack() as stack:
        hearing = [
            stack.enter_context(notifying(farm, works, lambda _: None)),
            stack.enter_context(wakening(farm, works)),
        ]

        def report(event: Event) -> None:
            for hear in hearing:
                hear(event)

        daemon = Timed(farm.source, farm.world, farm.plotters, works=works, report=report)
        daemon.run(lambda: bool(daemon.begun) and time.monotonic() - daemon.begun >= seconds)
        wall, used = time.monotonic() - daemon.begun, time.process_time() - daemon.used
        resident = int(Path("/proc/self/status").read_text().partition("VmRSS:")[2].split()[0])
    print(daemon.ticks, wall, daemon.cost, used - daemon.cost, resident / 1024)


if __name__ == "__main__":
    main()
