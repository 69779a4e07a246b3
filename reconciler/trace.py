"""What a deletion leaves in the journal before it begins, so that all that came before can be counted."""

from __future__ import annotations

from typing import Literal

from reconciler import journal
from reconciler.journal import Record
from reconciler.world import Machine


def leave(machine: Machine, logs: str, kind: Literal["kill", "clean"], subject: str) -> None:
    """Write a log of one line, flushed to disk. logs: the log directory. subject: what goes. Raises MachineError."""
    now = machine.now()
    number = journal.new_id(machine.host, now, subject)
    record = Record(id=number, kind=kind, host=machine.host, when=now, body={"subject": subject})
    machine.note(journal.log_path(logs, now.at, number, kind), record.line().decode() + "\n")
    machine.step(f"{kind}: counted")
