"""The mover: one process that moves one plot, in the order of steps that loses nothing.

``python -m reconciler.transports.mover --plot=NAME --source=DIR …`` (`arguments.py`). Its standard output is its
log (`record.py`), to which it appends a line for each step, while it copies or reads at most one a second.
It ends with 0 where the plot stands at its target and no longer at the source, else with 1 and the kind of
failure as the log's last line. SIGTERM and SIGINT stop it at the next block; what was copied stays for the
next mover. It imports little, since a farm starts many.
"""

from __future__ import annotations

import fcntl
import importlib
import json
import os
import signal
import sys
import time
import traceback
from contextlib import suppress
from typing import cast

from reconciler import bell, journal
from reconciler.errand import Errand
from reconciler.errors import FarmerError
from reconciler.transports import TRANSPORTS
from reconciler.transports.arguments import from_argv
from reconciler.transports.contract import Open, Step, Transport
from reconciler.transports.failure import Failure, Gone, Stopped, failure_of
from reconciler.transports.kernel import be_idle
from reconciler.transports.source import Source

PROGRESS = 1.0
"""Seconds between two lines of one step, at least."""


class Log:
    """The mover's own lines on a descriptor. A log that cannot be written costs its lines, not the move."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._whole = True
        self._told = 0.0
        self._step = ""
        self._bytes = 0
        self.stopping = False

    def step(self, name: str, done: int, size: int) -> None:
        """A step was taken. done, size: bytes that stand at the target, and bytes of the plot."""
        self._step, self._bytes, self._told = name, size, time.monotonic()
        self._write({"step": name, "done": done, "bytes": size})

    def report(self, done: int) -> None:
        """Work goes on within the step. Raises Stopped once the process was asked to."""
        if self.stopping:
            raise Stopped("stopped by a signal; the next mover goes on from here")
        if time.monotonic() - self._told >= PROGRESS:
            self.step(self._step, done, self._bytes)

    def finished(self) -> None:
        """The plot stands at its target alone."""
        self._write({"outcome": "finished"})

    def failed(self, kind: str, error: str) -> None:
        """The move ended otherwise."""
        self._write({"outcome": "failed", "kind": kind, "error": error})

    def _write(self, told: dict[str, object]) -> None:
        line = json.dumps({**told, "at": time.time()}).encode() + b"\n"
        try:
            # A line that a full disk has cut must not spoil the next one.
            written = os.write(self._descriptor, line if self._whole else b"\n" + line)
            self._whole = written >= len(line)
        except OSError:
            self._whole = False


def move(errand: Errand, opened: Open, log: Log, step: Step) -> None:
    """Move one plot. Raises Failure, or OSError for what happened at the target."""
    try:
        source = Source(errand.path)
    except Gone:
        # A mover that was killed after its last effect, or a person, has done all there is to do.
        with opened(errand, log.report, step) as target:
            standing = target.stands()
        if standing is None:
            raise
        log.step("done", standing, standing)
        return
    with source:
        _told("locked", 0, source, log, step)
        with opened(errand, log.report, step) as target:
            try:
                if not target.same(source):
                    _bring(source, target, log, step)
            except (Failure, FarmerError, OSError) as error:
                failure = _cause(source, failure_of(errand.disk, error))
                if not failure.keeps_part:
                    with suppress(OSError, FarmerError, Failure):
                        target.discard()
                raise failure from error
            source.remove()
        _told("removed", source.bytes, source, log, step)
    log.step("done", source.bytes, source.bytes)


def _cause(source: Source, failure: Failure) -> Failure:
    """A source that has changed or gone explains whatever else went wrong."""
    try:
        if not isinstance(failure, Stopped):
            source.check()
    except Failure as changed:
        return changed
    return failure


def _bring(source: Source, target: Transport, log: Log, step: Step) -> None:
    """Nothing stands at the target: make it stand there, under its final name."""
    size = source.bytes
    target.reserve(source)
    _told("reserved", 0, source, log, step)
    log.step("copying", 0, size)
    target.copy(source)
    source.check()
    log.step("copying", size, size)
    step("copied")
    target.sync()
    _told("synced", size, source, log, step)
    target.verify(source)
    source.check()
    _told("verified", size, source, log, step)
    log.report(size)
    target.publish(source)
    _told("published", size, source, log, step)


def _told(name: str, done: int, source: Source, log: Log, step: Step) -> None:
    log.step(name, done, source.bytes)
    step(name)


def run(errand: Errand, log: Log, step: Step) -> int:
    """Move one plot and write its outcome; the exit code."""
    try:
        move(errand, _transport(errand.transport), log, step)
    except (Failure, FarmerError, OSError) as error:
        failure = failure_of(errand.disk, error)
        log.failed(failure.kind, str(failure))
    except Exception as error:
        traceback.print_exc()
        log.failed("fault", f"{type(error).__name__}: {error}")
    else:
        log.finished()
        return 0
    return 1


def _transport(name: str) -> Open:
    module, _, attribute = TRANSPORTS[name].partition(":")
    return cast(Open, getattr(importlib.import_module(module), attribute))


def nowhere(_name: str) -> None:
    """The step of a mover that nobody tests."""


def main(step: Step = nowhere) -> int:
    """The process: errand from the command line, log on standard output; its exit code."""
    log = Log(1)

    def stop(_number: int, _frame: object) -> None:
        log.stopping = True

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    errand = from_argv(sys.argv[1:])
    if errand.way.idle:
        be_idle()
    code = run(errand, log, step)
    if errand.logs:
        wake(errand.logs)
    return code


def wake(logs: str) -> None:
    """Ring whichever loop moves plots. It must find that the work is over, so the log's lock goes first."""
    with suppress(OSError):
        fcntl.flock(1, fcntl.LOCK_UN)
    bell.ring(journal.wake_path(logs, "plotting"))
    bell.ring(journal.wake_path(logs, "archiving"))


if __name__ == "__main__":
    sys.exit(main())
