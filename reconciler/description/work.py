"""What making a plot takes: processor seconds, bytes and room, phase by phase.

The table for chiapos: a log of `chia plots create` of 2021 (k32, 4 threads, 128 buckets: 18,380 s at
139 % CPU, then 178 s of copying), of which each phase's seconds times its CPU are the processor seconds,
and its CPU the widest parallelism. The bytes are computed from chiapos' entry sizes and that log's entry
counts, in all 1.53 TB read and 1.46 TB written; how they fall to the phases is an estimate from the same
sizes. The course of the room that a job takes is its plotter definition's.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from reconciler.spec.model import Name, field, part
from reconciler.spec.units import Size

if TYPE_CHECKING:
    from reconciler.plotters import Plotter

GB = 10**9


@part
class PhaseWork:
    """One phase. Its steps share the work by the seconds that the plotter's sample log gives each."""

    cpu_seconds: float = field(ge=0, description="Processor seconds.")
    threads: float = field(gt=0, description="At most so many processors at once, on average.")
    read: Size = field(description="Bytes read on tmp.", examples=["580GB"])
    written: Size = field(description="Bytes written on tmp.", examples=["750GB"])


@part
class Work:
    """All of a plot of one k, up to its copy to dst. Another k takes it in proportion to its entries."""

    plotter: Name = field(description="Family of the plotters that it is for, such as chiapos.")
    k: int = field(default=32, ge=16, le=50, description="Plot size that the numbers are for.")
    phases: tuple[PhaseWork, ...] = field(
        min_length=1, description="The phases that the log tells apart, in order, the copy left out."
    )
    memory: Size = field(default=4 * GB, description="Bytes of RAM of one job.", examples=["4GB"])

    def __post_init__(self) -> None:
        if not any(phase.cpu_seconds for phase in self.phases):
            raise ValueError("takes no processor time in any phase; a plot takes some")

    def scale(self, k: int) -> float:
        """How many times as much a plot of k is: its entries times their width."""
        return (2 * k + 1) / (2 * self.k + 1) * 2.0 ** (k - self.k)


def _phase(seconds: float, cpu: float, read: int, written: int) -> PhaseWork:
    return PhaseWork(cpu_seconds=seconds * cpu, threads=cpu, read=read * GB, written=written * GB)


CHIAPOS = Work(
    plotter="chiapos",
    phases=(
        _phase(8134.66, 1.9406, 585, 750),
        _phase(3304.86, 0.96, 320, 195),
        _phase(6515.266, 0.96, 595, 510),
        _phase(425.637, 0.9742, 30, 5),
    ),
)
"""A k32 plot of chiapos."""


def work_of(plotter: Plotter, given: Sequence[Work]) -> Work | None:
    """What is known of a plotter's work: first what is given, then what comes with this tool."""
    for work in (*given, CHIAPOS):
        if work.plotter in (plotter.name, plotter.family):
            return work
    return None
