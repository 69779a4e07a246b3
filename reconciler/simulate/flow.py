"""Work on its way: how much of what, the files that grow with it, and what it meets."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from reconciler.noun import noun
from reconciler.simulate.disks import File
from reconciler.simulate.sharing import Demand


@noun
class Growth:
    """A file that grows with the work.

    pace: bytes a unit, negative where it shrinks. rises: bytes by which the file will be larger than now at most.
    """

    file: File
    pace: float
    rises: float


@noun
class Turn:
    """A place on a flow's way. at: units done before it. growths: how files grow from there on.

    passed: called once it has been passed, with the clock's time at which it was.
    """

    at: float
    growths: tuple[Growth, ...]
    passed: Callable[[float], None]


@dataclass(eq=False, slots=True)
class Flow:
    """Some work: so many units of a demand. left: units that are still to be done, as last measured.

    growths: how files grow now. turns: what it meets on its way, in order.
    """

    demand: Demand
    left: float
    growths: tuple[Growth, ...] = ()
    turns: tuple[Turn, ...] = ()
    done: Callable[[], None] | None = None
    whole: float = field(init=False)
    behind: int = field(default=0, init=False)
    begun: float = field(default=0.0, init=False)
    grown: float = field(default=0.0, init=False)

    def __post_init__(self) -> None:
        self.whole = self.left
