"""Jobs: processes, journal entries and logs put together, each job once."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from reconciler.journal import Record
from reconciler.observe.argvs import Argvs
from reconciler.observe.directories import Places
from reconciler.observe.logbook import Log, Logbook
from reconciler.observe.starts import Journal
from reconciler.plotters.log import LogState, PlotLog
from reconciler.state import Absent, Fact, Ident, Instant, Job, Known, Phase, Unknown
from reconciler.world import Machine, Process

if TYPE_CHECKING:
    from reconciler.plotters.plotter import Arguments, Plotter


class _Marks(NamedTuple):
    """All that a job is told by beside the clock. log: this very one; where: tmp, tmp2 and dst."""

    log: Fact[Log]
    record: Record | None
    plotter: Plotter | None
    arguments: Arguments | None
    path: str | None
    stopped: bool
    leads: bool
    where: tuple[str | None, str | None, str | None]
    suspended_by: str | None


Told: TypeAlias = dict[Ident, tuple[_Marks, Job]]
"""Jobs of ours, each with what it was told by. A cache."""


class Jobs:
    """The jobs of one look. told: those of the look before it, in whose place come those of this one."""

    def __init__(
        self,
        machine: Machine,
        argvs: Argvs,
        logbook: Logbook,
        places: Places,
        journal: Journal,
        now: Instant,
        told: Told,
    ) -> None:
        self._machine = machine
        self._argvs = argvs
        self._logbook = logbook
        self._places = places
        self._journal = journal
        self._now = now
        self._told = told
        self._logs: dict[str, Fact[Log]] = {}
        self._writers: Counter[str | None] = Counter()

    def look(self, table: Fact[tuple[Process, ...]]) -> Fact[tuple[Job, ...]]:
        """All jobs, oldest first; Unknown where the process table is."""
        if not isinstance(table, Known):
            return Unknown(table.why)
        groups = _grouped(table.value)
        self._argvs.read(group[0] for group in groups)
        self._writers = Counter(map(_stdout, groups))
        self._logs = self._read_logs(groups)
        jobs = [self._of_processes(group) for group in groups]
        living = {job.ident for job in jobs}
        for ident in [ident for ident in self._told if ident not in living]:
            del self._told[ident]
        seen = {job.id for job in jobs}
        for path, (name, record) in self._journal.pending().items():
            if name.id not in seen:
                jobs.append(self._pending(path, name.id, record))
        return Known(tuple(sorted(jobs, key=lambda job: (job.since.at, job.id))))

    def plots_of_jobs(self) -> tuple[frozenset[str], frozenset[str]]:
        """(plot ids that living jobs say they have delivered, plot ids that they are still making)."""
        delivered: set[str] = set()
        making: set[str] = set()
        for log in self._logs.values():
            said = log.value.said if isinstance(log, Known) else None
            for plot in said.plots if isinstance(said, LogState) else ():
                if plot.plot_id is not None:
                    (delivered if plot.delivered else making).add(plot.plot_id)
        return frozenset(delivered), frozenset(making)

    def _read_logs(self, groups: Sequence[Sequence[Process]]) -> dict[str, Fact[Log]]:
        """The logs of all jobs: the journal's as they were read already, and those of others."""
        found: dict[str, Fact[Log]] = {}
        others: dict[str, str | None] = {}
        for group in groups:
            path = _stdout(group)
            if path is None:
                continue
            if path in self._journal.logs:
                found[path] = self._journal.logs[path]
            else:
                plotter, _ = self._argvs.of(group[0])
                others[path] = plotter.name if plotter is not None else None
        self._logbook.forget_all_but([*self._journal.logs, *others])
        return {**found, **self._logbook.read(others)}

    def _log_of(self, group: Sequence[Process]) -> Fact[Log]:
        """What a job's log says of that job."""
        path = _stdout(group)
        if path is None:
            return _unlogged(group[0])
        if self._writers[path] > 1 and path not in self._journal.logs:
            # Taken for its own, the other's plot id would have it killed with the other's files.
            return Unknown(f"{self._writers[path]} jobs write to {path}")
        return self._logs[path]

    def _of_processes(self, group: Sequence[Process]) -> Job:
        first = group[0]
        path = _stdout(group)
        log = self._log_of(group)
        record = log.value.record if isinstance(log, Known) and path in self._journal.logs else None
        plotter, arguments = self._argvs.of(first)
        job_id = record.id if record is not None else first.job or _foreign_id(first.ident)
        marks = _Marks(
            log=log,
            record=record,
            plotter=plotter,
            arguments=arguments,
            path=path,
            stopped=all(process.stopped for process in group),
            leads=first.session == first.ident.pid,
            where=self._where(record, arguments),
            suspended_by=self._places.suspended_by(job_id)
            if job_id in self._journal.notes["suspended"]
            else None,
        )
        before = self._told.get(first.ident)
        if before is not None and before[0].log is log and before[0] == marks:
            return before[1]
        job = self._job(job_id, group, marks)
        if job.ours and isinstance(job.tmp, Known):
            self._told[first.ident] = marks, job
        return job

    def _job(self, job_id: str, group: Sequence[Process], marks: _Marks) -> Job:
        first, log, record, arguments, plotter = (
            group[0],
            marks.log,
            marks.record,
            marks.arguments,
            marks.plotter,
        )
        tmp, tmp2, dst = _directories(marks.where)
        plot, said = _last(log)
        return Job(
            id=job_id,
            plotter=plotter.name if plotter is not None else "",
            run="suspended" if marks.stopped else "running",
            since=record.when if record is not None else self._since(first),
            ident=first.ident,
            leads=marks.leads,
            tmp=tmp,
            tmp2=tmp2,
            dst=dst,
            touches=() if isinstance(tmp, Known) else self._touches(group),
            k=_known_k(record, arguments, plot),
            plot_id=_plot_id(plot, arguments),
            phase=_phase(log, plot, plotter),
            log=Known(marks.path) if marks.path is not None else _unlogged(first),
            ours=record is not None,
            suspended_by=marks.suspended_by,
            modified=log.value.modified if isinstance(log, Known) else None,
            options=arguments.options if arguments is not None else {},
            extras=arguments.extras if arguments is not None else (),
            trouble=plot.error if plot is not None and plot.stuck else said.startup_error if said else None,
        )

    def _pending(self, path: str, job_id: str, record: Record | None) -> Job:
        """A job whose log is locked, and whose process is not to be recognised (yet)."""
        if record is None:
            return Job(
                id=job_id,
                plotter="",
                run="pending",
                since=self._now,
                ident=None,
                tmp=Unknown("the first line of its log is not whole"),
                touches=None,
                log=Known(path),
                ours=True,
            )
        tmp, tmp2, dst = _directories(self._where(record, None))
        return Job(
            id=job_id,
            plotter=str(record.body.get("plotter", "")),
            run="pending",
            since=record.when,
            ident=None,
            tmp=tmp,
            tmp2=tmp2,
            dst=dst,
            k=_known_k(record, None, None),
            phase=Unknown("its process has not been seen yet"),
            log=Known(path),
            ours=True,
        )

    def _where(
        self, record: Record | None, arguments: Arguments | None
    ) -> tuple[str | None, str | None, str | None]:
        """tmp, tmp2 and dst, each as the spec spells it where the spec has it."""
        if record is not None:
            tmp, tmp2, dst = (record.body.get(key) for key in ("tmp", "tmp2", "dst"))
        elif arguments is not None:
            tmp, tmp2, dst = arguments.tmp, arguments.tmp2, arguments.dst
        else:
            return None, None, None
        locate = self._places.locate
        return (
            locate(str(tmp)) if tmp else None,
            locate(str(tmp2)) if tmp2 else None,
            locate(str(dst)) if dst else None,
        )

    def _touches(self, group: Sequence[Process]) -> tuple[str, ...] | None:
        """Directories of the spec that argv, cwd or open files of a job point to."""
        hints = [word for process in group for word in process.argv if word.startswith("/")]
        hints += [process.cwd for process in group if process.cwd is not None]
        if not hints:
            return None
        return tuple(sorted({path for hint in hints if (path := self._places.of_spec(hint)) is not None}))

    def _since(self, process: Process) -> Instant:
        return Instant(self._now.at - process.age, self._now.up - process.age, self._now.boot)


