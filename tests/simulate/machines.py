"""Small described machines, and the real loop on them."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

from reconciler.commands.simulating import played
from reconciler.description import MachineDescription
from reconciler.plotters import Plotters
from reconciler.simulate.building import spec_for
from reconciler.simulate.running import Run
from reconciler.spec.judge import judged
from reconciler.spec.loaded import Loaded
from reconciler.spec.loading import parse

TMP, DST = "/mnt/tmp/00", "/mnt/dst/00"


@cache
def plotters() -> Plotters:
    return Plotters.load()


def machine(**changes: Any) -> MachineDescription:
    """Four processors, one NVMe for tmp, a disk for dst, a farmer with two disks; every job alike."""
    document: dict[str, Any] = {
        "version": 1,
        "cpus": 4,
        "memory": "64GB",
        "spread": 0,
        "drives": [
            {"name": "nvme", "kind": "nvme", "bytes": "2TB", "read": "3GB/s", "write": "2GB/s", "tmp": [TMP]},
            {
                "name": "hdd",
                "kind": "hdd",
                "bytes": "8TB",
                "read": "200MB/s",
                "write": "200MB/s",
                "dst": [DST],
            },
        ],
        "links": {"lan": "110MB/s"},
        "farmers": [
            {
                "host": "farmer1.lan",
                "link": "lan",
                "disks": [
                    {
                        "name": f"d{n}",
                        "path": f"/farm/{n}",
                        "bytes": "18TB",
                        "read": "180MB/s",
                        "write": "180MB/s",
                    }
                    for n in range(2)
                ],
            }
        ],
    }
    return judged(MachineDescription, {**document, **changes})


def spec(described: MachineDescription, **scheduling: Any) -> Loaded:
    """The least spec for a machine, with this scheduling."""
    return parse(json.dumps(spec_for(described, scheduling=scheduling)), "spec.json")


MANUAL = {
    "max_jobs": 5,
    "stagger": "20m",
    "tmp": {"max_jobs": 5, "stagger": {"until": "2:1", "at_most": 2}},
}


def run(described: MachineDescription, scheduling: dict[str, Any] = MANUAL, **options: Any) -> Run:
    """A run that is over."""
    return played(Run(described, spec(described, **scheduling), plotters(), **options))
