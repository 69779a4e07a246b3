"""Plotters that want one disk's room at the same time: never more are let in than fit, and one always is."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.errand import STALE
from reconciler.transports.failure import Crowded, Failure, Full
from reconciler.transports.giving_way import LOOKS, Claim, View, admission, judge
from reconciler.transports.names import part_name


def claim(plot: str, size: int, done: int = 0, host: str = "me", age: float = 0.0) -> Claim:
    return Claim(part_name(f"{plot}.plot", size, host), done, age)


@dataclass
class Shared:
    """A disk that several plotters see. parts: bytes that each part file holds; gone: by published plots."""

    room: int
    parts: dict[str, int] = field(default_factory=dict)
    gone: int = 0

    @property
    def free(self) -> int:
        return self.room - self.gone - sum(self.parts.values())


@dataclass
class Plotter:
    """Creates its part file, lists, asks for the room, and copies byte by byte: each is a step of its own."""

    disk: Shared
    name: str
    size: int
    admitted: bool = False
    failed: Failure | None = None

    def live(self) -> Iterator[None]:
        self.disk.parts[self.name] = 0
        yield
        listed: list[Claim] = []
        turns = admission(self.name, "me", "disk", lambda: View(listed, self.disk.free))
        try:
            while True:
                listed[:] = [Claim(name, done, 0.0) for name, done in self.disk.parts.items()]
                yield
                next(turns)
                yield
        except StopIteration:
            self.admitted = True
        except Failure as failure:
            self.failed = failure
            del self.disk.parts[self.name]
            return
        yield
        for _ in range(self.size):
            assert self.disk.free > 0, "the disk is overfilled"
            self.disk.parts[self.name] += 1
            yield
        self.disk.gone += self.disk.parts.pop(self.name)


@given(
    st.integers(0, 12),
    st.lists(st.integers(0, 6), min_size=2, max_size=4),
    st.permutations("abcd"),
    st.data(),
)
def test_however_plotters_interleave_the_admitted_fit_and_somebody_gets_it(
    room: int, sizes: list[int], letters: list[str], data: st.DataObject
) -> None:
    disk = Shared(room)
    plotters = [
        Plotter(disk, part_name(f"{letter}.plot", size, "me"), size)
        for letter, size in zip(letters, sizes, strict=False)
    ]
    lives = {number: plotter.live() for number, plotter in enumerate(plotters)}
    order = data.draw(st.lists(st.integers(0, len(plotters) - 1), max_size=60))
    turn = 0
    while lives:
        # What was drawn comes first; then each in turn, so that all come to their end.
        number = order.pop(0) if order else sorted(lives)[turn % len(lives)]
        turn += 1
        if number in lives and next(lives[number], "over") == "over":
            del lives[number]
    admitted = [plotter for plotter in plotters if plotter.admitted]
    assert sum(plotter.size for plotter in admitted) <= room
    if any(plotter.size <= room for plotter in plotters):
        assert admitted
    for plotter in plotters:
        if plotter.size > room:
            assert isinstance(plotter.failed, Full)


def test_one_that_does_not_fit_alone_is_told_that_the_disk_is_full() -> None:
    mine = claim("a", 11, 4)
    with pytest.raises(Full, match="disk: 1 bytes more must be free"):
        list(admission(mine.name, "me", "disk", lambda: View([mine], 6)))


def test_the_later_name_gives_way_at_once_and_the_earlier_one_in_the_end() -> None:
    early, late = claim("a", 5), claim("b", 5)
    with pytest.raises(Crowded, match="of its 9 bytes other movers have claimed 5; 5 are needed"):
        next(admission(late.name, "me", "disk", lambda: View([early, late], 9)))
    waited = 0
    with pytest.raises(Crowded):
        for _ in admission(early.name, "me", "disk", lambda: View([early, late], 9)):
            waited += 1
    assert waited == LOOKS - 1


def test_the_earlier_name_gives_way_to_one_that_grows() -> None:
    early, late = claim("a", 5), claim("b", 5)
    views = iter([View([early, late], 9), View([early, late._replace(size=1)], 8)])
    turns = admission(early.name, "me", "disk", lambda: next(views))
    next(turns)
    with pytest.raises(Crowded):
        next(turns)


@pytest.mark.parametrize(
    ("other", "stays"),
    [
        (claim("a", 5, host="other", age=STALE - 1), False),
        (claim("a", 5, host="other", age=STALE), True),
        (claim("a", 5, age=STALE), False),
        (Claim("notes.txt", 5, 0.0), True),
    ],
)
def test_only_fresh_part_files_and_those_of_the_own_host_claim_room(other: Claim, stays: bool) -> None:
    mine = claim("b", 5)
    assert (judge(mine, View([mine, other], 9), "me") == "in") is stays


def test_what_is_already_taken_is_not_claimed_again() -> None:
    mine, other = claim("b", 5), claim("a", 5, 3)
    assert judge(mine, View([mine, other], 7), "me") == "in"
    assert judge(mine, View([mine, other], 6), "me") == "out"
