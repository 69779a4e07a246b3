"""What the dashboard shows of each state at each size is what lies in tests/cases/dashboard."""

from __future__ import annotations

import itertools

import pytest
from textual.pilot import Pilot

from reconciler.dashboard.app import SHEETS, Dashboard
from reconciler.dashboard.snapshot import Note
from tests.dashboard.screens import CASES, SHOWN, FakeFeed, drive, rendered, text, until
from tests.dashboard.states import STATES


@pytest.mark.parametrize("case", SHOWN)
def test_a_screen_is_as_its_case_has_it(case: str) -> None:
    assert rendered(case) == (CASES / f"{case}.txt").read_text(), (
        "if it ought to be so: python -m tests.dashboard.screens"
    )


def test_every_case_is_shown() -> None:
    assert {path.stem for path in CASES.glob("*.txt")} == set(SHOWN)


@pytest.mark.parametrize("state", STATES)
def test_every_state_fits_every_window(state: str) -> None:
    async def act(app: Dashboard, pilot: Pilot[None]) -> None:
        for size in ((20, 6), (120, 36), (300, 90), (64, 200), (1, 1)):
            await pilot.resize_terminal(*size)
            await until(pilot, lambda size=size: app._window == size)  # type: ignore[misc]
            lines = text(app).splitlines()
            assert len(lines) == size[1]
            assert max(map(len, lines)) <= size[0]

    drive(FakeFeed(STATES[state]()), act)


@pytest.mark.parametrize("state", STATES)
def test_ascii_is_ascii(state: str) -> None:
    async def act(app: Dashboard, pilot: Pilot[None]) -> None:
        assert text(app).isascii()
        for keys in (["e"], ["escape", "question_mark"], ["escape", "k"]):
            await pilot.press(*keys)
            await pilot.pause()
            assert text(app).isascii(), text(app)

    drive(FakeFeed(STATES[state]()), act, size=(130, 40), ascii=True)


def test_before_the_first_look_the_screen_says_so() -> None:
    assert "looking" in drive(FakeFeed(None))


def test_it_follows_the_window_while_it_runs() -> None:
    async def act(app: Dashboard, pilot: Pilot[None]) -> None:
        await pilot.press("2")
        await pilot.resize_terminal(200, 60)
        await until(pilot, lambda: "farmers" in text(app))
        shown = text(app)
        assert all(name in shown for name in SHEETS)
        await pilot.resize_terminal(40, 10)
        await until(pilot, lambda: len(text(app).splitlines()) == 10)
        await pilot.resize_terminal(80, 24)
        await until(pilot, lambda: len(text(app).splitlines()) == 24)

    shown = drive(FakeFeed(STATES["one"]()), act)
    # The panel that was chosen stays so.
    assert "next start" in shown
    assert "╭" not in shown


def test_it_follows_the_feed() -> None:
    feed = FakeFeed(STATES["one"]())

    async def act(app: Dashboard, pilot: Pilot[None]) -> None:
        feed.snapshot = STATES["held"]()
        feed.notes.append(Note("[bold]brackets are no markup[/]"))
        await until(pilot, lambda: "! STK" in text(app) and "[bold]brackets" in text(app))
        feed.snapshot = STATES["empty"]()
        await until(pilot, lambda: "no job runs" in text(app))

    drive(feed, act, clock=itertools.count(100.0, 2.0).__next__)


def test_the_time_goes_on_between_two_looks() -> None:
    async def act(app: Dashboard, pilot: Pilot[None]) -> None:
        await until(pilot, lambda: "next tick now" in text(app))

    drive(FakeFeed(STATES["one"]()), act, clock=itertools.count(100.0, 2.0).__next__)


def test_only_lines_that_have_changed_are_drawn_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    from reconciler.dashboard.panel import Panel

    drawn: list[str] = []
    render = Panel.render_line
    feed = FakeFeed(STATES["many"]())

    def counted(panel: Panel, y: int) -> object:
        drawn.append(panel.id or "")
        return render(panel, y)

    async def act(app: Dashboard, pilot: Pilot[None]) -> None:
        monkeypatch.setattr(Panel, "render_line", counted)
        drawn.append("what is drawn at first")
        while drawn:
            drawn.clear()
            await pilot.pause(0.3)
        feed.snapshot = STATES["many"]()
        await until(pilot, lambda: app._shown is feed.snapshot)
        await pilot.pause(0.3)

    drive(feed, act, size=(250, 80), clock=itertools.count(100.0, 2.0).__next__)
    assert drawn == []
