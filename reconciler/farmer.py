"""The nouns of farmers: their disks, what stands there, and what is on its way there.

A farmer may be another machine, of which only its last answer is known, or a folder of disks on this one.
"""

from __future__ import annotations

from dataclasses import field

from reconciler.noun import noun
from reconciler.state import Absent, Fact, Instant, Space


@noun
class Stored:
    """A plot that stands at a farmer under its final name."""

    name: str
    bytes: int


@noun
class Part:
    """A plot on its way to a disk: its part file there is the reservation.

    plot: the final name; bytes: what it will take in the end; done: what it takes now; host: whose it is.
    """

    plot: str
    bytes: int
    done: int
    host: str
    modified: float


@noun(kw_only=True)
class OldPlot:
    """A plot at a farmer that might give way to a new one, as its head tells.

    modified: wall clock of this machine. compression: 0 for a plain plot.
    contract: the pool contract's puzzle hash, hexadecimal; "": made for a pool key.
    """

    name: str
    bytes: int
    modified: float
    k: int
    compression: int
    contract: str


@noun(kw_only=True)
class Disk:
    """One target folder of a farmer.

    count: plots that stand here; holds: those of them that this host still has, too, or was moving here.
    boundless: its room is not ours to judge.
    old: every plot whose head could be read; Absent: not asked for.
    """

    path: str
    space: Fact[Space]
    count: int = 0
    holds: tuple[Stored, ...] = ()
    parts: tuple[Part, ...] = ()
    boundless: bool = False
    old: Fact[tuple[OldPlot, ...]] = field(default_factory=lambda: Absent("not asked for"))


@noun(kw_only=True)
class Farmer:
    """Where plots go in the end. disks: Unknown: it did not answer.

    asked: when it was asked for what is told here; None: in this very observation.
    sought: the names of plots that were looked for among its disks; None: all.
    trouble: why the last try to ask it failed; kind: that failure's stable name; next_at: wall clock of the
        next try.
    """

    name: str
    disks: Fact[tuple[Disk, ...]]
    asked: Instant | None = None
    sought: tuple[str, ...] | None = None
    trouble: str | None = None
    kind: str | None = None
    next_at: float | None = None
