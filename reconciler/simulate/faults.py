"""What can go wrong on purpose."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

from reconciler.noun import noun
from reconciler.simulate.disks import Disks, File
from reconciler.simulate.processes import Process


class Crash(BaseException):
    """The running program ends here, as by SIGKILL: no code of it may catch this."""


class Fuse:
    """A `step` that writes down each step's name, and lets the world end at one of them.

    at: its number, counted from 0, or its name (the first of that name); None: never.
    """

    def __init__(self, at: int | str | None = None) -> None:
        self.at = at
        self.steps: list[str] = []

    def __call__(self, name: str) -> None:
        """Pass a step."""
        number = len(self.steps)
        self.steps.append(name)
        if self.at in (number, name):
            self.at = None
            raise Crash(f"at step {number}, {name}")


@noun(kw_only=True)
class Fate:
    """How a process comes to grief.

    at: the phase of a job ("2:1") or the step of a mover ("copying") at whose beginning it does.
    how: dies: it says its words and ends; hangs: it says them and stays for ever.
    words: what a plotter's log says; for a mover, the error. kind: a mover's kind of failure, None: it
        ends without a word.
    """

    at: str
    how: Literal["dies", "hangs"] = "dies"
    words: str = ""
    kind: str | None = None


@dataclass(slots=True)
class Faults:
    """What is wrong with a computer.

    process_table: why it cannot be read. exec_delay: seconds from a fork to its exec.
    no_exec: why nothing can be started. fate: what happens to a process, asked once when it starts.
    """

    process_table: str | None = None
    exec_delay: float = 0.0
    no_exec: str | None = None
    fate: Callable[[Process], Fate | None] = field(default=lambda _: None)


def fill(disks: Disks, path: str, leave: int) -> None:
    """Let something else take the room of a device, up to so many bytes that stay free."""
    device = disks.device(path)
    device.others = max(0, device.total - device.used - leave)


def garble(file: File, data: bytes) -> None:
    """Put other bytes in a small file's place; its size stays as far as they reach."""
    file.device.take(len(data) - file.size)
    file.data[:] = data
    file.size = len(data)
