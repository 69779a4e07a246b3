"""Every key does what the help says, and nothing else."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from textual.pilot import Pilot

from reconciler.dashboard.app import SHEETS, Dashboard
from reconciler.dashboard.snapshot import Asked, Snapshot
from reconciler.state import Job
from tests.dashboard.screens import LOG, FakeFeed, drive, until
from tests.dashboard.screens import text as text_of
from tests.dashboard.states import STATES, away, held, many, one

Act = Callable[[Dashboard, Pilot[None]], object]


def press(snapshot: Snapshot, *keys: str, reading: bool = False) -> tuple[FakeFeed, str]:
    """Press keys, one after the other; the feed after it, and the screen."""
    feed = FakeFeed(snapshot)

    async def act(_app: Dashboard, pilot: Pilot[None]) -> None:
        await pilot.press(*keys)

    return feed, drive(feed, act, reading=reading)


def youngest(snapshot: Snapshot) -> Job:
    return snapshot.facts.all_jobs[-1]


@pytest.mark.parametrize(("key", "work"), [("p", "plotting"), ("a", "archiving")])
def test_p_and_a_pause_and_end_a_pause(key: str, work: str) -> None:
    assert [(asked.act, asked.target) for asked in press(one(), key)[0].asked] == [("pause", work)]
    assert [(asked.act, asked.target) for asked in press(held(), key)[0].asked] == [("unpause", work)]


@pytest.mark.parametrize(("key", "act"), [("s", "suspend"), ("r", "resume")])
def test_s_and_r_are_about_the_job_under_the_cursor(key: str, act: str) -> None:
    snapshot = held()
    jobs = tuple(reversed(snapshot.facts.all_jobs))
    assert press(snapshot, key)[0].asked == [Asked(act, jobs[0])]  # type: ignore[arg-type]
    assert press(snapshot, "down", "down", key)[0].asked == [Asked(act, jobs[2])]  # type: ignore[arg-type]


def test_a_key_about_a_job_needs_one() -> None:
    feed, screen = press(one(), "2", *"srkl")
    assert feed.asked == []
    assert screen.count("put the cursor on a job") == 4


def test_kill_asks_and_shows_what_is_at_stake() -> None:
    feed, screen = press(held(), "k")
    assert feed.asked == []
    assert all(text in screen for text in ("kill job 1b2c3d4e?", "1:1", "10m", "139.0 GB"))


@pytest.mark.parametrize(
    ("answer", "killed"), [("y", True), ("n", False), ("enter", False), ("escape", False)]
)
def test_kill_is_done_after_a_yes_only(answer: str, killed: bool) -> None:
    snapshot = held()
    wanted = [Asked("kill", youngest(snapshot))] if killed else []
    assert press(snapshot, "k", answer)[0].asked == wanted


def test_no_key_acts_while_a_question_is_open() -> None:
    assert press(held(), "k", "s", "p", "a", "r")[0].asked == []


def test_who_only_reads_cannot_act() -> None:
    feed, screen = press(held(), *"pasrky", reading=True)
    assert feed.asked == []
    assert "suspend" not in screen.splitlines()[-1]


def test_e_explains_what_the_cursor_is_on() -> None:
    found: dict[str, str] = {}

    async def act(app: Dashboard, pilot: Pilot[None]) -> None:
        for number in "1234567":
            await pilot.press(number, "enter" if number == "1" else "e")
            await until(pilot, lambda: "Esc closes" in text_of(app))
            found[number] = text_of(app)
            await pilot.press("escape")

    feed = FakeFeed(away())
    drive(feed, act)
    assert "job 1b2c3d4e on tmp 00" in found["1"]
    assert "spawn on tmp 00" in found["2"]
    assert "2.0 TB free" in found["3"]
    assert "farmer farmer1" in found["4"]
    assert "failed: no route to host" in found["5"]
    assert "archive plot-k32" in found["6"]
    assert "all that waits" in found["7"]
    assert feed.asked == []


@pytest.mark.parametrize("state", ["empty", "away", "held"])
def test_everything_can_be_explained(state: str) -> None:
    async def act(app: Dashboard, pilot: Pilot[None]) -> None:
        for number in range(1, len(SHEETS) + 1):
            await pilot.press(str(number), "end", "e")
            await until(pilot, lambda: "Esc closes" in text_of(app))
            await pilot.press("escape")

    drive(FakeFeed(STATES[state]()), act)


def test_l_follows_the_log_until_it_is_closed() -> None:
    feed, screen = press(one(), "l")
    (path,) = feed.followed
    assert path.endswith("000000000004.log")
    assert all(line in screen for line in LOG)
    feed, screen = press(one(), "l", "escape")
    assert feed.followed[path].closed
    assert LOG[0] not in screen


def test_l_says_so_where_there_is_no_log() -> None:
    assert "no log" in press(held(), "end", "l")[1]


def test_slash_filters_every_panel() -> None:
    found: list[list[str]] = []

    async def act(app: Dashboard, pilot: Pilot[None]) -> None:
        for keys in (
            ["slash", *"1b2c3d60", "enter"],
            ["escape", "4", "slash", *"/farm/07", "enter"],
            ["escape", "1", "slash", *"nowhere", "enter"],
            ["escape"],
        ):
            await pilot.press(*keys)
            await pilot.pause()
            found.append(text_of(app).splitlines())

    drive(FakeFeed(many()), act)
    jobs, disks, none, all_again = found
    assert [line.split()[0] for line in jobs if line.startswith(" 1b2c")] == ["1b2c3d60"]
    assert [line.split()[0] for line in disks if "TB" in line] == ["/farm/07"]
    assert any("nothing here holds 'nowhere'" in line for line in none)
    assert any("1b2c3d4e" in line for line in all_again)


def test_letters_typed_into_the_filter_do_not_act() -> None:
    assert press(held(), "slash", *"pasrkq")[0].asked == []


def test_question_mark_tells_the_keys() -> None:
    assert "pause plotting" in press(one(), "question_mark")[1]


def test_question_mark_tells_no_keys_that_do_not_act() -> None:
    shown = press(one(), "question_mark", reading=True)[1]
    assert "follow the job's log" in shown
    assert "pause plotting" not in shown and "suspend the job" not in shown and "as a wish" not in shown


def test_numbers_and_tab_lead_to_the_panels() -> None:
    shown: dict[str, list[str]] = {"number": [], "tab": [], "shift+tab": []}

    async def act(app: Dashboard, pilot: Pilot[None]) -> None:
        for number in range(1, len(SHEETS) + 1):
            await pilot.press(str(number))
            await pilot.pause()
            shown["number"].append(text_of(app))
        for key in ("tab", "shift+tab"):
            for _ in SHEETS:
                await pilot.press(key)
                await pilot.pause()
                shown[key].append(text_of(app))

    drive(FakeFeed(away()), act)
    assert len(set(shown["number"])) == len(SHEETS)
    assert shown["tab"] == shown["number"]
    assert shown["shift+tab"] == [*reversed(shown["number"][:-1]), shown["number"][-1]]


def test_q_ends_it_and_the_looking() -> None:
    feed = FakeFeed(one())

    async def act(app: Dashboard, pilot: Pilot[None]) -> None:
        assert feed.runs
        await pilot.press("q")
        await until(pilot, lambda: not app.is_running or app._exit)

    drive(feed, act)
    assert not feed.runs


def test_the_cursor_stays_with_its_job() -> None:
    feed = FakeFeed(held())
    jobs = feed.snapshot.facts.all_jobs if feed.snapshot is not None else ()

    async def act(app: Dashboard, pilot: Pilot[None]) -> None:
        await pilot.press("end")
        feed.snapshot = many()  # with 199 others, most of them older
        app._draw(1e9)
        await pilot.pause()
        await pilot.press("s")

    drive(feed, act)
    assert [asked.target.id for asked in feed.asked if isinstance(asked.target, Job)] == [jobs[0].id]


def test_a_click_puts_the_cursor_on_a_row() -> None:
    snapshot = held()
    feed = FakeFeed(snapshot)

    async def act(app: Dashboard, pilot: Pilot[None]) -> None:
        assert "1b2c3d4f" in text_of(app)
        await pilot.click("#jobs", offset=(5, 2))
        await pilot.press("s")

    drive(feed, act)
    assert feed.asked == [Asked("suspend", tuple(reversed(snapshot.facts.all_jobs))[1])]


def test_the_cursor_scrolls_the_rows() -> None:
    screen = press(many(), "end")[1]
    assert f"{0x1B2C3D4E + 199:08x}" in screen
    assert "1b2c3d4e" not in screen
    assert "1b2c3d4e" in press(many(), "end", "pageup", "home")[1]
