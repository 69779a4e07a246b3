"""Limit: a job's log, which is the journal too, has room to be written."""

from __future__ import annotations

from reconciler.facts import Facts
from reconciler.spec.units import show_size
from reconciler.state import Known
from reconciler.want import Admitted, Verdict, Want


def judge(facts: Facts, _admitted: Admitted, _want: Want) -> Verdict | None:
    """The log device keeps a floor of its own: an empty file can be made on a full disk, a record not."""
    logs = facts.spec.directories.logs
    directory = facts.directory(logs.path)
    if directory is None or not isinstance(directory.space, Known):
        why = (
            directory.space.why
            if directory is not None and not isinstance(directory.space, Known)
            else "not observed"
        )
        return Verdict(rule="log_space", ok=False, text=f"{logs.path} {why}")
    free = directory.space.value.free
    return Verdict(
        rule="log_space",
        ok=free >= logs.floor and directory.space.value.writable,
        text=f"{show_size(free)} free for logs, floor {show_size(logs.floor)}"
        + ("" if directory.space.value.writable else "; not writable"),
        value=free,
        limit=logs.floor,
        unit="bytes",
    )
