"""The mover as a process that sends itself a signal when it comes to a step."""

from __future__ import annotations

import fcntl
import multiprocessing
import os
import signal
import sys
from collections.abc import Sequence
from multiprocessing.process import BaseProcess

from reconciler.transports import TRANSPORTS
from reconciler.transports.mover import main

_FORKS = multiprocessing.get_context("forkserver")
_FORKS.set_forkserver_preload([__name__, *(where.partition(":")[0] for where in TRANSPORTS.values())])


def fork(log: str, argv: Sequence[str], at: Sequence[str]) -> BaseProcess:
    """Start a mover whose modules are loaded already. at: a step, which time, and the signal; empty: none."""
    process = _FORKS.Process(target=_run, args=(log, tuple(argv), tuple(at)))
    process.start()
    return process


def _run(log: str, argv: Sequence[str], at: Sequence[str]) -> None:
    """Within the process: as `python -m reconciler.transports.mover` would, with that log."""
    out = os.open(log, os.O_WRONLY | os.O_APPEND)
    fcntl.flock(out, fcntl.LOCK_EX | fcntl.LOCK_NB)
    os.dup2(out, 1)
    os.dup2(out, 2)
    os.close(out)
    sys.argv[1:] = argv
    sys.exit(_drive(at[0], int(at[1]), signal.Signals[at[2]]) if at else main())


def _drive(name: str, count: int, number: int) -> int:
    left = count

    def step(reached: str) -> None:
        nonlocal left
        left -= reached == name
        if reached == name and left == 0:
            os.kill(os.getpid(), number)

    return main(step)
