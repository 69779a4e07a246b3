"""How long a simulation takes: ``python -m tests.benchmarks.simulate [DAYS] [MACHINE...]``.

The example machines, each with its spec of paths and keys only, and one with 24 jobs by hand. CPU of the
whole run; how much of it the simulated machine takes (its work, its answers, its waits), and how much the
loop, a look; and what came of it.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from glob import glob
from typing import Any

from reconciler.commands.simulating import played
from reconciler.description import MachineDescription, load_machine
from reconciler.plotters import Plotters
from reconciler.simulate.machine import SimulatedMachine
from reconciler.simulate.network import SimulatedFarmers
from reconciler.simulate.outcome import result
from reconciler.simulate.running import Run
from reconciler.spec.loading import load, parse

MACHINES = os.path.join(os.path.dirname(__file__), "..", "..", "examples", "machines")
BY_HAND = """\
scheduling: {max_jobs: 24, stagger: 15m, tmp: {max_jobs: 3, stagger: {until: '2:1', at_most: 2}}}
"""
DAYS = 60.0


def main() -> None:
    """Run it and print the table."""
    days = float(sys.argv[1]) if len(sys.argv) > 1 else DAYS
    every = sorted(os.path.basename(path)[:-5] for path in glob(os.path.join(MACHINES, "*.yaml")))
    plotters = Plotters.load()
    header = f"{'machine':22}{'days':>6}{'CPU s':>8}{'machine s':>11}{'looks':>8}{'ms a look':>11}"
    print(f"{header}{'plots/d':>9}{'bound':>8}{'lost':>6}")
    for name in sys.argv[2:] or ["sata24, 24 jobs", *every]:
        machine, by_hand, _ = name.partition(",")
        path = os.path.join(MACHINES, "specs", f"{machine}.yaml")
        loaded = load(path)
        if by_hand:
            loaded = parse(loaded.text + BY_HAND, path)
        with Meter() as meter:
            described = _roomy(load_machine(os.path.join(MACHINES, f"{machine}.yaml")))
            run = Run(described, loaded, plotters, days=days)
            began = time.process_time()
            played(run)
            took = time.process_time() - began
        found = result(run)
        a_look = (took - meter.spent) / meter.looks * 1000
        row = f"{name:22}{days:6g}{took:8.1f}{meter.spent:11.1f}{meter.looks:8}{a_look:11.2f}"
        print(f"{row}{found.plots_a_day:9.1f}{found.bound:8.1f}{found.lost:6}", flush=True)


def _roomy(described: MachineDescription) -> MachineDescription:
    """The same with farms that do not fill up in the time."""
    drives = [replace(drive, bytes=drive.bytes * (10 if drive.farm else 1)) for drive in described.drives]
    farmers = [
        replace(farmer, disks=tuple(replace(disk, bytes=10 * disk.bytes) for disk in farmer.disks))
        for farmer in described.farmers
    ]
    return replace(described, drives=tuple(drives), farmers=tuple(farmers))


class Meter:
    """CPU seconds spent within the simulated machine, and how often the loop looked, second looks included."""

    VERBS = (
        "wait",
        "processes",
        "survey",
        "read",
        "stat",
        "held",
        "start",
        "glob",
        "shelve",
        "note",
        "remove",
    )

    def __init__(self) -> None:
        self.spent = 0.0
        self.looks = 0
        self._inside = False
        self._before: list[tuple[type, str, Callable[..., Any]]] = []

    def __enter__(self) -> Meter:
        for verb in self.VERBS:
            self._measure(SimulatedMachine, verb)
        self._measure(SimulatedFarmers, "hear")
        return self

    def __exit__(self, *_: object) -> None:
        for owner, verb, original in self._before:
            setattr(owner, verb, original)

    def _measure(self, owner: type, verb: str) -> None:
        original = getattr(owner, verb)
        self._before.append((owner, verb, original))

        def measured(*arguments: Any, **named: Any) -> Any:
            self.looks += verb == "processes"
            if self._inside:
                return original(*arguments, **named)
            began, self._inside = time.process_time(), True
            try:
                return original(*arguments, **named)
            finally:
                self._inside = False
                self.spent += time.process_time() - began

        setattr(owner, verb, measured)


if __name__ == "__main__":
    main()
