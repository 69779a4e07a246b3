"""Plays a remover: the steps, log lines and effects of `transports/remover.py`, on a disk here or at a farmer."""

from __future__ import annotations

import json
from collections.abc import Generator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from reconciler.errand import Farewell
from reconciler.inquiry import HEAD
from reconciler.replacing import DOUBTFUL
from reconciler.simulate.disks import Disks, File
from reconciler.simulate.faults import Fate
from reconciler.simulate.flow import Flow
from reconciler.simulate.processes import Process, Program
from reconciler.transports import failure
from reconciler.transports.failure import Failure, failure_of
from reconciler.transports.remover import fault
from reconciler.transports.standing import Sight

if TYPE_CHECKING:
    from reconciler.simulate.computer import Computer

TAKES = 2.0
"""Seconds that it takes to look at a plot, and to free its room."""
TIMEOUT = 120.0
"""Seconds of silence after which a farmer is given up."""
HANGS = 300.0
"""Seconds between two moments of a remover that does nothing."""


@dataclass(eq=False, slots=True)
class Removal:
    """An old plot on its way out."""

    farewell: Farewell
    process: Process
    fate: Fate | None = None

    def program(self, computer: Computer) -> Program:
        """The whole removal, and its outcome as the log's last line."""
        try:
            yield from self._remove(computer)
        except (Failure, OSError) as error:
            told = failure_of(self.farewell.disk, error)
            self._say(computer, outcome="failed", kind=told.kind, error=str(told))
        else:
            if self.fate is None:
                self._say(computer, outcome="finished")

    def _remove(self, computer: Computer) -> Program:
        there = yield from self._reach(computer)
        yield TAKES
        file = there.file(self.farewell.path)
        if file is None:
            self._say(computer, step="gone", done=0, bytes=0)
            return
        why = fault(self.farewell, _sight(file, computer.clock.at), computer.clock.at)
        if why is not None:
            raise failure.Conflict(f"{self.farewell.path} stays: {why}")
        for step in (DOUBTFUL, "removed"):
            if step == "removed" and there.file(self.farewell.path) is file:
                there.remove(self.farewell.path)
            self._say(computer, step=step, done=0, bytes=file.size)
            if self.fate is not None and self.fate.at == step:
                while self.fate.how == "hangs":
                    yield HANGS
                return
            yield TAKES

    def _reach(self, computer: Computer) -> Generator[float | Flow, None, Disks]:
        """The farmer's disks, once the one that is meant answers."""
        login, disk = self.farewell.way.login, self.farewell.disk
        if login is None:
            yield from computer.answers(disk)
            return computer.disks
        host = computer.network[login.host]
        if host.link != "up" or host.disks.device(disk).hung:
            yield TIMEOUT if host.link != "down" else 0.0
            raise (failure.Away if host.link == "down" else failure.Silent)(
                f"{self.farewell.farmer}: no answer"
            )
        if not host.disks.is_folder(disk):
            raise failure.Missing(f"{disk} is not there")
        return host.disks

    def _say(self, computer: Computer, **told: object) -> None:
        if self.process.output is not None:
            line = json.dumps({**told, "at": computer.clock.at})
            computer.disks.append(self.process.output, f"{line}\n".encode())


def _sight(file: File, now: float) -> Sight:
    return Sight(file.size, now - file.modified, file.bytes(0, HEAD), str(file.inode))
