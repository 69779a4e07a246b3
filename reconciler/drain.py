"""How fast finished plots leave this machine, by the transfers that its journal tells of. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reconciler.state import Known

if TYPE_CHECKING:
    from reconciler.facts import Facts

DAY = 86400.0
"""Seconds within which transfers count: the farm of the day before yesterday may be another one."""
SURE = 0.8
"""The part of what left so far that is counted on to leave from now on."""


def rate(facts: Facts) -> float:
    """Bytes a second that leave while anything does, as the last day's transfers went; 0 where none tells.

    Where no farmer is known to be good nothing leaves.
    """
    if not _good(facts):
        return 0.0
    spans = []
    total = 0
    for transfer in facts.transfers:
        if transfer.outcome == "finished" and transfer.ended is not None and _recent(facts, transfer.ended):
            spans.append((transfer.since.at, transfer.ended))
            total += transfer.bytes
    seconds = _union(spans)
    return total / seconds if seconds > 0 else 0.0


def leaves(facts: Facts, seconds: float, waiting: int) -> int:
    """Bytes that can be counted on to leave one of the landing devices within that time.

    waiting: bytes that lie or will land there. What leaves is shared by all devices that plots land on, and farmers
    must have room for it.
    """
    devices = {facts.device(directory.path) for directory in facts.spec.directories.landing}
    share = SURE * rate(facts) * seconds / max(1, len(devices))
    return int(min(share, waiting, _room(facts) / max(1, len(devices))))


def _good(facts: Facts) -> bool:
    return any(
        farmer is not None and farmer.trouble is None and isinstance(farmer.disks, Known)
        for farmer in map(facts.farmer, facts.archives)
    )


def _recent(facts: Facts, at: float) -> bool:
    return 0 <= facts.now.at - at <= DAY


def _room(facts: Facts) -> int:
    """Bytes free on the farmers' disks beyond what is on its way there."""
    free: dict[str, int] = {}
    for disk in facts.disks.values():
        if isinstance(disk.space, Known) and disk.space.value.writable:
            free[disk.space.value.device] = disk.space.value.free
    return sum(max(0, room - facts.promised.get(device, 0)) for device, room in free.items())


def _union(spans: list[tuple[float, float]]) -> float:
    """Seconds in which at least one of them was under way."""
    seconds, end = 0.0, float("-inf")
    for since, until in sorted(spans):
        seconds += max(0.0, until - max(since, end))
        end = max(end, until)
    return seconds
