"""What rules speak in: a Want is a candidate, a Verdict one limit's word on it.

A proposer yields wants, best first; each limit judges one want on its own. How much has been admitted
already in this tick stands in Admitted, which grows between two wants.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, TypeAlias

from reconciler.farmer import OldPlot
from reconciler.leaves import digest, of_job, of_old, of_temp
from reconciler.noun import noun
from reconciler.state import Grant, Job, Plot, Temp

if TYPE_CHECKING:
    from reconciler.facts import Facts

Kind: TypeAlias = Literal["kill", "resume", "suspend", "archive", "retire", "clean", "spawn"]

Place: TypeAlias = tuple[str, str]
"""A farmer's name, and the path of a disk there."""


@noun(kw_only=True)
class Spawn:
    """Start a job there. id: the new job's, 12 hex digits; at: wall clock of the moment it was drawn from."""

    id: str
    at: float
    tmp: str
    tmp2: str | None
    dst: str
    k: int
    plotter: str
    note: str = ""
    kind: Literal["spawn"] = "spawn"

    @property
    def subject(self) -> str:
        """The tmp directory that would get a job."""
        return self.tmp


@noun(kw_only=True)
class Steer:
    """Change how a job runs. by: "space" for the space rule, "override" for a person's wish."""

    kind: Literal["kill", "resume", "suspend"]
    job: Job
    by: Literal["space", "override"]
    note: str

    @property
    def subject(self) -> str:
        """The job's id."""
        return self.job.id


@noun(kw_only=True)
class Move:
    """Move a plot to a disk of a farmer."""

    plot: Plot
    farmer: str
    disk: str
    note: str = ""
    kind: Literal["archive"] = "archive"

    @property
    def subject(self) -> str:
        """The plot's file name."""
        return self.plot.name

    @property
    def target(self) -> str:
        """The place as State names it."""
        return f"{self.farmer}:{self.disk}"

    @property
    def place(self) -> Place:
        """The place as the index of facts has it."""
        return self.farmer, self.disk


@noun(kw_only=True)
class Retire:
    """Remove an old plot, for a new one to have its room.

    heir: the new plot's move, once there is room. count: how many old plots it needs there, this one among them.
    """

    plot: OldPlot
    heir: Move
    count: int
    note: str = ""
    kind: Literal["retire"] = "retire"

    @property
    def subject(self) -> str:
        """The new plot's file name: it is what waits."""
        return self.heir.subject

    @property
    def target(self) -> str:
        """The place as State names it."""
        return self.heir.target

    @property
    def name(self) -> str:
        """What the old plot is called in State."""
        return f"{self.target}/{self.plot.name}"


@noun(kw_only=True)
class Sweep:
    """Remove temporary files that no job owns."""

    temp: Temp
    note: str
    kind: Literal["clean"] = "clean"

    @property
    def subject(self) -> str:
        """The files' directory and plot."""
        return self.temp.name


Want: TypeAlias = Spawn | Steer | Move | Retire | Sweep


@noun(kw_only=True)
class Alike:
    """Plots that wait for the same as another one: they are like it, and no smaller.

    first: that one's file name; it was refused, and nothing has been admitted since.
    """

    first: str
    plots: tuple[Plot, ...]


def grant_of(want: Want) -> Grant | None:
    """What an approval of it must say: the key of its action, and the entry that goes; None: none goes."""
    match want:
        case Steer(kind="kill"):
            return Grant(f"kill {want.subject}", digest(f"jobs.{want.subject}", of_job(want.job)))
        case Sweep():
            return Grant(f"clean {want.subject}", digest(f"orphans.{want.subject}", of_temp(want.temp)))
        case Retire():
            leaf = of_old(want.heir.farmer, want.heir.disk, want.plot)
            return Grant(f"retire {want.name} for {want.subject}", digest(f"farmers.{want.name}", leaf))
        case _:
            return None


@dataclass(slots=True)
class Admitted:
    """The wants that this tick has let through so far, by kind.

    moves_to, moves_from, moves_onto: how many moves to each farmer, from each directory, and which to each disk of
    a farmer; the heirs of old plots that give way are among them, since their turn and their room are taken.
    refused_by: the limit that refused the last want that was refused.
    """

    spawns: list[Spawn] = field(default_factory=list)
    steers: list[Steer] = field(default_factory=list)
    moves: list[Move] = field(default_factory=list)
    retires: list[Retire] = field(default_factory=list)
    sweeps: list[Sweep] = field(default_factory=list)
    moves_to: Counter[str] = field(default_factory=Counter)
    moves_from: Counter[str] = field(default_factory=Counter)
    moves_onto: dict[Place, list[Move]] = field(default_factory=dict)
    refused_by: str = ""

    def add(self, want: Want) -> None:
        """Let one through."""
        match want:
            case Spawn():
                self.spawns.append(want)
            case Steer():
                self.steers.append(want)
            case Move():
                self.moves.append(want)
                self.moves_to[want.farmer] += 1
                self.moves_from[want.plot.directory] += 1
                self.moves_onto.setdefault(want.place, []).append(want)
            case Retire():
                self.retires.append(want)
                self.add(want.heir)
            case Sweep():
                self.sweeps.append(want)


@noun(kw_only=True)
class Verdict:
    """One limit's word on one want.

    rule: the limit's name, from the closed list in `rules`.
    text: the numbers compared, in words that are true whether it passes or holds.
    value, limit: the numbers themselves, in `unit` ("jobs", "bytes", "seconds", ...), where there are any.
    next_at: wall clock of the earliest moment at which it can pass; None where that cannot be told.
    """

    rule: str
    ok: bool
    text: str
    value: float | None = None
    limit: float | None = None
    unit: str = ""
    next_at: float | None = None


Proposer: TypeAlias = Callable[["Facts", Admitted], Iterable[Want | Alike]]
Limit: TypeAlias = "Callable[[Facts, Admitted, Want], Verdict | None]"
