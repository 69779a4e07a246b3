"""The farmers' disks: plots, room, what is on its way there, and how fresh all that is."""

from __future__ import annotations

from collections.abc import Iterator

from reconciler import reserve
from reconciler.facts import Facts
from reconciler.farmer import Disk, Farmer
from reconciler.noun import noun
from reconciler.spec.units import show_duration, show_size
from reconciler.state import Fact, Known, Space
from reconciler.views import words
from reconciler.views.symbols import Symbols
from reconciler.want import Place

HEADER = ("farmer", "disk", "plots", "free", "on the way", "asked", "trouble")


@noun
class Coming:
    """Plots on their way to one disk.

    count: all that may still grow; others: those of other hosts among them; bytes: what they still lack.
    left: parts that nobody has touched for hours.
    """

    count: int
    others: int
    bytes: int
    left: int

    @classmethod
    def to(cls, facts: Facts, place: Place, disk: Disk | None) -> Coming:
        """As the farmer told it, and of our own as the journal tells. disk: None: the farmer told nothing."""
        lacking = {
            plot: each.bytes - min(each.done, each.bytes)
            for plot, each in facts.moving.items()
            if (each.farmer, each.disk) == place
        }
        foreign = [part for part in (disk.parts if disk is not None else ()) if part.host != facts.seen.host]
        fresh = [part for part in foreign if facts.traffic.fresh(part)]
        ours = [part for part in (disk.parts if disk is not None else ()) if part.host == facts.seen.host]
        return cls(
            count=len(lacking) + len(fresh),
            others=len(fresh),
            bytes=sum(lacking.values()) + sum(map(reserve.of_part, fresh)),
            left=len(foreign) - len(fresh) + sum(part.plot not in lacking for part in ours),
        )

    def text(self, symbols: Symbols) -> str:
        """``2 (1 of others), 108.8 GB to come; 1 left behind``."""
        others = f" ({self.others} of others)" if self.others else ""
        coming = f"{self.count}{others}, {show_size(self.bytes)} to come" if self.count else ""
        left = f"{self.left} left behind" if self.left else ""
        return "; ".join(filter(None, (coming, left))) or symbols.marks["hold"]


def rows(facts: Facts, symbols: Symbols) -> Iterator[tuple[str, ...]]:
    """A row for each disk, or for a farmer that tells of none; columns as HEADER has them."""
    for name in sorted(facts.seen.farmers):
        farmer = facts.seen.farmers[name]
        told = words.clean(name)
        if not isinstance(farmer.disks, Known):
            yield (
                told,
                "?",
                "?",
                "?",
                bound(facts, name).text(symbols),
                asked(facts, farmer),
                trouble(facts, farmer),
            )
            continue
        for disk in farmer.disks.value:
            place = (name, disk.path)
            yield (
                told,
                words.clean(disk.path),
                str(disk.count) if isinstance(disk.space, Known) and not disk.boundless else "?",
                "?" if disk.boundless else room(disk.space),
                Coming.to(facts, place, disk).text(symbols),
                asked(facts, farmer),
                trouble(facts, farmer) or setback(facts, place),
            )


def bound(facts: Facts, farmer: str) -> Coming:
    """What the journal knows to be on its way to a farmer that does not answer."""
    disks = sorted({each.disk for each in facts.moving.values() if each.farmer == farmer})
    each = [Coming.to(facts, (farmer, disk), None) for disk in disks]
    return Coming(sum(c.count for c in each), 0, sum(c.bytes for c in each), 0)


def asked(facts: Facts, farmer: Farmer) -> str:
    """How old a farmer's answer is: ``8s ago``; ``now`` of this machine's own disks."""
    if farmer.asked is not None:
        return f"{show_duration(facts.age(farmer.asked))} ago"
    return "now" if isinstance(farmer.disks, Known) else "never"


def trouble(facts: Facts, farmer: Farmer) -> str:
    """Why a farmer does not answer, or not any more, and when it is asked again; "": it does."""
    why = "" if isinstance(farmer.disks, Known) else farmer.disks.why
    if farmer.trouble is not None and farmer.trouble not in why:
        why = "; ".join(filter(None, (why, farmer.trouble)))
    return words.clean(f"{why}{next_try(facts, farmer)}") if why else ""


def next_try(facts: Facts, farmer: Farmer) -> str:
    """``; next try in 1m 10s``; "" where none is waited for."""
    if farmer.next_at is None:
        return ""
    left = farmer.next_at - facts.now.at
    return f"; next try in {show_duration(left)}" if left > 0 else "; being tried"


def setback(facts: Facts, place: Place) -> str:
    """What failed transfers to a disk or its farmer mean for it; "": nothing."""
    for subject in (place, place[0]):
        found = facts.traffic.setbacks.get(subject)
        if found is None:
            continue
        said = f"{words.plural(found.count, 'failure')}: {found.words}"
        if subject == place and found.rest > 0:
            return words.clean(f"quarantine for {show_duration(found.rest)}, {said}")
        if found.wait > 0:
            return words.clean(f"back-off for {show_duration(found.wait)}, {said}")
    return ""


def room(space: Fact[Space]) -> str:
    """Free bytes, or why they are not known."""
    if not isinstance(space, Known):
        return words.clean(space.why)
    return show_size(space.value.free) + ("" if space.value.writable else ", read-only")
