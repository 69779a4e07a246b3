"""This machine as a description, out of what can be seen of it and what its logs tell. Pure.

Processors, memory, drives and room are seen. How fast drives and links are is not: a drive is taken for a usual
one of its kind, and a link for the next usual one above what transfers have reached together. What is assumed
is told in words, so that a person can put it right.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from reconciler.description.machine import DriveKind, FarmDisk, Farmer, LocalDrive, MachineDescription
from reconciler.errors import UsageError
from reconciler.simulate.fitting import fitted
from reconciler.spec.units import show_duration, show_size
from reconciler.state import Known, Space

if TYPE_CHECKING:
    from reconciler.farmer import Disk
    from reconciler.machine.drives import BlockDrive
    from reconciler.observation import Observation
    from reconciler.plotters import PlotLog, Plotter
    from reconciler.spec.farmers import Archive
    from reconciler.spec.models import Spec
    from reconciler.views.report import Moved

SPEEDS: Mapping[DriveKind, tuple[int, int]] = {
    "nvme": (3_000_000_000, 1_500_000_000),
    "sata": (530_000_000, 480_000_000),
    "hdd": (200_000_000, 200_000_000),
}
"""Bytes a second that a usual drive of a kind reads and writes alone: assumed."""
LINKS = (110_000_000, 280_000_000, 1_100_000_000)
"""Bytes a second of Ethernet of 1, 2.5 and 10 Gbit."""
USED = 0.6
"""Transfers that reach this part of such a link are taken to have had it."""
FARM_DISK = 18 * 10**12
"""Bytes of a farmer's disk that has told nothing."""
FASTEST = 10
"""One in so many counts: the slowest of the fastest tenth."""


@dataclass(slots=True)
class _Local:
    """A file system of this machine. room: bytes that plotting has there; roles: the directories on it."""

    space: Space
    taken: int = 0
    roles: dict[str, list[str]] = field(default_factory=lambda: {"tmp": [], "dst": [], "farm": []})


def describe(
    seen: Observation,
    spec: Spec,
    plotter: Plotter,
    drive_of: Callable[[str], BlockDrive | None],
    plots: Sequence[PlotLog],
    moved: Sequence[Moved],
) -> tuple[MachineDescription, tuple[str, ...]]:
    """The machine, and what was assumed of it, in a line each.

    drive_of: the drive below a device number. plots: what logs of this plotter say, moved: the transfers that are
    over. Raises UsageError where a directory does not tell its room.
    """
    notes: list[str] = []
    assert spec.plotting is not None
    size = plotter.final_bytes(spec.plotting.k)
    drives = tuple(_drives(seen, spec, size, drive_of, notes))
    links: dict[str, int] = {}
    farmers = tuple(_farmers(seen, spec, size, moved, links, notes))
    described = MachineDescription(
        version=1,
        about=f"{seen.host}, as seen",
        cpus=seen.cpus,
        memory=seen.memory // 10**6 * 10**6,
        drives=drives,
        links=links,
        farmers=farmers,
    )
    exact = fitted(described, plotter, plots)
    if exact is None:
        notes.append(f"no finished job of {plotter.name} tells its phases: a plot takes what is usual")
        return described, tuple(notes)
    (work, *_) = exact.work
    seconds = sum(phase.cpu_seconds / phase.threads for phase in work.phases) * work.scale(spec.plotting.k)
    told = sum(log.plotting_done for log in plots)
    notes.append(
        f"a plot takes {show_duration(seconds)} alone: the fastest tenth of {told} finished, which may have had company"
    )
    return exact, tuple(notes)


# --- drives --------------------------------------------------------------------------------------


def _drives(
    seen: Observation,
    spec: Spec,
    size: int,
    drive_of: Callable[[str], BlockDrive | None],
    notes: list[str],
) -> Iterator[LocalDrive]:
    names: dict[str, int] = {}
    for device, local in _locals(seen, spec, size).items():
        block = drive_of(device)
        name = "-".join(block.names) if block is not None else f"device-{device.replace(':', '-')}"
        name = re.sub(r"[^A-Za-z0-9._-]", "-", name)[:50]
        names[name] = names.get(name, 0) + 1
        if names[name] > 1:
            notes.append(f"{name} carries several file systems; each is taken for a drive of its own")
            name = f"{name}-{names[name]}"
        kind: DriveKind = block.kind if block is not None else "nvme"
        read, write = (speed * (len(block.names) if block is not None else 1) for speed in SPEEDS[kind])
        what = f"a usual {kind}" if block is not None else "no drive of this machine, and taken for an nvme"
        array = f" array of {len(block.names)}" if block is not None and len(block.names) > 1 else ""
        room = min(local.space.total, local.space.free + local.taken)
        notes.append(
            f"{name} ({', '.join(_paths(local))}): {what}{array}, reads {show_size(read)}/s, writes"
            f" {show_size(write)}/s; {show_size(room)} for plotting"
        )
        yield LocalDrive(
            name=name,
            kind=kind,
            bytes=_even(room),
            read=read,
            write=write,
            tmp=tuple(local.roles["tmp"]),
            dst=tuple(local.roles["dst"]),
            farm=tuple(local.roles["farm"]),
        )


