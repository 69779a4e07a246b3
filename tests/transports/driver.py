"""The mover as a process that sends itself a signal when it comes to a step.

``python -m tests.transports.driver STEP COUNT SIGNAL --plot=…``: at the COUNTth time that it comes to STEP.
"""

from __future__ import annotations

import os
import signal
import sys

from reconciler.transports.mover import main


def drive(name: str, count: int, number: int) -> int:
    """The mover with that step; its exit code."""
    left = count

    def step(reached: str) -> None:
        nonlocal left
        left -= reached == name
        if reached == name and left == 0:
            os.kill(os.getpid(), number)

    return main(step)


if __name__ == "__main__":
    at, times, what = sys.argv[1:4]
    del sys.argv[1:4]
    sys.exit(drive(at, int(times), signal.Signals[what]))
