"""Cheap processes that look like plot jobs, as people and other tools start them."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Sequence
from pathlib import Path

from tests.real.farm import Farm, state, until

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
        here = cwd or farm.root
        # A shell called chia whose script is called plots: the kernel shows `chia plots create …`.
        (here / "plots").write_text(f"{body}\n")
        options = ["-k", "32", "-t", str(farm.tmps[0]), "-d", str(farm.dsts[0])] if argv is None else argv
        with open(log or "/dev/null", "ab") as out:
            self.process = farm.keep(
                subprocess.Popen(
                    ["chia", "plots", "create", *options], executable="/bin/sh", cwd=here,
                    stdin=subprocess.PIPE, stdout=out, stderr=subprocess.DEVNULL, start_new_session=True,
                )
            )
        until(lambda: b"create" in Path(f"/proc/{self.pid}/cmdline").read_bytes())

    @staticmethod
    def stop(pid: int) -> None:
        """Stop one process, and wait until it stands."""
        os.kill(pid, signal.SIGSTOP)
        until(lambda: state(pid) == "T")

    @property
    def pid(self) -> int:
        return self.process.pid
