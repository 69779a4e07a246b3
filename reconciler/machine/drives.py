"""What kind of drive a device number stands for, by what the kernel tells in /sys."""

from __future__ import annotations

import os
from typing import Literal, TypeAlias

from reconciler.noun import noun

Kind: TypeAlias = Literal["nvme", "sata", "hdd"]
SLOWEST: tuple[Kind, ...] = ("hdd", "sata", "nvme")


@noun
class BlockDrive:
    """What lies below a file system. names: the kernel's, several of an array, sorted; kind: the slowest."""

    names: tuple[str, ...]
    kind: Kind


def drive_of(device: str, root: str = "/sys") -> BlockDrive | None:
    """The drive of a device number, ``8:1``. root: of sysfs. None: tmpfs, a share, or not told."""
    folder = os.path.realpath(f"{root}/dev/block/{device}")
    if not os.path.isdir(folder):
        return None
    found = sorted(set(_physical(folder, 0)))
    if not found:
        return None
    kinds = {kind for _, kind in found}
    return BlockDrive(tuple(name for name, _ in found), next(kind for kind in SLOWEST if kind in kinds))


def _physical(folder: str, depth: int) -> list[tuple[str, Kind]]:
    """The drives below it with their kinds; of a partition its drive's, of an array its members'."""
    if os.path.exists(f"{folder}/partition"):
        folder = os.path.dirname(folder)
    try:
        below = sorted(os.listdir(f"{folder}/slaves"))
    except OSError:
        below = []
    if below and depth < 8:
        return [
            found
            for name in below
            for found in _physical(os.path.realpath(f"{folder}/slaves/{name}"), depth + 1)
        ]
    name = os.path.basename(folder)
    try:
        with open(f"{folder}/queue/rotational", encoding="ascii") as file:
            turns = file.read().strip() == "1"
    except OSError:
        return []
    return [(name, "nvme" if name.startswith("nvme") else "hdd" if turns else "sata")]