def _directories(
    where: tuple[str | None, str | None, str | None],
) -> tuple[Fact[str], Fact[str], Fact[str]]:
    tmp, tmp2, dst = where
    return (
        Known(tmp) if tmp is not None else Unknown("its arguments do not tell"),
        Known(tmp2) if tmp2 is not None else Absent("not given"),
        Known(dst) if dst is not None else Unknown("its arguments do not tell"),
    )


def _grouped(processes: Sequence[Process]) -> list[list[Process]]:
    """Processes that are one job: those with one job id, and parent and child. Oldest first in each."""
    by_pid = {process.ident.pid: process for process in processes}
    root: dict[int, int] = {}
    by_job: dict[str, int] = {}

    def find(pid: int) -> int:
        while root.get(pid, pid) != pid:
            pid = root[pid]
        return pid

    ordered = sorted(processes, key=lambda process: (process.ident.start, process.ident.pid))
    for process in ordered:
        pid = process.ident.pid
        if process.job is not None:
            root[find(pid)] = find(by_job.setdefault(process.job, pid))
        if process.ppid in by_pid:
            root[find(pid)] = find(process.ppid)
    groups: dict[int, list[Process]] = {}
    for process in ordered:
        groups.setdefault(find(process.ident.pid), []).append(process)
    return list(groups.values())


