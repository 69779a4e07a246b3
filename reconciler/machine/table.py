"""What every process table can tell, wherever it comes from."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Protocol

from reconciler.noun import noun
from reconciler.state import Absent, Fact, Ident, Known
from reconciler.world import Process, Usage

YOUNG = 5.0  # seconds; before that a process may not have exec'ed yet, and shows its parent's argv
JOB = "PLOTMAN_JOB"

Wanted = Callable[[Sequence[str]], bool]


@noun
class Row:
    """One process, zombies included. stopped: it stands still by a signal."""

    ident: Ident
    ppid: int
    session: int
    zombie: bool
    stopped: bool


class Table(Protocol):
    """The processes of this machine."""

    def processes(self, wanted: Wanted) -> Fact[tuple[Process, ...]]:
        """As `Machine.processes`."""

    def row(self, pid: int) -> Row | None:
        """Who has this pid now."""

    def rows(self) -> Iterable[Row]:
        """All of them."""

    def usage(self, ident: Ident) -> Usage | None:
        """What this process has taken; None: it is gone."""


def lives(table: Table, ident: Ident) -> bool:
    """Is this process there and no zombie?"""
    row = table.row(ident.pid)
    return row is not None and row.ident == ident and not row.zombie


def members(table: Table, ident: Ident, session: bool) -> Fact[tuple[Ident, ...]]:
    """As `Machine.members`; the oldest first."""
    rows = {row.ident.pid: row for row in table.rows() if not row.zombie and row.ident.boot == ident.boot}
    leader = rows.get(ident.pid)
    if leader is not None and leader.ident != ident:
        return Absent(f"pid {ident.pid} is another process now")
    if session:
        # The kernel gives no pid away while a session bears it: what is in this session belongs to ident.
        found = [row.ident for row in rows.values() if row.session == ident.pid]
    else:
        found = [row.ident for row in _below(rows, ident.pid)]
    if not found:
        return Absent("is gone" if leader is None else "leads no session")
    return Known(tuple(sorted(found, key=lambda one: (one.start, one.pid))))


def _below(rows: dict[int, Row], pid: int) -> Iterable[Row]:
    """A process and what descends from it; nothing where it is gone."""
    children: dict[int, list[Row]] = {}
    for row in rows.values():
        children.setdefault(row.ppid, []).append(row)
    ahead = [rows[pid]] if pid in rows else []
    while ahead:
        row = ahead.pop()
        yield row
        ahead.extend(children.get(row.ident.pid, ()))
