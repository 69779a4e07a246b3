"""The nouns: what is, at one instant.

Nothing here acts, asks or decides. Every value is frozen; equal values are equal facts.
Bytes are bytes, durations are seconds, paths are absolute and as the spec spells them.

Plain dataclasses, not pydantic models: a tick makes thousands of them. `documents.py` validates
and describes them where they cross the border.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Generic, Literal, TypeAlias, TypeVar

from reconciler.noun import noun

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)

# --- facts ---------------------------------------------------------------------------------------


@noun
class Known(Generic[T_co]):
    """Seen, in this observation."""

    value: T_co
    fact: Literal["known"] = "known"


@noun
class Absent:
    """Looked for, and certainly not there; why says how that shows ("is not mounted")."""

    why: str
    fact: Literal["absent"] = "absent"


@noun
class Unknown:
    """Not to be told; why says what stood in the way. Never a ground for an action."""

    why: str
    fact: Literal["unknown"] = "unknown"


Fact: TypeAlias = Known[T] | Absent | Unknown

# --- time and identity ---------------------------------------------------------------------------


@noun
class Instant:
    """One moment by both clocks.

    at: wall clock, seconds since the epoch.
    up: boot clock, seconds since the machine came up (it runs on during sleep).
    boot: the boot's id; `up` of two boots must never be compared.
    """

    at: float
    up: float
    boot: str


@dataclass(frozen=True, slots=True, order=True)
class Ident:
    """A process for good: a pid is used again, a (boot, pid, start) is not.

    start: clock ticks since boot, field 22 of /proc/PID/stat (elsewhere: a creation time in ticks).
    """

    boot: str
    pid: int
    start: int


@dataclass(frozen=True, slots=True, order=True)
class Phase:
    """How far a job is: major 1-4 as the plotter counts, 5 for the copy to dst; minor is the step in it."""

    major: int
    minor: int

    def __str__(self) -> str:
        return f"{self.major}:{self.minor}"


# --- what runs -----------------------------------------------------------------------------------

Run: TypeAlias = Literal["pending", "running", "suspended"]
Health: TypeAlias = Literal["pending", "starting", "running", "suspended", "stuck", "stalled"]


@noun(kw_only=True)
class Job:
    """A plot job: all processes that make one plot (or several, one after the other).

    id: for jobs that this tool started the journal's id, for others a hash of their identity; 12 hex digits.
    run: pending between the journal entry and the first sight of the process.
    since: when it started.
    ident: the oldest process; None while pending.
    leads: the oldest process leads its own session, so that all of the session is the job.
    tmp, tmp2, dst: a spec directory where the job's own path lies at or below one; Absent: it uses none.
    touches: for jobs whose directories are not known, the spec directories that argv, cwd or open files
        point to; None: not even that could be read.
    log: where its output goes; Absent: not to a file.
    ours: the journal has its record.
    suspended_by: who wrote the note beside its log before stopping it ("space"); None: no note.
    options: the plotter's own options, as its definition names them.
    extras: arguments that the definition does not know.
    modified: wall clock of its log's last change; None: it has none that can be read.
    trouble: the log's own words where the plotter is stuck and retrying.
    stalled: what shows that it does nothing any more, in words.
    """

    id: str
    plotter: str
    run: Run
    since: Instant
    ident: Ident | None
    leads: bool = False
    tmp: Fact[str]
    tmp2: Fact[str] = field(default_factory=lambda: Absent("not given"))
    dst: Fact[str] = field(default_factory=lambda: Unknown("not given"))
    touches: tuple[str, ...] | None = ()
    k: Fact[int] = field(default_factory=lambda: Unknown("not given"))
    plot_id: Fact[str] = field(default_factory=lambda: Unknown("the log does not name it yet"))
    phase: Fact[Phase] = field(default_factory=lambda: Unknown("no log"))
    log: Fact[str] = field(default_factory=lambda: Absent("no log"))
    ours: bool = False
    suspended_by: str | None = None
    options: Mapping[str, str | int | float | bool] = field(default_factory=dict)
    extras: tuple[str, ...] = ()
    modified: float | None = None
    trouble: str | None = None
    stalled: str | None = None

    @property
    def health(self) -> Health:
        """How it does: as it runs, or of a running one what is odd about it."""
        if self.run != "running":
            return self.run
        if self.trouble is not None:
            return "stuck"
        if self.stalled is not None:
            return "stalled"
        begun = not isinstance(self.phase, Known) or self.phase.value > Phase(1, 0)
        return "running" if begun else "starting"

    @property
    def tmps(self) -> tuple[str, ...]:
        """The tmp directories that it counts on: its own, or all that it may be on."""
        return (self.tmp.value,) if isinstance(self.tmp, Known) else self.touches or ()

    @property
    def dsts(self) -> tuple[str, ...]:
        """The dst directories that it counts on, likewise."""
        return (self.dst.value,) if isinstance(self.dst, Known) else self.touches or ()


Outcome: TypeAlias = Literal["pending", "running", "finished", "failed", "killed", "unknown"]


@noun(kw_only=True)
class Start:
    """One start of a job, as the journal remembers it; also when its process is long gone.

    outcome: pending and running hold the log's lock; the rest is what the log says after it.
        unknown: it is over, and the log cannot be read.
    ended: wall clock of the log's last line, once over.
    seconds: by the plotter's own words where it gave a total, else from start to end.
    milestones: seconds from the start to each major phase's end, as far as it got.
    error: the log's own words.
    """

    id: str
    since: Instant
    plotter: str
    k: int
    tmp: str
    tmp2: str | None = None
    dst: str
    outcome: Outcome
    ended: float | None = None
    seconds: float | None = None
    milestones: tuple[float, ...] = ()
    plot_id: str | None = None
    plot: str | None = None
    error: str | None = None
    log: str


@noun(kw_only=True)
class Transfer:
    """One attempt to move one plot, as its log tells; it is over when nothing holds the log's lock.

    plot: the file's name; source: its directory; farmer, disk: where it goes.
    bytes, done: the plot's size, and how much of it stands at the target.
    ended: wall clock of the last line, once over.
    step: the last one reached; kind, error: why it failed, as one word and in the mover's own words.
    at: wall clock of the log's last line. entry: digest of the farmer's part of the spec that it was begun under.
    """

    id: str
    plot: str
    source: str
    farmer: str
    disk: str
    bytes: int
    done: int = 0
    outcome: Literal["running", "finished", "failed", "unknown"]
    since: Instant
    ended: float | None = None
    step: str = ""
    kind: str | None = None
    error: str | None = None
    at: float | None = None
    entry: str = ""
    log: str


@noun(kw_only=True)
class Removal:
    """One attempt to remove one old plot at a farmer, as its log tells; likewise.

    plot: the file that gives way; bytes: its size; heir: the name of the new plot that needs the room.
    kind: None for a failure without a word. step: the last one reached; "removing": the plot may be gone.
    entry: digest of the farmer's part of the spec that it was begun under.
    """

    id: str
    plot: str
    bytes: int
    farmer: str
    disk: str
    heir: str
    outcome: Literal["running", "finished", "failed"]
    since: Instant
    ended: float | None = None
    kind: str | None = None
    error: str | None = None
    step: str = ""
    entry: str = ""
    log: str


@noun(kw_only=True)
class Deletion:
    """One job that was killed, or the temporary files of one plot that were removed, or were about to be.

    subject: the job's id, or the files as State names them.
    """

    id: str
    kind: Literal["kill", "clean"]
    subject: str
    since: Instant
    log: str

    @property
    def ended(self) -> float:
        """Wall clock of its end: it is over when its log is written, as far as the journal is concerned."""
        return self.since.at

    @property
    def outcome(self) -> Literal["finished"]:
        """As that of others in the journal."""
        return "finished"


# --- what lies where -----------------------------------------------------------------------------


@noun
class Space:
    """Room on one device. device: the kernel's number for it, so that two paths of one disk are one."""

    device: str
    free: int
    total: int
    writable: bool = True


