"""The farmers and their disks."""

from __future__ import annotations

from collections.abc import Iterator

from reconciler.dashboard.rows import Column, Row, Sheet, Subject, Tone
from reconciler.dashboard.snapshot import Snapshot
from reconciler.facts import Facts
from reconciler.farmer import Disk, Farmer
from reconciler.spec.units import show_duration, show_size
from reconciler.state import Known, Transfer
from reconciler.views import words
from reconciler.views.symbols import Symbols

COLUMNS = (
    Column("farmer"),
    Column("plots", right=True, rank=2),
    Column("free", right=True),
    Column("in flight", right=True, rank=1),
    Column("rate", right=True, rank=3),
    Column("seen", least=24),
)


def sheet(snapshot: Snapshot, symbols: Symbols) -> Sheet:
    """A row a farmer, and below it one a disk. seen: how long ago it last answered, or what is wrong."""
    facts = snapshot.facts
    farmers = [facts.seen.farmers[name] for name in sorted(facts.seen.farmers)]
    silent = sum(not isinstance(farmer.disks, Known) for farmer in farmers)
    note = f"{symbols.marks['!']} {silent} of {len(farmers)} not known" if silent else ""
    rows = (row for farmer in farmers for row in _rows(facts, farmer, symbols))
    return Sheet("farmers", COLUMNS, tuple(rows), note, "the spec names no farmer")


def rate(facts: Facts, transfer: Transfer) -> float:
    """Bytes a second since a transfer began; 0 while nothing can be told."""
    age = facts.age(transfer.since)
    return transfer.done / age if 0 < age < float("inf") else 0.0


def _rows(facts: Facts, farmer: Farmer, symbols: Symbols) -> Iterator[Row]:
    subject = Subject("farmer", farmer.name)
    bound = [each for each in facts.moving.values() if each.farmer == farmer.name]
    name, seen = words.clean(farmer.name), _seen(facts, farmer, symbols)
    if not isinstance(farmer.disks, Known):
        yield Row((name, "?", "?", _flight(bound), _rate(facts, bound), seen), "bad", subject)
        return
    disks = farmer.disks.value
    spaces = [disk.space.value for disk in disks if isinstance(disk.space, Known) and not disk.boundless]
    # Two folders may share a device.
    free = sum({space.device: space.free for space in spaces}.values())
    yield Row(
        (name, str(sum(disk.count for disk in disks)), show_size(free), _flight(bound), _rate(facts, bound), seen),
        "held" if farmer.trouble is not None else "plain",
        subject,
    )  # fmt: skip
    for disk in disks:
        here = [each for each in bound if each.disk == disk.path]
        yield _disk(facts, disk, here, subject)


def _disk(facts: Facts, disk: Disk, bound: list[Transfer], subject: Subject) -> Row:
    path = f"  {words.clean(disk.path)}"
    if not isinstance(disk.space, Known):
        return Row(
            (path, str(disk.count), "?", _flight(bound), _rate(facts, bound), words.clean(disk.space.why)),
            "bad",
            subject,
        )
    space = disk.space.value
    free = "-" if disk.boundless else show_size(space.free)
    wrong = "" if space.writable else "not writable"
    tone: Tone = "bad" if wrong else "plain" if bound else "faint"
    return Row((path, str(disk.count), free, _flight(bound), _rate(facts, bound), wrong), tone, subject)


def _seen(facts: Facts, farmer: Farmer, symbols: Symbols) -> str:
    """When it last answered; why it does not, and when it is tried again."""
    if farmer.trouble is None and isinstance(farmer.disks, Known):
        if farmer.asked is None:
            return "now"
        return f"{show_duration(facts.age(farmer.asked))} ago"
    why = words.clean(farmer.trouble or ("" if isinstance(farmer.disks, Known) else farmer.disks.why))
    again = ""
    if farmer.next_at is not None:
        again = f"; next try in {show_duration(max(0.0, farmer.next_at - facts.now.at))}"
    return f"{symbols.marks['!']} {why}{again}"


def _flight(bound: list[Transfer]) -> str:
    return show_size(sum(each.bytes - each.done for each in bound)) if bound else "-"


def _rate(facts: Facts, bound: list[Transfer]) -> str:
    total = sum(rate(facts, each) for each in bound)
    return f"{show_size(round(total))}/s" if total >= 1 else "-"
