"""What rules speak in: a Want is a candidate, a Verdict one limit's word on it.

A proposer yields wants, best first; each limit judges one want on its own. How much has been admitted
already in this tick stands in Admitted, which grows between two wants.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, TypeAlias

from reconciler.state import Job, Plot, Temp

if TYPE_CHECKING:
    from reconciler.facts import Facts

Kind: TypeAlias = Literal["kill", "resume", "suspend", "archive", "clean", "spawn"]


@dataclass(frozen=True, slots=True, kw_only=True)
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


@dataclass(frozen=True, slots=True, kw_only=True)
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


@dataclass(frozen=True, slots=True, kw_only=True)
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Sweep:
    """Remove temporary files that no job owns."""

    temp: Temp
    note: str
    kind: Literal["clean"] = "clean"

    @property
    def subject(self) -> str:
        """The files' directory and plot."""
        return self.temp.name


Want: TypeAlias = Spawn | Steer | Move | Sweep


@dataclass(slots=True)
class Admitted:
    """The wants that this tick has let through so far, by kind.

    moves_to: how many moves to each farmer. refused_by: the limit that refused the last want that was refused.
    """

    spawns: list[Spawn] = field(default_factory=list)
    steers: list[Steer] = field(default_factory=list)
    moves: list[Move] = field(default_factory=list)
    sweeps: list[Sweep] = field(default_factory=list)
    moves_to: Counter[str] = field(default_factory=Counter)
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
            case Sweep():
                self.sweeps.append(want)


@dataclass(frozen=True, slots=True, kw_only=True)
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


Proposer: TypeAlias = Callable[["Facts", Admitted], Iterable[Want]]
Limit: TypeAlias = "Callable[[Facts, Admitted, Want], Verdict | None]"
