"""Cheap processes that look like plot jobs, as people and other tools start them."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Sequence
from pathlib import Path

from .farm import Farm
from .sight import shown, state, until

WAITS = "read _"
"""A script that ends with its standard input."""
TWINS = "(:; read _)"
"""One whose child shares its argv."""


class Idle:
    """A process with the command line of `chia plots create` that does nothing.

    argv: behind `chia plots create`. log: None: no file. body: what it does: a shell's lines.
    """

    def __init__(
        self,
        farm: Farm,
        argv: Sequence[str] | None = None,
        *,
        log: Path | None = None,
        cwd: Path | None = None,
        body: str = WAITS,
    ) -> None:
        options = ["-k", "32", "-t", str(farm.tmps[0]), "-d", str(farm.dsts[0])] if argv is None else argv
        self.process = shown_as(farm, ("chia", "plots", "create", *options), log=log, cwd=cwd, body=body)

    @staticmethod
    def stop(pid: int) -> None:
        """Stop one process, and wait until it stands."""
        os.kill(pid, signal.SIGSTOP)
        until(lambda: state(pid) == "T")

    @property
    def pid(self) -> int:
        return self.process.pid


def shown_as(
    farm: Farm, argv: Sequence[str], *, log: Path | None = None, cwd: Path | None = None, body: str = WAITS
) -> subprocess.Popen[bytes]:
    """A shell that calls itself argv[0] and runs a script called argv[1]: the kernel shows that argv."""
    (cwd or farm.root).joinpath(argv[1]).write_text(f"{body}\n")
    with open(log or "/dev/null", "ab") as out:
        process = subprocess.Popen(
            argv,
            executable="/bin/sh",
            cwd=cwd or farm.root,
            stdin=subprocess.PIPE,
            stdout=out,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
    farm.keep(process)
    shown(process.pid, argv[-1])
    return process


def children(pid: int) -> list[int]:
    """The children of a process."""
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
