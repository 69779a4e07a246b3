"""Failed transfers in a row, by the disk, the farmer or the plot that they speak against. Pure.

What the logs of transfers tell is all that is remembered, so that waiting survives a restart.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from math import inf
from typing import TYPE_CHECKING, TypeAlias

from reconciler.errand import AT_FARMER, NO_FAULT, NO_WAIT, entry_of
from reconciler.noun import noun
from reconciler.spec.units import show_duration
from reconciler.state import Transfer
from reconciler.want import Verdict

if TYPE_CHECKING:
    from reconciler.facts import Facts

FIRST, LONGEST = 10.0, 300.0
"""Seconds to wait after a failure: doubled with each further one in a row, up to the longest."""

MANY, REST = 8, 3600.0
"""So many failures in a row of one disk, and it is left alone for so many seconds after the last."""

Subject: TypeAlias = "str | tuple[str, str]"
"""A farmer's name; that and the path of one of its disks; or nothing and a plot's name."""


@noun
class Setback:
    """Failures in a row. passed: seconds since the last one; words: what it said."""

    count: int
    passed: float
    words: str

    @property
    def wait(self) -> float:
        """Seconds until the next try; 0 and less: now."""
        return min(LONGEST, FIRST * 2.0 ** min(self.count - 1, 30)) - self.passed

    @property
    def rest(self) -> float:
        """Seconds that a disk with so many failures is still left alone; 0 and less: it is not."""
        return REST - self.passed if self.count >= MANY else -inf


@cache
def _passed(rule: str) -> Verdict:
    return Verdict(rule=rule, ok=True, text="no failure to wait after")


def waiting(rule: str, setback: Setback | None, what: str, now: float) -> Verdict:
    """A limit's word that holds until the next try. what: ``transfers to farm:/farm/0``; now: wall clock."""
    if setback is None or setback.wait <= 0:
        return _passed(rule)
    return Verdict(
        rule=rule,
        ok=False,
        text=f"{setback.count} {what} failed in a row ({setback.words});"
        f" next try in {show_duration(setback.wait)}",
        value=setback.count,
        limit=0,
        unit="failures",
        next_at=now + setback.wait,
    )


def setbacks(facts: Facts) -> Mapping[Subject, Setback]:
    """Those of each farmer, disk and plot since its last success.

    Failures before the last `kick`, and all that was begun under another entry of the farmer in the spec, say
    nothing.
    """
    found: dict[Subject, Setback] = {}
    entries: dict[str, str] = {}
    for transfer in sorted(
        (t for t in facts.transfers if t.outcome != "running"), key=lambda t: (ended_at(t), t.id)
    ):
        archive = facts.archives.get(transfer.farmer)
        if archive is None:
            continue
        if transfer.entry:
            if archive.name not in entries:
                entries[archive.name] = entry_of(archive)
            if transfer.entry != entries[archive.name]:
                continue
        place = (transfer.farmer, transfer.disk)
        if transfer.outcome == "finished":
            found.pop(place, None)
            found.pop(transfer.farmer, None)
            found.pop(("", transfer.plot), None)
        elif ended_at(transfer) > facts.kicked and transfer.kind not in NO_WAIT:
            subject = _subject(transfer)
            had = found.get(subject)
            found[subject] = Setback(
                count=had.count + 1 if had is not None else 1,
                passed=facts.wall_age(ended_at(transfer)),
                words=transfer.error or "no word why",
            )
    return found


def _subject(transfer: Transfer) -> Subject:
    if transfer.kind in AT_FARMER:
        return transfer.farmer
    return ("", transfer.plot) if transfer.kind in NO_FAULT else (transfer.farmer, transfer.disk)


def ended_at(transfer: Transfer) -> float:
    """Wall clock of a transfer's end, as far as its log tells."""
    return transfer.ended or transfer.at or transfer.since.at
