"""Limit: an old plot gives way only where it is known that no disk has room for the new one."""

from __future__ import annotations

from reconciler.facts import Facts
from reconciler.state import Known, Unknown
from reconciler.want import Admitted, Retire, Verdict, Want


def judge(facts: Facts, _admitted: Admitted, want: Want) -> Verdict | None:
    """Every disk of every farmer that takes the new plot must have answered, or be certainly away.

    What was promised to a transfer that is over may be free by now.
    """
    if not isinstance(want, Retire):
        return None
    for archive in facts.traffic.takers(want.heir.plot):
        farmer = facts.farmer(archive.name)
        if farmer is None or not isinstance(farmer.disks, Known):
            why = farmer.disks.why if farmer is not None and farmer.disks.fact != "known" else "not observed"
            return _held(archive.name, why, farmer.next_at if farmer is not None else None)
        for disk in farmer.disks.value:
            if isinstance(disk.space, Unknown):
                return _held(f"{archive.name}:{disk.path}", disk.space.why, None)
            left = facts.traffic.unseen.get((archive.name, disk.path), {})
            if isinstance(disk.space, Known) and any(each.outcome != "running" for each in left.values()):
                why = "it has not been asked since a transfer there ended"
                return _held(f"{archive.name}:{disk.path}", why, None)
    return Verdict(rule="last_resort", ok=True, text="no disk that would take it has room")


def _held(place: str, why: str, next_at: float | None) -> Verdict:
    return Verdict(rule="last_resort", ok=False, text=f"{place} may have room: {why}", next_at=next_at)
