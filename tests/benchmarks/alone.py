"""A benchmark by itself: in a pid namespace of its own, so that the process table holds what it made."""

from __future__ import annotations

import os
import shutil
import sys

_HERE = "BENCHMARK_IS_ALONE"


def alone(module: str) -> None:
    """Start this module anew in a pid namespace, unless it runs in one already. Where none can be made, go on."""
    unshare = shutil.which("unshare")
    if os.environ.get(_HERE) or unshare is None:
        return
    rights = [] if os.geteuid() == 0 else ["--map-root-user"]
    argv = [unshare, *rights, "--pid", "--fork", "--mount-proc", "--kill-child"]
    if os.spawnv(os.P_WAIT, unshare, [*argv, "true"]) != 0:
        print(
            "no pid namespace can be made: other processes of this machine are measured, too", file=sys.stderr
        )
        return
    os.environ[_HERE] = "1"
    os.execv(unshare, [*argv, sys.executable, "-m", module, *sys.argv[1:]])
