"""What there is on a simulated machine at a moment, counted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from reconciler.noun import noun

if TYPE_CHECKING:
    from reconciler.simulate.computer import Computer
    from reconciler.simulate.disks import Disks
    from reconciler.simulate.hardware import Hardware
    from reconciler.spec.models import Spec


@noun
class Tally:
    """What there is at a moment.

    time: of the simulation. archived: plots at their end; waiting: those in dst, on their way there; running: jobs.
    gained: the jobs under way, each by the part of its work that is done. spent, busy: by resource, units given and
    seconds of giving all that it has.
    """

    time: float
    archived: int
    waiting: int
    running: int
    gained: float
    spent: dict[str, float]
    busy: dict[str, float]


@noun
class Moment:
    """What goes on, for pictures.

    phases: how many jobs are in each phase, by its number. used: the part of each drive that is taken, by its name.
    moving: transfers under way; waiting: plots in dst.
    """

    time: float
    phases: Mapping[int, int]
    used: Mapping[str, float]
    moving: int
    waiting: int


def tally(computer: Computer, hardware: Hardware, spec: Spec) -> Tally:
    """Count all of it."""
    computer.fluid.measure()
    resources = list(hardware.resources)
    return Tally(
        time=computer.clock.time,
        archived=sum(1 for _ in _archived(computer, hardware, spec)),
        waiting=_waiting(computer, spec) if spec.archive else 0,
        running=len(computer.jobs),
        gained=sum(job.gained for _, job in computer.jobs),
        spent={each.name: each.spent for each in resources},
        busy={each.name: each.busy for each in resources},
    )


def moment(computer: Computer, hardware: Hardware, spec: Spec) -> Moment:
    """Look around."""
    drives = {
        drive.name: computer.disks.device(drive.paths[0])
        for drive in hardware.described.drives
        if drive.paths
    }
    return Moment(
        time=computer.clock.time,
        phases=dict(Counter(job.phase.major for _, job in computer.jobs if job.phase is not None)),
        used={name: 1 - device.free / device.total for name, device in drives.items()},
        moving=len(computer.moves),
        waiting=_waiting(computer, spec),
    )


def _archived(computer: Computer, hardware: Hardware, spec: Spec) -> Iterator[str]:
    """Plots that have come to their end: at a farmer, or in dst where there is none."""
    described = hardware.described
    if not spec.archive:
        for directory in spec.directories.landing:
            yield from _plots(computer.disks, directory.path)
    for farmer in described.farmers:
        disks = computer.network[farmer.host].disks
        for disk in farmer.disks:
            yield from _plots(disks, disk.path)
    for path in described.of_kind("farm"):
        yield from _plots(computer.disks, path)


def _waiting(computer: Computer, spec: Spec) -> int:
    """How many plots stand in dst."""
    return sum(1 for directory in spec.directories.landing for _ in _plots(computer.disks, directory.path))


def _plots(disks: Disks, path: str) -> Iterator[str]:
    """Whole plots below a path, in it or in a folder of it."""
    for name, file in disks.listing(path):
        if file is None:
            yield from _plots(disks, f"{path.rstrip('/')}/{name}")
        elif name.endswith(".plot") and not name.startswith("."):
            yield name
