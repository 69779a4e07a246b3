"""Proposer: move finished plots to the farmers, the fullest dst first."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from reconciler.facts import Facts
from reconciler.spec.models import Archive
from reconciler.state import Disk, Known, Plot, Transfer
from reconciler.want import Admitted, Move


def propose(facts: Facts, admitted: Admitted) -> Iterator[Move]:
    """Each ready plot that is not under way, with every disk it may go to, best first.

    A target is sticky: where the plot stands already, then where its last transfer was bound, if it left
    something there or may have, then where a part of it lies, and only then a new choice. What is sticky
    is the only candidate, so that a farmer that does not answer for a while gets the plot that it has half of.
    """
    disks = {archive.name: _in_order(facts, archive) for archive in facts.spec.archive}
    for plot in _waiting(facts):
        before = len(admitted.moves)
        for archive, disk, note in _targets(facts, admitted, plot, disks):
            yield Move(plot=plot, farmer=archive, disk=disk, note=note)
            if len(admitted.moves) > before:
                break


def _waiting(facts: Facts) -> Sequence[Plot]:
    ready: dict[str, Plot] = {}
    for path in dict.fromkeys(directory.path for directory in facts.spec.directories.landing):
        directory = facts.directory(path)
        if directory is None or not isinstance(directory.plots, Known):
            continue
        for plot in directory.plots.value:
            if plot.state == "ready" and plot.name not in facts.moving:
                ready.setdefault(plot.name, plot)

    def rank(plot: Plot) -> tuple[int, float, str]:
        device = facts.device(plot.directory)
        return (facts.free(device) if device is not None else 0, plot.modified, plot.name)

    return sorted(ready.values(), key=rank)


def _targets(
    facts: Facts, admitted: Admitted, plot: Plot, every: Mapping[str, Sequence[Disk]]
) -> Iterator[tuple[str, str, str]]:
    """(farmer, disk, why) of every place that the plot may go to. every: the disks of each farmer, best first."""
    sticky = _sticky(facts, plot)
    if sticky is not None:
        yield sticky
        return
    for archive in facts.spec.archive:
        disks = every[archive.name]
        if not disks:
            yield archive.name, archive.disks[0], ""
        full = _busy(facts, admitted, archive)
        for rank, disk in enumerate(disks):
            free = _free(disk)
            # Of those that cannot take it the best one is enough to say so.
            if rank == 0 or not (full or free - archive.floor < plot.bytes):
                yield archive.name, disk.path, f"{archive.order} disk first" if free else ""


def _busy(facts: Facts, admitted: Admitted, archive: Archive) -> bool:
    under_way = facts.moving_to.get(archive.name, 0) + admitted.moves_to[archive.name]
    return under_way >= archive.limits.transfers


def _sticky(facts: Facts, plot: Plot) -> tuple[str, str, str] | None:
    farmers = {archive.name for archive in facts.spec.archive}
    standing, begun = facts.standing.get(plot.name), facts.begun.get(plot.name)
    if standing is not None:
        return *standing, "stands there already"
    last = facts.last_transfer.get(plot.name)
    if last is not None and last.farmer in farmers and _left_something(facts, last):
        return last.farmer, last.disk, "goes on where it broke off"
    if begun is not None:
        return *begun, "part of it lies there"
    return None


def _left_something(facts: Facts, last: Transfer) -> bool:
    """May more of the plot stand at the target of its last transfer than can be seen?"""
    farmer = facts.farmer(last.farmer)
    if farmer is not None and isinstance(farmer.disks, Known) and facts.disk(last.farmer, last.disk) is None:
        return False
    disk = facts.disk(last.farmer, last.disk)
    if disk is None or not isinstance(disk.space, Known):
        return last.outcome != "failed" or last.done > 0
    return last.outcome == "failed" and last.done > 0


def _in_order(facts: Facts, archive: Archive) -> Sequence[Disk]:
    """A farmer's disks: those that answered first; among them as the spec says; then by plots and path."""
    farmer = facts.farmer(archive.name)

    def rank(disk: Disk) -> tuple[bool, int, int, str]:
        free = -_free(disk) if archive.order == "emptiest" else _free(disk)
        return not isinstance(disk.space, Known), free, disk.count, disk.path

    disks = farmer.disks.value if farmer is not None and isinstance(farmer.disks, Known) else ()
    return sorted(disks, key=rank)


def _free(disk: Disk) -> int:
    return disk.space.value.free if isinstance(disk.space, Known) else 0
