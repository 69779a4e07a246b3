"""Who may have a disk's room, where several plotters want it at once and none of them can lock it.

Each creates its part file first and only then looks: at all part files, and after that at the free room.
So of any that were let in the last to create its file saw the files of all the others, and there was room
for all of them together. What grows between the two looks is counted twice, never not at all.

Where there is not room for all, those whose names sort later give way at once; one that could stay if they
do looks again for a while. Whoever grows meanwhile was let in before, and comes first whatever its name.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from typing import Literal, NamedTuple, TypeAlias

from reconciler.errand import STALE
from reconciler.transports.failure import Broken, Crowded, Full
from reconciler.transports.names import Landing, parse_part

PAUSE = 1.0
"""Seconds between two looks of one that waits."""

LOOKS = 16
"""How often it looks in all."""

Verdict: TypeAlias = Literal["in", "wait", "out", "full"]


class Claim(NamedTuple):
    """A part file. size: the bytes that it takes now; age: seconds since its last change, by the farmer's clock."""

    name: str
    size: int
    age: float

    @property
    def left(self) -> int:
        """The bytes that it will still take. Of another tool's file nothing is known."""
        landing = self.landing
        return max(0, landing.bytes - self.size) if landing is not None and landing.bytes is not None else 0

    @property
    def landing(self) -> Landing | None:
        """What its name says."""
        return parse_part(self.name)

    def counts(self, host: str) -> bool:
        """Does it claim room, as that host sees it?"""
        landing = self.landing
        return landing is not None and (landing.host == host or self.age < STALE)


class View(NamedTuple):
    """A target folder: its part files, and then the bytes that are free above the floor."""

    claims: Sequence[Claim]
    room: int


def judge(mine: Claim, view: View, host: str, grown: Collection[str] = ()) -> Verdict:
    """May the part file stay? grown: names of others that grew while it waited; host: whose it is."""
    others = [claim for claim in view.claims if claim.name != mine.name and claim.counts(host)]
    # One that does not fit by itself gives up whatever its name.
    fitting = [claim for claim in others if claim.left <= view.room]
    ahead = [claim for claim in fitting if claim.name < mine.name or claim.name in grown]
    if mine.left > view.room:
        return "full"
    if mine.left + sum(claim.left for claim in others) <= view.room:
        return "in"
    return "wait" if mine.left + sum(claim.left for claim in ahead) <= view.room else "out"


def admission(name: str, host: str, disk: str, look: Callable[[], View]) -> Iterator[None]:
    """Ends once the part file of that name may stay; yields where PAUSE is to pass before the next look.

    look: lists the part files and then asks for the room; the file of that name exists before the first one.
    Raises Full, Crowded, or Broken where the file is not listed; disk is what they are said of.
    """
    first: dict[str, int] = {}
    grown: set[str] = set()
    for turn in range(LOOKS):
        view = look()
        mine = next((claim for claim in view.claims if claim.name == name), None)
        if mine is None:
            raise Broken(f"{disk}: the part file {name} vanishes once it is made")
        grown |= {
            claim.name for claim in view.claims if claim.size > first.setdefault(claim.name, claim.size)
        }
        verdict = judge(mine, view, host, grown)
        if verdict == "in":
            return
        if verdict == "full":
            raise Full(f"{disk}: {mine.left - view.room} bytes more must be free for {name}")
        if verdict == "out" or turn == LOOKS - 1:
            others = sum(each.left for each in view.claims if each.name != name and each.counts(host))
            raise Crowded(
                f"{disk}: of its {view.room} bytes other movers have claimed {others}; {mine.left} are needed"
            )
        yield