def _stdout(group: Sequence[Process]) -> str | None:
    first = group[0].stdout
    if first is not None:
        return first
    return next((process.stdout for process in group if process.stdout is not None), None)


def _unlogged(process: Process) -> Absent | Unknown:
    """Why no log of it is known."""
    if process.cwd is None:
        return Unknown("only its own user and root may see where its output goes")
    return Absent("its output goes to no file")


def _foreign_id(ident: Ident) -> str:
    """12 hex digits for a job that the journal does not have; the same as long as it lives."""
    return hashlib.sha256(f"{ident.boot}\0{ident.pid}\0{ident.start}".encode()).hexdigest()[:12]


def _last(log: Fact[Log]) -> tuple[PlotLog | None, LogState | None]:
    said = log.value.said if isinstance(log, Known) else None
    if not isinstance(said, LogState):
        return None, None
    return (said.plots[-1] if said.plots else None), said


def _known_k(record: Record | None, arguments: Arguments | None, plot: PlotLog | None) -> Fact[int]:
    told = record.body.get("k") if record is not None else None
    for k in (told, arguments.k if arguments is not None else None, plot.k if plot is not None else None):
        if isinstance(k, int):
            return Known(k)
    return Unknown("neither its arguments nor its log tell")


def _plot_id(plot: PlotLog | None, arguments: Arguments | None) -> Fact[str]:
    told = (plot.plot_id if plot is not None else None) or (
        arguments.plot_id if arguments is not None else None
    )
    return Known(told) if told is not None else Unknown("its log does not name it yet")


def _phase(log: Fact[Log], plot: PlotLog | None, plotter: Plotter | None) -> Fact[Phase]:
    if plot is not None and plot.phase is not None:
        return Known(plot.phase)
    if not isinstance(log, Known):
        return Unknown(f"its log: {log.why}")
    first = plotter.phases[0] if plotter is not None and plotter.phases else None
    # A log that can be read and names no phase is that of a job that has not begun its first.
    return Known(Phase(first.major, 0)) if first is not None else Unknown("its plotter shows none")


def idents(jobs: Fact[tuple[Job, ...]]) -> Mapping[str, Ident]:
    """The processes to watch, by job id."""
    every = jobs.value if isinstance(jobs, Known) else ()
    return {job.id: job.ident for job in every if job.ident is not None}
