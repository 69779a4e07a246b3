"""A program of the owner's, run without a shell: scp, rclone, a plot sink.

With ssh beside it the program writes to the part file's name, and all else is done by us (`beside.py`). It may write
into that file, or put one of its own in its place: the reservation is the name with its size in it, and a file that
is copied under some other name meanwhile is only counted twice. Without ssh nothing is known of the target but what
the owner's check says of it.

The program inherits the locked source: should the mover be killed, no other takes the plot up while the
program still runs. The end of what it printed goes to the mover's log, where no line of it can be taken for ours.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Sequence
from contextlib import AbstractContextManager, suppress
from dataclasses import replace
from typing import Self

from reconciler.errand import Errand, fill
from reconciler.remote import tool
from reconciler.remote.ran import Ran, Waiting
from reconciler.transports.beside import Beside
from reconciler.transports.contract import Report, Step, Transport
from reconciler.transports.failure import Conflict, Tool
from reconciler.transports.source import Source
from reconciler.transports.words import SIGNS, last_words, meaning

SLOWEST = 1_000_000
"""Bytes a second that a program moves or reads at least."""

GRACE = 3600.0
"""Seconds that it may take beside that."""

POLL = 10.0
"""Seconds between two looks at how much stands at the target."""

TOLD = 20
"""Lines of a program's output, from its end, that are kept in the log."""


def open_command(errand: Errand, report: Report, step: Step) -> AbstractContextManager[Transport]:
    """The transport, with ssh beside it or without. Raises Tool where the copy could not be verified."""
    if errand.way.login is not None:
        return WithSsh(errand, report, step)
    if not errand.way.check:
        raise Tool(
            f"{errand.farmer}: without ssh nobody can tell whether a copy is whole; add transport.verify, "
            "a program that ends with 0 only where the whole plot stands at {target}, or allow ssh"
        )
    return WithoutSsh(errand, report, step)


class WithSsh(Beside):
    """The program copies to the part file."""

    def __init__(self, errand: Errand, report: Report, step: Step) -> None:
        super().__init__(replace(errand, way=replace(errand.way, verify="sha256")), report, step)
        self._looked = 0.0
        self._standing = 0

    def copy(self, source: Source) -> None:
        """As the program does."""
        _run(self.errand, self.errand.way.argv, source, self.part, self._wait)
        self.step("copied-some")

    def verify(self, source: Source) -> None:
        """Its size, and its sha256 unless the owner's check passes."""
        check = self.errand.way.check
        self._identify(source)
        if not check or _try(self.errand, check, source, self.part, self._wait).code != 0:
            super().verify(source)

    def _wait(self) -> None:
        if time.monotonic() - self._looked >= POLL:
            found = self._look(self._held)
            self._standing = int(found) if found.isdigit() else 0
            self._looked = time.monotonic()
        self.report(self._standing)


class WithoutSsh:
    """The program copies to the final name, and the owner's check is all that tells of it."""

    def __init__(self, errand: Errand, report: Report, step: Step) -> None:
        self._errand = errand
        self._report = report
        self._step = step
        self._target = f"{errand.disk.rstrip('/')}/{errand.plot}"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def stands(self) -> int | None:
        """Without its source a plot cannot be asked after."""
        return None

    def same(self, source: Source) -> bool:
        """Does the check pass?"""
        if os.path.realpath(os.path.dirname(source.path)) == os.path.realpath(self._errand.disk):
            raise Conflict(f"{self._errand.disk} is the folder that the plot is to leave")
        if _try(self._errand, self._errand.way.check, source, self._target, self._wait).code != 0:
            return False
        if source.shows_in(lambda name: os.path.lexists(os.path.join(self._errand.disk, name))):
            raise Conflict(f"{self._errand.disk} shows the folder that the plot is to leave")
        return True

    def reserve(self, source: Source) -> None:
        """The room is the program's to judge."""

    def copy(self, source: Source) -> None:
        """As the program does."""
        _run(self._errand, self._errand.way.argv, source, self._target, self._wait)
        self._step("copied-some")

    def sync(self) -> None:
        """Nobody can."""

    def verify(self, source: Source) -> None:
        """By the check."""
        _run(self._errand, self._errand.way.check, source, self._target, self._wait)

    def publish(self, source: Source) -> None:
        """It has its name."""

    def discard(self) -> None:
        """What the program left is the program's."""

    def _wait(self) -> None:
        self._report(0)


def _run(errand: Errand, argv: Sequence[str], source: Source, target: str, waiting: Waiting) -> None:
    """Raises Tool, or what the program's last words mean, where it does not end with 0."""
    ran = _try(errand, argv, source, target, waiting)
    if ran.code != 0:
        words = ran.err.strip() or ran.out
        ended = f"ended with {ran.code}" if ran.code > 0 else f"was ended by signal {-ran.code}"
        raise meaning(words, SIGNS, Tool)(f"{errand.disk}: {argv[0]} {ended}: {last_words(words)}")


def _try(errand: Errand, argv: Sequence[str], source: Source, target: str, waiting: Waiting) -> Ran:
    values = {
        "source": source.path,
        "target": target,
        "plot": errand.plot,
        "bytes": str(source.bytes),
        "disk": errand.disk,
    }
    deadline = GRACE + source.bytes / SLOWEST
    ran = tool.run(fill(argv, values), deadline=deadline, waiting=waiting, keep=(source.descriptor,))
    with suppress(OSError):
        for line in (*ran.out.splitlines()[-TOLD:], *ran.err.splitlines()[-TOLD:]):
            sys.stdout.write(f"| {line[:500]}\n".encode("ascii", "backslashreplace").decode())
        sys.stdout.flush()
    return ran
