"""Asking a program something: what it prints, within a deadline."""

from __future__ import annotations

import os
from collections.abc import Sequence

from reconciler.errors import MachineError
from reconciler.machine.text import reason


def output_of(argv: Sequence[str], seconds: float) -> str:
    """stdout and stderr together, whatever its exit code. Raises MachineError where it cannot run or end in time."""
    import subprocess

    try:
        ran = subprocess.run(
            argv,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=seconds,
            check=False,
            env={**os.environ, "NO_COLOR": "1"},
        )
    except subprocess.TimeoutExpired:
        raise MachineError(f"{argv[0]} has not answered for {seconds:.0f} s") from None
    except (OSError, ValueError) as error:
        why = reason(error) if isinstance(error, OSError) else str(error)
        raise MachineError(f"{argv[0]} cannot be run: {why}") from None
    return ran.stdout.decode(errors="replace")
