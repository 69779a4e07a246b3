"""A described machine, built for a spec: its drives mounted, its farmers there."""

from __future__ import annotations

from fnmatch import fnmatch
from typing import TYPE_CHECKING

from reconciler.errors import UsageError
from reconciler.simulate.computer import Computer
from reconciler.simulate.hardware import Hardware
from reconciler.simulate.network import Host

if TYPE_CHECKING:
    from reconciler.description.machine import Drive, MachineDescription
    from reconciler.plotters import Plotters
    from reconciler.simulate.disks import Disks
    from reconciler.spec.models import Spec


def build(
    described: MachineDescription, spec: Spec, plotters: Plotters, seed: int
) -> tuple[Computer, Hardware]:
    """The machine, idle and empty. Raises UsageError where the spec names what it does not have."""
    if missing := unfit(described, spec):
        raise UsageError("the spec does not fit the machine:\n" + "\n".join(f"  {each}" for each in missing))
    hardware = Hardware(described)
    if spec.plotting is not None:
        hardware.work(plotters[spec.plotting.plotter])
    computer = Computer(
        plotters, cpus=described.cpus, memory=described.memory, pace=hardware, seed=seed, at=BEGIN
    )
    computer.shared["cpu"] = hardware.cpu
    computer.memory_taken = lambda: hardware.memory(computer)
    for drive in described.drives:
        _mount(computer.disks, drive, drive.paths)
        for path in drive.paths[:1]:
            computer.shared[computer.disks.device(path).number] = hardware.drives[drive.name].resource
    for farmer in described.farmers:
        host = computer.network[farmer.host] = Host(computer.clock)
        for disk in farmer.disks:
            _mount(host.disks, disk, (disk.path,))
    return computer, hardware


BEGIN = 1_798_761_600.0
"""When every simulation begins: midnight of 2027-01-01, UTC."""


def unfit(described: MachineDescription, spec: Spec) -> list[str]:
    """What a spec names that a machine does not have, a sentence each."""
    directories = spec.directories
    paths = [each.path for each in directories.tmp]
    paths += [each.path for each in (*directories.tmp2, *directories.dst)]
    there = {path for drive in described.drives for path in drive.paths}
    found = [
        f"{path} lies on no drive of the machine; add it to the tmp, dst or farm paths of one"
        for path in dict.fromkeys(paths)
        if not any(path == each or path.startswith(f"{each}/") for each in there)
    ]
    found += [
        f"{archive.name} has no disk on any drive of the machine;"
        f" add {' or '.join(archive.disks)} to the farm paths of one"
        for archive in spec.archive
        if archive.host is None and not any(_on(each, disk) for each in there for disk in archive.disks)
    ]
    hosts = {farmer.host for farmer in described.farmers}
    for archive in spec.archive:
        if archive.host is not None and archive.host not in hosts:
            known = ", ".join(sorted(hosts)) or "none"
            found.append(
                f"{archive.name} is at {archive.host}, which is no farmer of the machine; they are {known}"
            )
    return found


def _on(path: str, disk: str) -> bool:
    """Does a disk, or do disks by a pattern, lie at a drive's path or below it?"""
    return fnmatch(path, disk) or fnmatch(disk, f"{path}/*")


def _mount(disks: Disks, drive: Drive, paths: tuple[str, ...]) -> None:
    device = None
    for path in paths:
        if device is None:
            device = disks.mount(path, drive.bytes)
        else:
            disks.bind(path, device)


def spec_for(described: MachineDescription, **changes: object) -> dict[str, object]:
    """The least spec for a machine: its directories, any keys, its farmers. changes: sections beside these."""
    farms = list(described.of_kind("farm"))
    archive: list[dict[str, object]] = [
        {
            "name": farmer.host.partition(".")[0],
            "host": farmer.host,
            "disks": [disk.path for disk in farmer.disks],
        }
        for farmer in described.farmers
    ]
    if farms:
        archive.append({"name": "here", "disks": farms})
    return {
        "version": 3,
        "directories": {
            "tmp": list(described.of_kind("tmp")),
            "dst": list(described.of_kind("dst")),
            "logs": "/var/lib/plotman/logs",
        },
        "plotting": {"keys": {"farmer": "0" * 8, "pool": "0" * 8}},
        **({"archive": archive} if archive else {}),
        **changes,
    }
