"""How fast work goes: at a fixed pace, where nothing is in the way of anything else."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from reconciler.noun import noun

if TYPE_CHECKING:
    from reconciler.errand import Errand
    from reconciler.simulate.computer import Computer
    from reconciler.simulate.disks import File
    from reconciler.simulate.flow import Flow
    from reconciler.simulate.plotting import PlotJob
    from reconciler.simulate.processes import Program


class Speeds(Protocol):
    """What decides how long work takes."""

    def job(self, job: PlotJob, computer: Computer) -> Program:
        """A whole plot job."""

    def carry(self, errand: Errand, size: int, part: File) -> float | Flow:
        """So many bytes of a plot on their way to a farmer, where the part grows by them."""

    def check(self, errand: Errand, size: int) -> float | Flow:
        """So many bytes that are compared there."""


@noun(kw_only=True)
class Pace:
    """Everything takes its time. k32: seconds that a job of that size takes in all; copy: bytes a second."""

    k32: float = 18400.0
    copy: float = 150e6

    def seconds(self, k: int) -> float:
        """Seconds that a job takes in all: in proportion to its entries times their width."""
        return self.k32 * (2 * k + 1) / 65 * 2.0 ** (k - 32)

    def job(self, job: PlotJob, computer: Computer) -> Program:
        """A whole plot job, that takes at every phase all the room that its definition allows."""
        return job.at_pace(computer, self.seconds(job.k))

    def carry(self, errand: Errand, size: int, part: File) -> float:  # noqa: ARG002 - any goes as fast
        """Seconds for so many bytes."""
        return size / self.copy

    def check(self, errand: Errand, size: int) -> float:  # noqa: ARG002
        """Seconds for so many bytes."""
        return size / self.copy
