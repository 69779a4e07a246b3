"""A dst directory, a farmer's disk and the movers between them."""

from __future__ import annotations

import os
import random
import subprocess
import sys
from dataclasses import dataclass, replace
from pathlib import Path

from reconciler.errand import Errand, to_argv
from reconciler.transports.contract import Step
from reconciler.transports.mover import Log, run
from reconciler.transports.names import part_name
from reconciler.transports.record import TransferLog, fold

MEGABYTE = 1_000_000
PLOT = f"plot-k18-2024-03-01-12-00-{'5a' * 32}.plot"
ROOT = Path(__file__).parents[2]


def content(size: int, seed: int = 0) -> bytes:
    """Bytes that are no zeros and no two blocks alike."""
    return random.Random(seed).randbytes(size)


def nothing(_name: str) -> None:
    """The step of a mover that is left alone."""


@dataclass(frozen=True)
class Farm:
    """One plot's source folder, target disk and log folder. kind: the disk's file system."""

    source: Path
    disk: Path
    logs: Path
    transport: str
    plot: str = PLOT
    kind: str = ""

    @property
    def errand(self) -> Errand:
        return Errand(
            plot=self.plot,
            source=str(self.source),
            farmer="farmer",
            disk=str(self.disk),
            transport=self.transport,
            host="plotter.lan",
            id="0123456789ab",
        )

    @property
    def at_source(self) -> Path:
        return self.source / self.plot

    @property
    def at_target(self) -> Path:
        return self.disk / self.plot

    def part(self, size: int) -> Path:
        return self.disk / part_name(self.plot, size, "plotter.lan")

    def called(self, plot: str) -> Farm:
        return replace(self, plot=plot)

    def put(self, size: int = 9 * MEGABYTE + 77, seed: int = 0) -> bytes:
        data = content(size, seed)
        self.at_source.write_bytes(data)
        return data

    def move(self, step: Step = nothing) -> TransferLog:
        """One move within this process, as its log tells."""
        log = self._new_log()
        with log.open("wb") as out:
            code = run(self.errand, Log(out.fileno()), step)
        told = read(log)
        assert code == (0 if told.outcome == "finished" else 1)
        return told

    def start(self, *at: str) -> Mover:
        """A real mover; with at = step, count, signal it signals itself there."""
        log = self._new_log()
        module = ("tests.transports.driver", *at) if at else ("reconciler.transports.mover",)
        with log.open("wb") as out:
            out.write(b'{"plotman": 1, "kind": "transfer"}\n')
            out.flush()
            argv = [sys.executable, "-m", *module, *to_argv(self.errand)]
            return Mover(subprocess.Popen(argv, stdout=out, stderr=out, cwd=ROOT), log)

    def arrived(self, data: bytes) -> bool:
        """Exactly one whole plot at the target; no part, no source."""
        here = [name for name in os.listdir(self.disk) if name != "lost+found"]
        return here == [self.plot] and not os.listdir(self.source) and self.at_target.read_bytes() == data

    def untouched(self, data: bytes) -> bool:
        """The source stands, and nothing of it at the target."""
        here = [name for name in os.listdir(self.disk) if name != "lost+found"]
        return here == [] and self.at_source.read_bytes() == data

    def _new_log(self) -> Path:
        return self.logs / f"{len(os.listdir(self.logs))}.log"


@dataclass(frozen=True)
class Mover:
    """A mover that runs, or ran."""

    process: subprocess.Popen[bytes]
    log: Path

    def ended(self) -> TransferLog:
        self.process.wait(20)
        return read(self.log)

    def code(self) -> int:
        return self.process.wait(20)

    def stopped(self) -> None:
        """Wait until it has stopped itself; fails where it ended instead."""
        found = os.waitid(os.P_PID, self.process.pid, os.WSTOPPED | os.WEXITED | os.WNOWAIT)
        assert found is not None
        assert found.si_code == os.CLD_STOPPED


def read(log: Path) -> TransferLog:
    return fold(TransferLog(), log.read_bytes())
