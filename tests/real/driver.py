"""A loop as a process of its own, which can be killed, also by itself at a named step."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

from reconciler.commands.context import load_spec
from reconciler.loop import Loop, Work
from reconciler.machine import LocalMachine, LocalWorld
from reconciler.plotters import Plotters
from reconciler.sources.file import FileSource
from tests.real.sight import PATIENCE

BOTH: tuple[Work, ...] = ("plotting", "archiving")


@dataclass(frozen=True)
class Place:
    """The `count`th time that a step is reached."""

    step: str
    count: int = 1


@dataclass(frozen=True)
class Task:
    """What a loop shall do.

    once: one tick; else until settled, or for ever. steps: the file that each step's name is written to, a line each.
    die: where the loop ends itself by kill -9. host: the machine's name; empty: its own.
    """

    spec: str
    once: bool = False
    works: tuple[Work, ...] = BOTH
    steps: str = ""
    die: Place | None = None
    for_ever: bool = False
    host: str = ""


@cache
def plotters() -> Plotters:
    return Plotters.load()


def loop(
    spec: str, works: tuple[Work, ...] = BOTH, step: Callable[[str], None] = lambda _: None, host: str = ""
) -> Loop:
    """A new loop, which knows nothing of those before it."""
    source = FileSource(spec, lambda files, path: load_spec(path, plotters(), files))
    machine = LocalMachine(deadline=PATIENCE, step=step)
    machine.host = host or machine.host
    return Loop(source, LocalWorld(machine), plotters(), works=works)


def run(task: Task) -> None:
    """The process."""
    here = loop(task.spec, task.works, _step(task), task.host)
    if task.once:
        with here.locks():
            here.tick()
    else:
        here.run(lambda: False, until_settled=not task.for_ever)


def _step(task: Task) -> Callable[[str], None]:
    told = os.open(task.steps, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC) if task.steps else -1
    left = task.die.count if task.die is not None else 0

    def step(name: str) -> None:
        nonlocal left
        if told >= 0:
            os.write(told, f"{name}\n".encode())
        if task.die is not None and name == task.die.step:
            left -= 1
            if left == 0:
                os.kill(os.getpid(), signal.SIGKILL)

    return step


# What is imported and read once is shared by all loops that are forked from here.
plotters()
