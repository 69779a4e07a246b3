"""The dashboard without a terminal: on a feed that is set by hand, its screen as text.

``python -m tests.dashboard.screens`` writes tests/cases/dashboard anew; look at what has changed.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

from textual.pilot import Pilot

from reconciler.dashboard.app import Dashboard
from reconciler.dashboard.snapshot import Asked, Note, Snapshot
from reconciler.views.symbols import ASCII, UNICODE
from tests.dashboard.states import STATES

CASES = Path(__file__).parents[1] / "cases" / "dashboard"
SHOWN = ("empty.80x24", "one.80x24", "one.200x50", "many.80x24", "many.250x80", "away.120x40", "held.80x24",
         "held.40x10", "away.120x40.ascii")  # fmt: skip
"""State, columns and lines of each case."""


class FakeLog:
    """A log of three lines."""

    closed = False

    def lines(self) -> tuple[str, ...]:
        return LOG

    def close(self) -> None:
        self.closed = True


LOG = ("Starting plotting progress", "Computing table 1", "Computing table 2")


class FakeFeed:
    """`Feed` by hand. asked: every wish. runs: between start and stop."""

    def __init__(self, snapshot: Snapshot | None) -> None:
        self.snapshot = snapshot
        self.asked: list[Asked] = []
        self.notes: list[Note] = []
        self.runs = False
        self.followed: dict[str, FakeLog] = {}

    def start(self) -> None:
        self.runs = True

    def stop(self) -> None:
        self.runs = False

    def newest(self) -> Snapshot | None:
        return self.snapshot

    def said(self) -> tuple[Note, ...]:
        notes, self.notes = tuple(self.notes), []
        return notes

    def ask(self, asked: Asked) -> None:
        self.asked.append(asked)

    def follow(self, path: str) -> FakeLog:
        return self.followed.setdefault(path, FakeLog())


def text(app: Dashboard) -> str:
    """What the screen shows."""
    strips = app.screen._compositor.render_strips(app.size)
    return "\n".join("".join(segment.text for segment in strip).rstrip() for strip in strips) + "\n"


Act = Callable[[Dashboard, Pilot[None]], Awaitable[None]]


async def nothing(app: Dashboard, pilot: Pilot[None]) -> None:
    """Only look."""


def drive(
    feed: FakeFeed,
    act: Act = nothing,
    *,
    size: tuple[int, int] = (80, 24),
    ascii: bool = False,
    reading: bool = False,
    clock: Callable[[], float] = lambda: 0.0,
) -> str:
    """Show the feed, do something, and give the screen's text. clock: stands still unless given."""

    async def run() -> str:
        app = Dashboard(feed, ASCII if ascii else UNICODE, reading=reading, clock=clock)
        async with app.run_test(size=size, notifications=True) as pilot:
            await until(pilot, lambda: feed.snapshot is None or app._shown is not None)
            await act(app, pilot)
            await pilot.pause()
            return text(app)

    return asyncio.run(run())


async def until(pilot: Pilot[None], condition: Callable[[], bool]) -> None:
    """Until it holds; fails after some seconds."""
    for _ in range(1200):
        if condition():
            await pilot.pause()
            return
        await pilot.pause(0.05)
    raise AssertionError("it did not come true in time")


def rendered(case: str) -> str:
    """The screen of one case."""
    state, size, *plain = case.split(".")
    width, height = map(int, size.split("x"))
    return drive(FakeFeed(STATES[state]()), size=(width, height), ascii=bool(plain))


def main() -> None:
    """Write every case."""
    CASES.mkdir(exist_ok=True)
    for case in SHOWN:
        (CASES / f"{case}.txt").write_text(rendered(case))


if __name__ == "__main__":
    main()
