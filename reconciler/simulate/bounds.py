"""What a machine could make at most, by each of its resources: plots a day. Pure arithmetic.

Each number holds alone: what it takes of that resource to make one plot after the other without a gap. The
bound of the machine is the least of them; crowding and whole jobs can keep a farm below it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from itertools import pairwise
from typing import TYPE_CHECKING

from reconciler.noun import noun
from reconciler.simulate.hardware import COPY_CPU, Disk, Hardware

if TYPE_CHECKING:
    from reconciler.plotters import Plotter
    from reconciler.spec.models import Spec

DAY = 86400.0
FARM_ROOM = "farm room"
"""The one bound that depends on the length of a run."""


@noun
class Bounds:
    """Plots a day by each resource, by its name. binds: the name of the least."""

    by: Mapping[str, float]

    @property
    def binds(self) -> str:
        """The resource that allows the fewest."""
        return min(self.by, key=lambda name: (self.by[name], name))

    @property
    def least(self) -> float:
        """Plots a day that the machine could make at most."""
        return self.by[self.binds]


def bounds(hardware: Hardware, spec: Spec, plotter: Plotter, days: float) -> Bounds:
    """The bounds of a machine for what a spec plots. days: of the run, for the room at the farm."""
    described, plotting = hardware.described, spec.plotting
    assert plotting is not None
    work, k = hardware.work(plotter), plotting.k
    scale, size = work.scale(k), plotter.final_bytes(k)
    directories = spec.directories
    found: dict[str, float] = {}

    apart = bool(directories.dst) and {each.path for each in directories.dst} != {
        each.path for each in directories.tmp
    }
    seconds = sum(phase.cpu_seconds for phase in work.phases) * scale + (size * COPY_CPU if apart else 0.0)
    found["cpu"] = DAY * described.cpus / seconds

    tmps = _disks(hardware, (each.path for each in directories.tmp))
    read = sum(phase.read for phase in work.phases) * scale + (size if apart else 0)
    written = sum(phase.written for phase in work.phases) * scale
    found |= _together("tmp drives", tmps, lambda disk: read * disk.read + written * disk.write)
    if apart:
        dsts = _disks(hardware, (each.path for each in directories.dst))
        leaves = bool(spec.archive)
        found |= _together("dst drives", dsts, lambda disk: size * disk.write + leaves * size * disk.read)

    hosts = {archive.host for archive in spec.archive if archive.host is not None}
    there = [
        (farmer.host, disk) for farmer in described.farmers if farmer.host in hosts for disk in farmer.disks
    ]
    farms = [hardware.farm[host, disk.path] for host, disk in there]
    room = sum(disk.bytes // size for _, disk in there)
    if any(archive.host is None for archive in spec.archive):
        farms += _disks(hardware, described.of_kind("farm"))
        room += sum(drive.bytes // size for drive in described.drives if drive.farm)
    if spec.archive:
        found |= _together("farm disks", farms, lambda disk: size * disk.write)
        found[FARM_ROOM] = room / days
        links = {farmer.link for farmer in described.farmers if farmer.host in hosts}
        if None not in links and hosts and len(hosts) == len(spec.archive):
            found["network"] = DAY * sum(described.links[link] for link in links if link is not None) / size
    found |= _tmp_room(hardware, spec, plotter, k)
    return Bounds(found)


def _tmp_room(hardware: Hardware, spec: Spec, plotter: Plotter, k: int) -> dict[str, float]:
    """By the room that a job holds for as long as it takes alone; nothing where its course is not known."""
    mean = held(plotter, k)
    if not mean:
        return {}
    work = hardware.work(plotter)
    seconds = sum(phase.cpu_seconds / phase.threads for phase in work.phases) * work.scale(k)
    tmps = {each.path for each in spec.directories.tmp}
    total = sum(drive.bytes for drive in hardware.described.drives if tmps & set(drive.tmp))
    return {"tmp room": DAY * total / (mean * seconds)}


def held(plotter: Plotter, k: int) -> float | None:
    """Bytes that a job without tmp2 holds, in the mean over its time; None: its course is not known."""
    legs = plotter.course(k)
    ends = [*(leg.begins for leg in legs[1:]), 1.0]
    levels = [0, *(leg.held for leg in legs)]
    area = sum(
        (before + after) / 2 * (until - leg.begins)
        for leg, until, (before, after) in zip(legs, ends, pairwise(levels), strict=False)
    )
    return area or None


def _disks(hardware: Hardware, paths: Iterable[str]) -> list[Disk]:
    found = (hardware.disk(path) for path in paths)
    return list(dict.fromkeys(disk for disk in found if disk is not None))


def _together(name: str, disks: Iterable[Disk], seconds: Callable[[Disk], float]) -> dict[str, float]:
    """Of disks that share the plots, each as it can."""
    each = {disk.resource.name: DAY / seconds(disk) for disk in disks if seconds(disk) > 0}
    return {name: sum(each.values())} if each else {}