def _locals(seen: Observation, spec: Spec, size: int) -> Mapping[str, _Local]:
    """The file systems of this machine that the spec's directories lie on, by device."""
    found: dict[str, _Local] = {}
    directories = spec.directories
    roles = [("tmp", each.path) for each in directories.tmp]
    roles += [("tmp", each.path) for each in directories.tmp2]
    roles += [("dst", each.path) for each in directories.dst]
    for role, path in roles:
        directory = seen.directories[path]
        if not isinstance(directory.space, Known):
            raise UsageError(f"{path}: {directory.space.why}; describe the machine with --machine")
        local = found.setdefault(directory.space.value.device, _Local(directory.space.value))
        if path not in _paths(local):
            for files in (directory.plots, directory.temps):
                local.taken += sum(each.bytes for each in files.value) if isinstance(files, Known) else 0
        local.roles[role].append(path)
    for archive in spec.archive:
        for disk in _disks(seen, archive) if archive.host is None else ():
            if isinstance(disk.space, Known):
                local = found.setdefault(disk.space.value.device, _Local(disk.space.value))
                local.taken += disk.count * size
                local.roles["farm"].append(disk.path)
    return found


def _paths(local: _Local) -> Sequence[str]:
    return list(dict.fromkeys(path for paths in local.roles.values() for path in paths))


def _even(count: int) -> int:
    """Bytes as people write them down: whole MB, where there are many."""
    return count // 10**6 * 10**6 if count > 10**9 else count


# --- farmers -------------------------------------------------------------------------------------


def _farmers(
    seen: Observation,
    spec: Spec,
    size: int,
    moved: Sequence[Moved],
    links: dict[str, int],
    notes: list[str],
) -> Iterator[Farmer]:
    """Farmers by host. links: the network links, by name, are put there."""
    by_host: dict[str, list[Archive]] = {}
    by_link: dict[str, list[Archive]] = {}
    for archive in spec.archive:
        if archive.host is not None:
            link = archive.link or re.sub(r"[^A-Za-z0-9._-]", "-", archive.host)[:64]
            by_host.setdefault(archive.host, []).append(archive)
            by_link.setdefault(link, []).append(archive)
    for link, archives in by_link.items():
        names = {archive.name for archive in archives}
        links[link] = _link(link, [each for each in moved if each.finished and each.farmer in names], notes)
    for host, archives in by_host.items():
        link = next(link for link, behind in by_link.items() if archives[0] in behind)
        disks: dict[str, FarmDisk] = {}
        for archive in archives:
            for disk in _farm_disks(seen, archive, size, notes):
                disks[disk.path] = replace(disk, name=f"disk{len(disks):02}")
        yield Farmer(host=host, link=link, disks=tuple(disks.values()))


def _farm_disks(seen: Observation, archive: Archive, size: int, notes: list[str]) -> Iterator[FarmDisk]:
    read, write = SPEEDS["hdd"]
    there = _disks(seen, archive)
    room = 0
    for disk in there:
        held = FARM_DISK
        if isinstance(disk.space, Known):
            space = disk.space.value
            held = min(space.total, space.free + disk.count * size)
            room += space.free // size
        yield FarmDisk(name="disk", kind="hdd", path=disk.path, bytes=_even(held), read=read, write=write)
    usual = f"read and write {show_size(write)}/s"
    if there:
        notes.append(f"{archive.name}: {len(there)} disks, which {usual}; room for {room} more plots now")
        return
    paths = [pattern.replace("*", "00").replace("?", "0") for pattern in archive.disks]
    notes.append(
        f"{archive.name} has told nothing: taken for {', '.join(paths)} of {show_size(FARM_DISK)}, which {usual}"
    )
    for path in paths:
        yield FarmDisk(name="disk", kind="hdd", path=path, bytes=FARM_DISK, read=read, write=write)


def _disks(seen: Observation, archive: Archive) -> Sequence[Disk]:
    farmer = seen.farmers.get(archive.name)
    return farmer.disks.value if farmer is not None and isinstance(farmer.disks, Known) else ()


def _link(name: str, moved: Sequence[Moved], notes: list[str]) -> int:
    """What a link carries: by the transfers over it that are finished."""
    reached = _together(moved)
    if reached is None:
        notes.append(f"the link {name}: no transfer has told; taken for {show_size(LINKS[0])}/s")
        return LINKS[0]
    usual = next((link for link in LINKS if USED * link <= reached <= link), reached)
    together = f"{len(moved)} transfers reached {show_size(reached)}/s together"
    notes.append(f"the link {name}: {together}; taken for {show_size(usual)}/s")
    return usual


def _together(moved: Sequence[Moved]) -> int | None:
    """Bytes a second of transfers that ran side by side, in the middle of each: the slowest of the fastest tenth."""
    rates = []
    for each in moved:
        middle = (each.began + each.ended) / 2
        beside = (other for other in moved if other.began <= middle <= other.ended)
        rates.append(
            sum(other.bytes / (other.ended - other.began) for other in beside if other.ended > other.began)
        )
    if not rates or not max(rates):
        return None
    rates.sort(reverse=True)
    return round(rates[len(rates) // FASTEST] / 10**6) * 10**6 or 10**6
