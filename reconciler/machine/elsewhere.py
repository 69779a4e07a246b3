"""The process table of systems without /proc, by way of psutil. Simple: it reads everything each time."""

from __future__ import annotations

import os
from collections.abc import Iterator

import psutil

from reconciler.machine.clock import Clock
from reconciler.machine.table import JOB, Row, Wanted
from reconciler.machine.text import plain_name
from reconciler.state import Fact, Ident, Known
from reconciler.world import Process, Usage

TICKS = 100  # a second; as fine as creation times are kept


class PsutilTable:
    """The processes of a system without /proc."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    def processes(self, wanted: Wanted) -> Fact[tuple[Process, ...]]:
        """As `Machine.processes`."""
        found = (self._look(process, wanted) for process in psutil.process_iter())
        return Known(tuple(process for process in found if process is not None))

    def row(self, pid: int) -> Row | None:
        """As `Table.row`."""
        try:
            return self._row(psutil.Process(pid))
        except psutil.Error:
            return None

    def rows(self) -> Iterator[Row]:
        """As `Table.rows`."""
        for process in psutil.process_iter():
            try:
                yield self._row(process)
            except psutil.Error:
                continue

    def usage(self, ident: Ident) -> Usage | None:
        """As `Table.usage`."""
        try:
            process = psutil.Process(ident.pid)
            if self._ident(process) != ident:
                return None
            times = process.cpu_times()
            return Usage(process.memory_info().rss, times.user, times.system, getattr(times, "iowait", 0.0))
        except psutil.Error:
            return None

    def _look(self, process: psutil.Process, wanted: Wanted) -> Process | None:
        try:
            with process.oneshot():
                argv = tuple(plain_name(part) for part in process.cmdline())
                row = self._row(process)
                if row.zombie or not argv or not wanted(argv):
                    return None
                stopped = process.status() == psutil.STATUS_STOPPED
                age = max(0.0, self._clock.now().at - process.create_time())
        except psutil.Error:
            return None
        return Process(
            ident=row.ident,
            ppid=row.ppid,
            session=row.session,
            argv=argv,
            age=age,
            stopped=stopped,
            stdout=_stdout(process),
            cwd=_cwd(process),
            job=_job(process),
        )

    def _ident(self, process: psutil.Process) -> Ident:
        return Ident(self._clock.boot, process.pid, round(process.create_time() * TICKS))

    def _row(self, process: psutil.Process) -> Row:
        try:
            session = os.getsid(process.pid)
        except OSError:
            session = process.pid
        status = process.status()
        zombie = status in (psutil.STATUS_ZOMBIE, psutil.STATUS_DEAD)
        return Row(self._ident(process), process.ppid(), session, zombie, status == psutil.STATUS_STOPPED)


def _stdout(process: psutil.Process) -> str | None:
    try:
        return next((plain_name(file.path) for file in process.open_files() if file.fd == 1), None)
    except psutil.Error:
        return None


def _cwd(process: psutil.Process) -> str | None:
    try:
        return plain_name(process.cwd())
    except psutil.Error:
        return None


def _job(process: psutil.Process) -> str | None:
    try:
        return process.environ().get(JOB)
    except psutil.Error:
        return None
