"""Signals that reach only the process that was meant."""

from __future__ import annotations

import os
import signal
import time
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
TURN, BETWEEN = 1.0, 0.005
"""Seconds that a process has to stop, and between two looks at it."""


def send(table: Table, idents: Sequence[Ident], what: Signal, step: Callable[[str], None]) -> Fact[int]:
    """As `Machine.signal`."""
    sent: list[Ident] = []
    refused: list[str] = []
    for ident in idents:
        try:
            if not _send(table, ident, NUMBERS[what]):
                continue
        except OSError as error:
            refused.append(f"pid {ident.pid}: {reason(error)}")
            continue
        sent.append(ident)
        step("signal: sent")
    if what == "stop":
        _await_stop(table, sent)
    if refused:
        return Unknown(f"the kernel refused to {what} {len(refused)} of {len(idents)}: {'; '.join(refused)}")
    return Known(len(sent)) if sent else Absent("no such process any more")


def _await_stop(table: Table, idents: Sequence[Ident]) -> None:
    """Until they stand still: a process stops only once it gets its turn, which comes late on a busy machine.

    One that waits for a drive may stop much later; it is not waited for.
    """
    until = time.monotonic() + TURN
    moving = list(idents)
    while moving and time.monotonic() < until:
        rows = ((ident, table.row(ident.pid)) for ident in moving)
        moving = [
            ident for ident, row in rows if row and row.ident == ident and not (row.stopped or row.zombie)
        ]
        if moving:
            time.sleep(BETWEEN)


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
