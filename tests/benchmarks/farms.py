"""Machines to try schedules on: the six examples, and some drawn at random by fixed seeds."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from glob import glob
from random import Random
from typing import Any

from reconciler.description import MachineDescription, load_machine
from reconciler.simulate.building import spec_for
from reconciler.spec.judge import judged
from reconciler.spec.loaded import Loaded
from reconciler.spec.loading import load, parse

MACHINES = os.path.join(os.path.dirname(__file__), "..", "..", "examples", "machines")
SEEDS = range(1, 7)

_TB = 10**12
_SPEEDS = {
    "nvme": ((2000, 3500), (1000, 2500)),
    "sata": ((500, 550), (400, 500)),
    "hdd": ((150, 220), (150, 220)),
}
"""MB/s that a drive of each kind reads and writes: from, to."""
_SIZES = {"nvme": (1, 2, 2, 4), "sata": (0.8, 0.96, 1, 2), "hdd": (2, 4)}
"""TB that a tmp drive of each kind has."""


def examples() -> Iterator[tuple[str, MachineDescription, Loaded]]:
    """Each example machine with its spec of paths and keys only."""
    for path in sorted(glob(os.path.join(MACHINES, "*.yaml"))):
        name = os.path.basename(path)[:-5]
        yield name, load_machine(path), load(os.path.join(MACHINES, "specs", f"{name}.yaml"))


def drawn(seed: int) -> tuple[str, MachineDescription, Loaded]:
    """A machine that a person might have, with the least spec for it."""
    random = Random(seed)
    cpus = random.choice((4, 8, 12, 16, 24, 32, 48, 64))
    kinds = random.choices(("nvme", "sata", "hdd"), (6, 3, 1), k=random.randint(1, 6))
    drives = [
        _drive(random, kind, number, "tmp", random.choice(_SIZES[kind])) for number, kind in enumerate(kinds)
    ]
    for number in range(random.randint(1, 1 + cpus // 16)):
        drives.append(
            _drive(random, random.choice(("hdd", "hdd", "sata")), number, "dst", random.choice((4, 8)))
        )
    farmers = []
    links = {}
    for number in range(1, random.randint(1, 3) + 1):
        host, link = f"farmer{number}.lan", f"link{number}"
        links[link] = f"{random.choice((110, 110, 270, 1100))}MB/s"
        disks = [
            {
                "name": f"disk{n:02}",
                "path": f"/farm/{n:02}",
                "bytes": "200TB",
                "read": "180MB/s",
                "write": "180MB/s",
            }
            for n in range(random.randint(4, 12))
        ]
        farmers.append({"host": host, "link": link, "disks": disks})
    described = judged(
        MachineDescription,
        {
            "version": 1,
            "cpus": cpus,
            "memory": f"{cpus * random.choice((4, 8))}GB",
            "drives": drives,
            "links": links,
            "farmers": farmers,
        },
    )
    name = f"drawn{seed}"
    return name, described, parse(json.dumps(spec_for(described)), f"{name}.yaml")


def _drive(random: Random, kind: str, number: int, role: str, size: float) -> dict[str, Any]:
    read, write = (f"{random.randint(low, high)}MB/s" for low, high in _SPEEDS[kind])
    return {
        "name": f"{role}{number}",
        "kind": kind,
        "bytes": round(size * _TB),
        "read": read,
        "write": write,
        role: [f"/mnt/{role}/{number:02}"],
    }
