"""The journal: what was started here, when, and what became of it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from itertools import accumulate
from typing import Literal

from reconciler.journal import LogName, Record, tells_a_plot
from reconciler.noun import noun
from reconciler.observation import Condition
from reconciler.observe.logbook import Log, Logbook
from reconciler.observe.settled import NOTHING, Entry, Listed, Listing, Marks, Settled
from reconciler.plotters.log import NO_ERROR, LogState, PlotLog
from reconciler.state import (
    Absent,
    Deletion,
    Fact,
    Instant,
    Known,
    Outcome,
    Removal,
    Start,
    Transfer,
    Unknown,
)
from reconciler.transports.record import TransferLog
from reconciler.world import MISSING, Ask, Machine, Process, Survey

_VANISHED = Absent("it vanished")
_WORKER = {"plot": "job", "move": "mover", "retire": "remover"}


@noun
class History:
    """What the journal remembers, each oldest first."""

    starts: Fact[tuple[Start, ...]]
    transfers: Fact[tuple[Transfer, ...]]
    removals: Fact[tuple[Removal, ...]]
    deletions: Fact[tuple[Deletion, ...]]


class Journal:
    """The log directory, listed before the process table is read, and settled after."""

    def __init__(
        self, machine: Machine, logbook: Logbook, settled: Settled, logs: str, survey: Fact[Survey]
    ) -> None:
        """survey: what the log directory has answered, with its names."""
        self._machine = machine
        self._logbook = logbook
        self._settled = settled
        self._logs = logs
        self._listed = self._list(survey)
        self._listing = self._listed.value if isinstance(self._listed, Known) else NOTHING
        self._alive: frozenset[str | None] = frozenset()
        self._held: dict[str, Fact[bool]] = {}
        self.logs: Mapping[str, Fact[Log]] = {}

    def _list(self, survey: Fact[Survey]) -> Fact[Listing]:
        if isinstance(survey, Absent):
            # A folder that is yet to be made is an empty journal; one whose disk is away is not.
            return Absent(survey.why) if survey.why == MISSING else Unknown(survey.why)
        if isinstance(survey, Unknown):
            return survey
        return Known(self._settled.listing(self._logs, survey.value.entries))

    @property
    def notes(self) -> Mapping[str, frozenset[str]]:
        """The ids of the jobs that there is a note of each kind for."""
        return self._listing.notes

    @property
    def _entries(self) -> Mapping[str, Listed]:
        return self._listing.logs

    def settle(self, table: Fact[tuple[Process, ...]]) -> None:
        """Ask the locks of all logs that are not over, then read them. Comes after the process table."""
        self._alive = (
            frozenset(process.stdout for process in table.value) if isinstance(table, Known) else frozenset()
        )
        open_logs = self._settled.open(self._listing)
        for path in open_logs:
            self._held[path] = Known(True) if path in self._alive else self._machine.held(path)
        self.logs = self._logbook.read(dict.fromkeys(open_logs))

    def pending(self) -> Mapping[str, tuple[LogName, Record | None]]:
        """Logs of jobs that hold their lock, or may, with no process seen that writes them."""
        return {
            path: (self._entries[path].name, self._record(path))
            for path in self._held
            if self._entries[path].name.kind == "plot" and path not in self._alive and self._locked(path)
        }

    def history(self, now: Instant) -> History:
        """Every start of a job, every transfer, every removal and every deletion.

        A mover or remover at work whose record cannot be read may have any plot: then none of its kind is known.
        """
        if isinstance(self._listed, Unknown):
            return History(self._listed, self._listed, self._listed, self._listed)
        over: dict[str, Entry] = {}
        found: list[Entry] = []
        told: dict[str, tuple[Marks, Entry]] = {}
        hidden: dict[str, Unknown] = {}
        for path in self._held:
            name, marks = self._entries[path].name, self._marks(path)
            before = self._settled.told.get(path)
            if before is not None and before[0].log is marks.log and before[0] == marks:
                entry: Entry | None = before[1]
            else:
                entry = self._told(path, name, now)
            if entry is not None:
                found.append(entry)
                if entry.outcome in ("finished", "failed", "killed"):
                    over[path] = entry
                elif self._record(path) is not None:
                    told[path] = marks, entry
            elif self._locked(path):
                hidden[name.kind] = Unknown(
                    f"a {_WORKER[name.kind]} is at work whose log {path} cannot be read"
                )
        settled = self._settled
        history = History(
            Known(settled.among(Start, found)),
            hidden.get("move") or Known(settled.among(Transfer, found)),
            hidden.get("retire") or Known(settled.among(Removal, found)),
            Known(settled.among(Deletion, found)),
        )
        settled.keep(over)
        settled.told = told
        return history

    def _marks(self, path: str) -> Marks:
        return Marks(
            self.logs.get(path, _VANISHED),
            path in self._alive,
            self._locked(path),
            self._entries[path].name.id in self.notes["killed"],
        )

    def _told(self, path: str, name: LogName, now: Instant) -> Entry | None:
        record = self._record(path)
        match name.kind:
            case "plot":
                return self._start(path, name, now)
            case "kill" | "clean" as kind:
                # Its name alone is enough for it to be counted.
                since = record.when if record is not None else _by_name(name, now)
                subject = str(record.body.get("subject", "")) if record is not None else ""
                return Deletion(id=name.id, kind=kind, subject=subject, since=since, log=path)
            case "move" if record is not None:
                return self._transfer(path, record)
            case "retire" if record is not None:
                return self._removal(path, record)
            case _:
                return None

    def _locked(self, path: str) -> bool:
        """Does, or may, a process hold this log's lock?"""
        held = self._held[path]
        return held.value if isinstance(held, Known) else isinstance(held, Unknown)

    def finished_before(self) -> Known[int] | Unknown:
        """Plots finished by jobs whose logs are shelved; Unknown where a folder of them does not answer."""
        folders = self._machine.glob(f"{self._logs}/[0-9][0-9][0-9][0-9]-[0-9][0-9]")
        if isinstance(folders, Unknown):
            return folders
        paths = folders.value if isinstance(folders, Known) else ()
        finished = 0
        for path, survey in self._machine.survey([Ask(path, names=True) for path in paths]).items():
            if isinstance(survey, Unknown):
                return Unknown(f"{path}: {survey.why}")
            names = [each.name for each in survey.value.entries] if isinstance(survey, Known) else []
            finished += sum(map(tells_a_plot, names))
        return Known(finished)

    def conditions(self) -> tuple[Condition, ...]:
        """What is odd about the journal."""
        found = []
        if isinstance(self._listed, Unknown):
            found.append(Condition("JournalUnknown", self._logs, self._listed.why))
        for path, log in self.logs.items():
            if isinstance(log, Unknown):
                found.append(Condition("LogUnreadable", path, log.why))
        return tuple(found)

    def _record(self, path: str) -> Record | None:
        log = self.logs.get(path)
        return log.value.record if isinstance(log, Known) else None

    def _start(self, path: str, name: LogName, now: Instant) -> Start:
        log, record = self.logs.get(path, _VANISHED), self._record(path)
        said = log.value.said if isinstance(log, Known) and isinstance(log.value.said, LogState) else None
        plot = said.plots[-1] if said is not None and said.plots else None
        outcome = self._outcome(path, name, log, plot)
        since = record.when if record is not None else _by_name(name, now)
        over = outcome not in ("pending", "running")
        ended = log.value.modified if over and isinstance(log, Known) else None
        body = record.body if record is not None else {}
        return Start(
            id=name.id,
            since=since,
            plotter=str(body.get("plotter", "")),
            k=_integer(body.get("k")),
            tmp=str(body.get("tmp") or ""),
            tmp2=str(body["tmp2"]) if body.get("tmp2") else None,
            dst=str(body.get("dst") or ""),
            outcome=outcome,
            ended=ended,
            seconds=_seconds(plot, since, ended),
            milestones=_milestones(plot),
            plot_id=plot.plot_id if plot is not None else None,
            plot=(plot.final_plot or "").rpartition("/")[2] or None if plot is not None else None,
            error=(log.value.refused if isinstance(log, Known) else None) or _error(outcome, said, plot),
            log=path,
        )

    def _outcome(self, path: str, name: LogName, log: Fact[Log], plot: PlotLog | None) -> Outcome:
        if path in self._alive:
            return "running"
        if self._locked(path):
            return "pending"
        if not isinstance(log, Known):
            return "unknown"
        if plot is not None and (plot.delivered or (plot.plotting_done and not plot.stuck)):
            return "finished"
        return "killed" if name.id in self.notes["killed"] else "failed"

    def _transfer(self, path: str, record: Record) -> Transfer:
        told, outcome, ended = self._ending(path, record)
        return Transfer(
            id=record.id,
            plot=str(record.body.get("plot", "")),
            source=str(record.body.get("source", "")),
            farmer=str(record.body.get("farmer", "")),
            disk=str(record.body.get("disk", "")),
            bytes=_integer(record.body.get("bytes")),
            done=told.done,
            outcome=outcome,
            since=record.when,
            ended=ended,
            step=told.step,
            kind=told.kind,
            error=told.error if told.outcome or outcome == "running" else "it ended without a word",
            at=told.at,
            entry=str(record.body.get("entry", "")),
            log=path,
        )

    def _removal(self, path: str, record: Record) -> Removal:
        told, outcome, ended = self._ending(path, record)
        return Removal(
            id=record.id,
            plot=str(record.body.get("plot", "")),
            bytes=_integer(record.body.get("bytes")),
            farmer=str(record.body.get("farmer", "")),
            disk=str(record.body.get("disk", "")),
            heir=str(record.body.get("heir", "")),
            outcome=outcome,
            since=record.when,
            ended=ended,
            step=told.step,
            kind=told.kind,
            error=told.error if told.outcome or outcome == "running" else "it ended without a word",
            entry=str(record.body.get("entry", "")),
            log=path,
        )

    def _ending(
        self, path: str, record: Record
    ) -> tuple[TransferLog, Literal["running", "finished", "failed"], float | None]:
        """What a mover's or remover's log says, how it ended, and when by the wall clock."""
        log = self.logs[path]
        said = log.value.said if isinstance(log, Known) else None
        told = said if isinstance(said, TransferLog) else TransferLog()
        if self._locked(path):
            return told, "running", None
        modified = log.value.modified if isinstance(log, Known) else record.when.at
        return told, told.outcome or "failed", told.ended or modified


def _by_name(name: LogName, now: Instant) -> Instant:
    """When a log was begun, by its name: all that is left where its record is not whole."""
    at = datetime.strptime(name.time, "%Y%m%dT%H%M%S").replace(tzinfo=UTC).timestamp()
    return Instant(at, now.up - (now.at - at), now.boot)


def _seconds(plot: PlotLog | None, since: Instant, ended: float | None) -> float | None:
    if plot is not None and plot.total_seconds is not None:
        return plot.total_seconds + (plot.copy_seconds or 0.0)
    return ended - since.at if ended is not None and ended >= since.at else None


def _milestones(plot: PlotLog | None) -> tuple[float, ...]:
    """When each major phase ended, as far as all before it are told."""
    took: list[float] = []
    for seconds in plot.phase_seconds if plot is not None else ():
        if seconds is None:
            break
        took.append(seconds)
    return tuple(accumulate(took))


def _error(outcome: Outcome, said: LogState | None, plot: PlotLog | None) -> str | None:
    told = (plot.error if plot is not None else None) or (said.startup_error if said is not None else None)
    return told or (NO_ERROR if outcome == "failed" else None)


def _integer(value: object) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) else 0