@noun(kw_only=True)
class Plot:
    """A file under a plot's final name in one of the spec's directories.

    state: ready: whole, and nothing writes it; landing: a job or a copy may still write it;
        partial: certainly not a whole plot.
    why: what the state was read from.
    compression: 0 for a plain plot. contract: the pool contract's puzzle hash, hexadecimal, by its head; "": made
        for a pool key; Unknown: its head cannot be read.
    """

    name: str
    directory: str
    bytes: int
    modified: float
    k: int
    plot_id: str
    state: Literal["ready", "landing", "partial"]
    why: str
    compression: int = 0
    contract: Fact[str] = field(default_factory=lambda: Unknown("its head was not read"))

    @property
    def path(self) -> str:
        """The file's full path."""
        return f"{self.directory.rstrip('/')}/{self.name}"


@noun(kw_only=True)
class Temp:
    """All temporary files of one plot in one directory.

    plot_id: None where the names do not carry one; such files are nobody's, for certain.
    job: the id of the job whose own folder it is, where the directory is one.
    files: their names; newest: wall clock of the last change to any of them.
    """

    directory: str
    plot_id: str | None
    files: tuple[str, ...]
    bytes: int
    newest: float
    job: str | None = None

    def belongs_to(self, job: Job) -> bool:
        """Are they certainly that job's?"""
        made = job.plot_id.value if isinstance(job.plot_id, Known) else None
        return self.job == job.id or (made is not None and made == self.plot_id)

    @property
    def name(self) -> str:
        """What they are called in State: a job's own folder, or directory and plot id."""
        return self.directory if self.job is not None else f"{self.directory}/{self.plot_id}"


@noun(kw_only=True)
class Directory:
    """One directory of the spec.

    real: its path with all links resolved, equal for two spellings of one directory.
    space: Absent: it does not exist or is not mounted; Unknown: it did not answer in time.
    plots, temps: Absent: not looked for in this observation.
    """

    path: str
    real: str
    space: Fact[Space]
    plots: Fact[tuple[Plot, ...]]
    temps: Fact[tuple[Temp, ...]]


# --- what people asked for -----------------------------------------------------------------------

Verb: TypeAlias = Literal["suspend", "resume", "kill", "ignore", "pause", "kick", "approve"]


@noun
class Grant:
    """One action that a person lets happen.

    action: its key. leaf: the digest of the State entry that it changes, as it was when the person saw it.
    """

    action: str
    leaf: str


@noun(kw_only=True)
class Override:
    """A person's wish that edits the desired state until it is withdrawn, over or its job is gone.

    target: a job's id; "plotting" or "archiving" for pause; "all" for kick; for approve a hash of what it grants.
    ident: the process it is bound to; None for a pending job, pause and kick.
    until: wall clock; None: for good.
    plot_id, directories: what kill needs to find the job's files once its process is gone.
    grants: what approve lets happen.
    """

    verb: Verb
    target: str
    since: Instant
    who: str
    why: str = ""
    until: float | None = None
    ident: Ident | None = None
    plot_id: str | None = None
    plotter: str | None = None
    directories: tuple[str, ...] = ()
    grants: tuple[Grant, ...] = ()
