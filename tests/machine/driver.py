"""Another process on the same machine, for the tests: start, or hold a lock, and perhaps die on the way."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path

from reconciler.errors import AlreadyStarted, LockHeld
from reconciler.machine import LocalMachine
from reconciler.machine.files import Filesystem
from reconciler.machine.listings import Listings
from reconciler.machine.mounts import Mounts
from reconciler.state import Fact
from reconciler.world import Ask, Survey

from .helpers import RECORD, sleeper


def start(log: str, place: str) -> None:
    """Start a job; killed by kill -9 at the named place. Prints the pid."""

    def step(name: str) -> None:
        if name == place:
            os.kill(os.getpid(), signal.SIGKILL)

    try:
        print(LocalMachine(step=step).start(log, RECORD, sleeper()).pid)
    except AlreadyStarted:
        print("already")


def race(log: str, rounds: str) -> None:
    """Start as many jobs, one after the other, as another process does at the same time; prints who won."""
    machine = LocalMachine()
    won = 0
    for number in range(int(rounds)):
        try:
            machine.start(f"{log}.{number}", RECORD, sleeper("0"))
            won += 1
        except AlreadyStarted:
            pass
    print(won)


def hold(path: str) -> None:
    """Take the lock, say so, and keep it until killed."""
    with LocalMachine().lock(path, "plotting"):
        print("held", flush=True)
        signal.pause()


def contend(path: str, witness: str, rounds: str) -> None:
    """Take the lock again and again; within it nobody else may be. Prints how often it was had."""
    machine = LocalMachine()
    had = 0
    while had < int(rounds):
        try:
            with machine.lock(path, "plotting"):
                # Fails where another process is within.
                os.close(os.open(witness, os.O_CREAT | os.O_EXCL))
                os.unlink(witness)
                had += 1
        except LockHeld:
            continue
    print(had)


def hang(fifo: str, folder: str, table: str) -> None:
    """Survey a folder on a mount of that mount table that never answers, and end."""

    class Hung(Filesystem):
        def survey(self, ask: Ask) -> Fact[Survey]:
            Path(fifo).read_bytes()
            return super().survey(ask)

    machine = LocalMachine(
        deadline=0.05, mounts=Mounts(mountinfo=table), filesystem=Hung(Listings(lambda _: False))
    )
    print(machine.survey([Ask(folder)])[folder])


VERBS: dict[str, Callable[..., None]] = {
    "start": start,
    "race": race,
    "hold": hold,
    "contend": contend,
    "hang": hang,
}

if __name__ == "__main__":
    VERBS[sys.argv[1]](*sys.argv[2:])
