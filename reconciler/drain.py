"""How fast finished plots leave this machine, by the transfers that its journal tells of. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reconciler.noun import noun
from reconciler.state import Known

if TYPE_CHECKING:
    from reconciler.facts import Facts

DAY = 86400.0
"""Seconds within which transfers count: the farm of the day before yesterday may be another one."""
SURE = 0.8
"""The part of what left so far that is counted on to leave from now on."""


@noun
class Drain:
    """What leaves each of the landing devices, which share it alike.

    rate: bytes a second that can be counted on; none where no farmer is known to be good.
    room: bytes that farmers have for it. left: bytes a second that left all of them, while anything did.
    """

    rate: float
    room: float
    left: float

    def leaves(self, seconds: float, waiting: int) -> int:
        """Bytes that can be counted on to leave one of them within that time. waiting: that lie or will land there."""
        return int(min(self.rate * seconds, waiting, self.room))


def drain(facts: Facts) -> Drain:
    """The same for all devices, so that it is found once."""
    devices = {facts.device(directory.path) for directory in facts.spec.directories.landing}
    each, left = max(1, len(devices)), _rate(facts)
    return Drain(SURE * left / each if _good(facts) else 0.0, _room(facts) / each, left)


def _rate(facts: Facts) -> float:
    """Bytes a second that leave while anything does, as the last day's transfers went; 0 where none tells."""
    spans = []
    total = 0
    for transfer in facts.transfers:
        if transfer.outcome == "finished" and transfer.ended is not None and _recent(facts, transfer.ended):
            spans.append((transfer.since.at, transfer.ended))
            total += transfer.bytes
    seconds = _union(spans)
    return total / seconds if seconds > 0 else 0.0


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
