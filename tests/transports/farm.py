"""A dst directory, a farmer's disk and the movers between them."""

from __future__ import annotations

import fcntl
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from multiprocessing.process import BaseProcess
from pathlib import Path

import psutil
import pytest

from reconciler.errand import Errand, Way, to_argv
from reconciler.transports.contract import Step
from reconciler.transports.mover import Log, run
from reconciler.transports.names import part_name
from reconciler.transports.record import TransferLog, fold
from tests.transports.driver import fork
from tests.transports.ways import SETUPS, Setup

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
    """One plot's source folder, target disk and log folder. kind: the disk's file system; host: the plotter's name.

    wakes: the log directory whose loops are woken.
    """

    source: Path
    disk: Path
    logs: Path
    setup: Setup = SETUPS["local"]
    way: Way = field(default_factory=Way)
    plot: str = PLOT
    kind: str = ""
    host: str = "plotter.lan"
    wakes: str = ""

    @property
    def errand(self) -> Errand:
        return Errand(
            plot=self.plot,
            source=str(self.source),
            farmer="farmer",
            disk=str(self.disk),
            transport=self.setup.transport,
            host=self.host,
            id="0123456789ab",
            logs=self.wakes,
            way=self.way,
        )

    @property
    def at_source(self) -> Path:
        return self.source / self.plot

    @property
    def at_target(self) -> Path:
        return self.disk / self.plot

    def part(self, size: int) -> Path:
        return self.disk / part_name(self.plot, size, self.host)

    def landing(self, size: int) -> Path:
        """Where the bytes stand that are not published yet, as far as anybody can tell."""
        return self.part(size) if self.setup.parts else self.at_target

    def called(self, plot: str) -> Farm:
        return replace(self, plot=plot)

    def put(self, size: int = 9 * MEGABYTE + 77, seed: int = 0) -> bytes:
        data = content(size, seed)
        self.at_source.write_bytes(data)
        # A plot waits a while before it is moved.
        os.utime(self.at_source, (time.time() - 600, time.time() - 600))
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
        """A mover's process; with at = step, count, signal it signals itself there."""
        log = self._new_log()
        log.write_bytes(b'{"plotman": 1, "kind": "transfer"}\n')
        return Mover(fork(str(log), to_argv(self.errand), at), log)

    def launch(self) -> TransferLog:
        """One move by the very command that the loop starts."""
        log = self._new_log()
        argv = [sys.executable, "-m", "reconciler.transports.mover", *to_argv(self.errand)]
        with log.open("wb") as out:
            code = subprocess.run(argv, stdout=out, stderr=out, cwd=ROOT, check=False, timeout=60).returncode
        told = read(log)
        assert code == (0 if told.outcome == "finished" else 1)
        return told

    def settled(self) -> None:
        """Wait until nothing that a killed mover has left holds the source."""
        if not self.at_source.exists():
            return
        with self.at_source.open("rb") as file:
            until(lambda: _locks(file.fileno()))

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


@contextmanager
def pooled(farm: Farm, root: Path) -> Iterator[None]:
    """The disk is a pool: what lies in the source's folder shows there, too, and what is new goes to another drive."""
    drive = root / "drive"
    drive.mkdir()
    options = f"lowerdir={farm.source},upperdir={drive}/upper,workdir={drive}/spare"
    with ExitStack() as mounted:
        subprocess.run(["mount", "-t", "tmpfs", "none", str(drive)], check=True, timeout=60)
        mounted.callback(subprocess.run, ["umount", "-l", str(drive)], check=True, timeout=60)
        for name in ("upper", "spare"):
            (drive / name).mkdir()
        pool = ["mount", "-t", "overlay", "-o", options, "none", str(farm.disk)]
        if subprocess.run(pool, check=False, timeout=60).returncode != 0:
            pytest.skip("an overlay cannot be mounted here")
        mounted.callback(subprocess.run, ["umount", "-l", str(farm.disk)], check=True, timeout=60)
        yield


@dataclass(frozen=True)
class Mover:
    """A mover that runs, or ran."""

    process: BaseProcess
    log: Path

    def ended(self) -> TransferLog:
        self.code()
        return read(self.log)

    def code(self) -> int:
        self.process.join(60)
        assert self.process.exitcode is not None
        return self.process.exitcode

    def signal(self, number: signal.Signals) -> None:
        assert self.process.pid is not None
        os.kill(self.process.pid, number)

    def stopped(self) -> None:
        """Wait until it has stopped itself; fails where it ended instead."""
        seen = psutil.Process(self.process.pid)
        until(lambda: seen.status() in {psutil.STATUS_STOPPED, psutil.STATUS_ZOMBIE})
        assert seen.status() == psutil.STATUS_STOPPED


def until(holds: Callable[[], bool], seconds: float = 60.0) -> None:
    """Wait for it, and fail where it does not come."""
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def _locks(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def read(log: Path) -> TransferLog:
    return fold(TransferLog(), log.read_bytes())
