"""Simulations side by side, each on a processor of its own."""

from __future__ import annotations

import signal
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from multiprocessing import active_children, get_context
from os import cpu_count
from typing import TYPE_CHECKING

from reconciler.commands.context import load_plotters
from reconciler.commands.simulating import play
from reconciler.noun import noun
from reconciler.simulate.outcome import Result

if TYPE_CHECKING:
    from reconciler.description import MachineDescription
    from reconciler.spec.loaded import Loaded


@noun
class Task:
    """One simulation. path: of the spec, beside which its plotters may lie; warm_up: days of them that do not count."""

    path: str
    described: MachineDescription
    loaded: Loaded
    days: float
    warm_up: float
    seed: int


class Arena:
    """Where simulations run: new processes of this program, which end with the `with`, also in the middle."""

    def __init__(self, processes: int) -> None:
        self._pool = ProcessPoolExecutor(processes, mp_context=get_context("spawn"))

    def __enter__(self) -> Arena:
        return self

    def __exit__(self, *_: object) -> None:
        self._pool.shutdown(wait=False, cancel_futures=True)
        for process in active_children():
            process.terminate()

    def play(self, tasks: Sequence[Task]) -> Iterator[Result]:
        """What comes of each, in their order. Raises what the simulation raises."""
        with _deaf():
            futures = [self._pool.submit(run, task) for task in tasks]
        for future in futures:
            yield future.result()


def processors() -> int:
    """How many there are."""
    return cpu_count() or 1


def run(task: Task) -> Result:
    """One of them, without its pictures."""
    found = play(
        task.described,
        task.loaded,
        load_plotters(task.path),
        days=task.days,
        warm_up=task.warm_up,
        seed=task.seed,
    )
    return replace(found, moments=())


@contextmanager
def _deaf() -> Iterator[None]:
    """What is started here does not hear Ctrl-C, which is for this process to answer."""
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
