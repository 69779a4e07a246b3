"""What goes wrong in a simulation with faults: at fixed parts of its time, one after the other."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING

from reconciler.noun import noun
from reconciler.simulate.faults import fill
from reconciler.spec.units import show_size

if TYPE_CHECKING:
    from reconciler.simulate.computer import Computer
    from reconciler.simulate.disks import Disks
    from reconciler.simulate.hardware import Hardware
    from reconciler.spec.models import Spec

HOUR, DAY = 3600.0, 86400.0
OUTAGE = 3 * HOUR
"""Seconds for which the first farmer is off."""
SLOW, SLOW_FOR = 0.5, 4 * DAY
"""What is left of the largest tmp drive's speed, and for how long at most."""
DST_LEFT, DST_FOR = 250 * 10**9, 1 * DAY
"""Bytes that something else leaves on the first dst, and for how long at most."""
FARM_FOR = 1 * DAY
"""For how long at most there is no room at any farmer."""


@noun
class Spell:
    """One trouble. begins, ends: seconds of the simulation; what: in words."""

    begins: float
    ends: float
    what: str


def schedule(computer: Computer, hardware: Hardware, spec: Spec, days: float) -> tuple[Spell, ...]:
    """Let all of it happen in so many days; what will, in its order."""
    whole = days * DAY
    spells: list[Spell] = []

    def spell(
        what: str,
        begins: float,
        seconds: float,
        most: float,
        do: Callable[[], None],
        undo: Callable[[], None],
    ) -> None:
        found = Spell(begins * whole, begins * whole + min(seconds, most * whole), what)
        for at, change in ((found.begins, do), (found.ends, undo)):
            computer.clock.later(at, partial(_change, computer, change))
        spells.append(found)

    if computer.network:
        name, host = next(iter(computer.network.items()))
        spell(
            f"{name} is off",
            0.22,
            OUTAGE,
            0.05,
            lambda: setattr(host, "link", "down"),
            lambda: setattr(host, "link", "up"),
        )
    largest = max(spec.directories.tmp, key=lambda each: computer.disks.device(each.path).total, default=None)
    disk = hardware.disk(largest.path) if largest is not None else None
    if disk is not None:
        speed = disk.resource.capacity

        def slow(to: float) -> None:
            assert disk is not None
            disk.resource.capacity = to

        what = f"{disk.resource.name} is at {SLOW:.0%} of its speed"
        spell(what, 0.3, SLOW_FOR, 0.25, lambda: slow(speed * SLOW), lambda: slow(speed))
    if spec.directories.dst:
        path = spec.directories.dst[0].path
        spell(
            f"something else fills {path}, up to {show_size(DST_LEFT)}",
            0.58,
            DST_FOR,
            0.12,
            lambda: fill(computer.disks, path, DST_LEFT),
            lambda: _free(computer.disks, path),
        )
    farms = [(host.disks, farm) for host in computer.network.values() for farm in host.disks.points]
    farms += [(computer.disks, path) for path in hardware.described.of_kind("farm")]
    if farms:
        spell(
            "the whole farm is full",
            0.74,
            FARM_FOR,
            0.12,
            lambda: _each(farms, lambda disks, path: fill(disks, path, 0)),
            lambda: _each(farms, _free),
        )
    return tuple(spells)


def _change(computer: Computer, change: Callable[[], None]) -> None:
    """Let something be another than it was."""
    change()
    computer.fluid.changed()


def _free(disks: Disks, path: str) -> None:
    disks.device(path).others = 0


def _each(farms: Sequence[tuple[Disks, str]], do: Callable[[Disks, str], None]) -> None:
    for disks, path in farms:
        do(disks, path)
