"""Signals that reach only the process that was meant."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Mapping, Sequence

from reconciler.machine.table import Table, lives
from reconciler.machine.text import reason
from reconciler.state import Absent, Fact, Ident, Known, Unknown
from reconciler.world import Signal

NUMBERS: Mapping[Signal, signal.Signals] = {
    "stop": signal.SIGSTOP,
    "continue": signal.SIGCONT,
    "terminate": signal.SIGTERM,
    "kill": signal.SIGKILL,
}


def send(table: Table, idents: Sequence[Ident], what: Signal, step: Callable[[str], None]) -> Fact[int]:
    """As `Machine.signal`."""
    sent = 0
    refused: list[str] = []
    for ident in idents:
        try:
            if not _send(table, ident, NUMBERS[what]):
                continue
        except OSError as error:
            refused.append(f"pid {ident.pid}: {reason(error)}")
            continue
        sent += 1
        step("signal: sent")
    if refused:
        return Unknown(f"the kernel refused to {what} {len(refused)} of {len(idents)}: {'; '.join(refused)}")
    return Known(sent) if sent else Absent("no such process any more")


def _send(table: Table, ident: Ident, number: signal.Signals) -> bool:
    """Signal this very process; False: it is gone."""
    handle = open_handle(ident.pid)
    try:
        # The handle was bound first, so that what it is bound to is what is compared here.
        if not lives(table, ident):
            return False
        if handle is None:
            os.kill(ident.pid, number)
        else:
            signal.pidfd_send_signal(handle, number)
    except ProcessLookupError:
        return False
    finally:
        if handle is not None:
            os.close(handle)
    return True


def open_handle(pid: int) -> int | None:
    """A pidfd for whoever has this pid now; None: nobody has, or this system knows no pidfds."""
    if not hasattr(os, "pidfd_open"):
        return None
    try:
        return os.pidfd_open(pid)
    except OSError:
        return None
