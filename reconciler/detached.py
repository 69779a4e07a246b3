"""Starting a detached process of ours: a mover or a remover, with its record in the journal."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence

from reconciler import journal
from reconciler.journal import Kind, Record
from reconciler.state import Ident
from reconciler.world import Command, Machine


def begin(
    machine: Machine,
    logs: str,
    kind: Kind,
    subject: str,
    body: Mapping[str, str | int],
    program: Callable[[str], Sequence[str]],
) -> Ident:
    """Start it under an id that is drawn from host, both clocks and subject. Raises MachineError.

    logs: the log directory. subject: what it is about. body: of its record. program: from its id the module that
    is run, and its arguments.
    """
    now = machine.now()
    number = journal.new_id(machine.host, now, subject)
    record = Record(id=number, kind=kind, host=machine.host, when=now, body=dict(body))
    argv = (sys.executable, "-m", *program(number))
    log = journal.log_path(logs, now.at, number, kind)
    return machine.start(log, record.line(), Command(argv=argv, env={f"PLOTMAN_{kind.upper()}": number}))
