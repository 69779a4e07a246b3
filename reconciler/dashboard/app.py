"""The dashboard on a screen: its panels, its keys, and how it fits the window."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Mapping
from typing import ClassVar

from textual import events
from textual.app import App, ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container, Horizontal
from textual.geometry import Size
from textual.screen import Screen
from textual.widgets import Input, Static

from reconciler.dashboard import dst, farmers, headline, jobs, log, plan, progress, tmp, transfers, why
from reconciler.dashboard.dialogs import Question, Reader
from reconciler.dashboard.help import HELP, READ_ONLY
from reconciler.dashboard.panel import Lines, Panel
from reconciler.dashboard.rows import Line, Sheet
from reconciler.dashboard.snapshot import Act, Asked, Feed, Snapshot
from reconciler.dashboard.theme import THEME
from reconciler.loop import Work
from reconciler.state import Job, Known
from reconciler.views import words
from reconciler.views.symbols import ASCII, Symbols

SHEETS: Mapping[str, Callable[[Snapshot, Symbols], Sheet]] = {
    "jobs": jobs.sheet,
    "tmp": tmp.sheet,
    "dst": dst.sheet,
    "farmers": farmers.sheet,
    "transfers": transfers.sheet,
    "plan": plan.sheet,
    "log": log.sheet,
}
"""The panels, in the order of their number keys."""

POLL = 0.2
"""Seconds between two looks at the feed."""
REFRESH = 1.0
"""Seconds between two updates of the screen at least."""
TWO, THREE, TALL = 120, 200, 36
"""Columns from which panels stand side by side, two and three, and the lines that this takes."""
LOW, NARROW = 16, 64
"""Lines and columns below which only the most needed is shown."""
ACTING = frozenset({"pause", "steer", "kill"})


class Dashboard(App[None]):
    """The app. feed: where what it shows comes from. reading: keys that act do nothing. clock: seconds that go on."""

    CSS_PATH = "app.tcss"
    TITLE = "plotman"
    ENABLE_COMMAND_PALETTE = False
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("p", "pause('plotting')", "plot"),
        Binding("a", "pause('archiving')", "archive"),
        Binding("s", "steer('suspend')", "suspend"),
        Binding("r", "steer('resume')", "resume"),
        Binding("k", "kill", "kill"),
        Binding("e", "explain", "why"),
        Binding("l", "log", "log"),
        Binding("slash", "filter", "filter", key_display="/"),
        Binding("question_mark", "help", "help", key_display="?"),
        Binding("q", "quit", "quit"),
        Binding("ctrl+c", "quit", show=False),
        Binding("escape", "clear", show=False),
        *(Binding(str(number), f"turn_to('{name}')", show=False) for number, name in enumerate(SHEETS, 1)),
    ]

    def __init__(
        self,
        feed: Feed,
        symbols: Symbols,
        *,
        reading: bool = False,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__()
        self._feed = feed
        self._symbols = symbols
        self._reading = reading
        self._clock = clock
        self._shown: Snapshot | None = None
        self._waiting: Snapshot | None = None
        self._window = Size(80, 24)
        self._drawn_at = float("-inf")
        self._since = 0.0
        self._beside, self._rows = 1, ""
        self._one = "jobs"
        self._wanted = ""
        self._server_pid = os.getppid()
        # The parts are kept at hand: while the screen is taken down there is still a moment in which it is drawn.
        self._headline, self._progress = Lines("headline", symbols.cut), Lines("progress", symbols.cut)
        self._tabs = Static(id="tabs")
        self._grid = Container(id="panels")
        self._panels = {name: Panel(name, symbols.cut) for name in SHEETS}
        self._search, self._filter = Horizontal(id="search"), Input(id="filter")
        self.register_theme(THEME)
        self.theme = THEME.name

    def compose(self) -> ComposeResult:
        """Headline, progress, tabs, panels, filter, keys."""
        yield self._headline
        yield self._progress
        yield self._tabs
        with self._grid:
            yield from self._panels.values()
        with self._search:
            yield Static("show only rows that hold")
            yield self._filter
        yield Static("".join(self._keys()), id="keys")

    def on_mount(self) -> None:
        """Begin to look."""
        self.set_class(self._symbols == ASCII, "-ascii")
        self._headline.show((Line("looking ...", "faint"),))
        self._panels["jobs"].focus()
        self.set_interval(POLL, self._poll)
        self._feed.start()
        self.call_after_refresh(self._poll)

    def on_unmount(self) -> None:
        """Look no more."""
        self._feed.stop()

    # what is shown

    def _poll(self) -> None:
        if os.getppid() != self._server_pid and self.is_web:
            self.exit()  # the server that shows this is gone
        for note in self._feed.said():
            self.notify(note.text, severity="error" if note.bad else "information", markup=False)
        newest, now = self._feed.newest(), self._clock()
        if newest is not None and newest is not self._waiting:
            self._waiting, self._since = newest, now
        if now - self._drawn_at >= REFRESH:
            self._draw(now)

    def _draw(self, now: float) -> None:
        """Bring the screen up to the last look; what is the same stays."""
        snapshot = self._waiting
        if snapshot is None:
            return
        self._drawn_at = now
        # Whole seconds, so that the clock goes on evenly.
        head = headline.lines(snapshot, self._symbols, float(int(now - self._since)))
        self._headline.show(head[:2] if self._window.height < LOW else head)
        if snapshot is not self._shown:
            self._shown = snapshot
            self._show_panels()

    def _show_panels(self) -> None:
        """All that hangs on the look, the window's size and the filter."""
        if (snapshot := self._shown) is None:
            return
        lines = progress.lines(snapshot.facts, self._symbols, self._window.width - 2)
        self._progress.show(
            [Line(text, "faint" if below else "plain") for below, text in enumerate(lines) if text]
            if self._window.height >= LOW
            else []
        )
        self._share(len(snapshot.facts.all_jobs))
        for name, sheet in SHEETS.items():
            panel = self._panels[name]
            if panel.display:
                panel.show(sheet(snapshot, self._symbols), self._wanted)

    def on_resize(self, event: events.Resize) -> None:
        """Fit the window."""
        self._window = event.size
        self._arrange()

    def _arrange(self) -> None:
        """One panel at a time, or all, side by side."""
        width, height = self._window
        self._beside = 1 if width < TWO or height < TALL else 2 if width < THREE else 3
        wide = self._beside > 1
        self._base.set_class(wide, "-wide")
        self._base.set_class(self._beside == 3, "-three")
        self._base.set_class(height < LOW, "-low")
        if isinstance(self.focused, Panel):
            self._one = self.focused.id or self._one
        for name in SHEETS:
            self._panels[name].display = wide or name == self._one
        self._tabs.update("".join(map(self._tab, SHEETS)))
        self._show_panels()

    def _tab(self, name: str) -> str:
        """A tab in textual's markup; where there is little room, only the chosen one has its name."""
        number = list(SHEETS).index(name) + 1
        text = f" {number} {name} " if self._window.width >= NARROW or name == self._one else f" {number} "
        style = "[reverse]" if name == self._one else "[not reverse]"
        return f"{style}[@click=app.turn_to('{name}')]{text}[/][/]"

    def _keys(self) -> Iterator[str]:
        """The keys in textual's markup. Its own footer is made anew at each turn of the focus, which costs."""
        for binding in self.BINDINGS:
            if (
                isinstance(binding, Binding)
                and binding.show
                and self.check_action(binding.action.partition("(")[0], ())
            ):
                key = binding.key_display or binding.key
                yield f"[@click=app.{binding.action}] [bold $primary]{key}[/] {binding.description}[/]"

    def _share(self, jobs: int) -> None:
        """Side by side, the jobs have as much room as they need, and others what is left, but half of it at least."""
        if self._beside > 1:
            rest = 2 if self._beside == 3 else 3
            height = min(max(jobs, 3) + 3, self._window.height // 2 - 2)
            rows = " ".join((str(height), *["1fr"] * rest))
            if rows != self._rows:
                self._rows = rows
                self._grid.styles.grid_rows = rows

    @property
    def _base(self) -> Screen[None]:
        """The screen with the panels, whatever lies above it."""
        screen: Screen[None] = self.screen_stack[0]
        return screen

    # moving about

    def action_turn_to(self, name: str) -> None:
        """Show this panel, or put the cursor there."""
        panel = self._panels[name]
        panel.display = True
        panel.focus()
        self.call_after_refresh(self._arrange)

    def action_turn(self, by: int) -> None:
        """The next panel, or the one before."""
        names = list(SHEETS)
        self.action_turn_to(names[(names.index(self._panel().id or self._one) + by) % len(names)])

    def _panel(self) -> Panel:
        """The panel with the cursor."""
        return self.focused if isinstance(self.focused, Panel) else self._panels[self._one]

    def action_filter(self) -> None:
        """Type a text that rows must hold."""
        self._search.display = True
        self._filter.focus()

    def on_input_changed(self, event: Input.Changed) -> None:
        """Filter while it is typed."""
        self._wanted = event.value.strip()
        self._show_panels()

    def on_input_submitted(self) -> None:
        """Keep the filter."""
        self._search.display = bool(self._wanted)
        self._panels[self._one].focus()

    def action_clear(self) -> None:
        """End the filter."""
        self._filter.value = ""
        self._search.display = False
        self._panels[self._one].focus()

    # acting

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:  # noqa: ARG002 - textual's
        """Who only reads has no keys that act."""
        return not (self._reading and action in ACTING)

    def action_pause(self, work: Work) -> None:
        """Pause this kind of work, or end its pause."""
        if self._shown is not None:
            act: Act = "unpause" if headline.paused(self._shown.facts, work) else "pause"
            self._feed.ask(Asked(act, work))

    def action_steer(self, act: Act) -> None:
        """Suspend or resume the job under the cursor."""
        job = self._job()
        if job is not None:
            self._feed.ask(Asked(act, job))

    def action_kill(self) -> None:
        """End the job under the cursor, once that is confirmed."""
        job = self._job()
        if job is None or self._shown is None:
            return

        def answered(sure: bool | None) -> None:
            if sure:
                self._feed.ask(Asked("kill", job))

        self.push_screen(Question(f"kill job {words.job_id(job)}?", why.at_stake(self._shown, job)), answered)

    def _job(self) -> Job | None:
        """The job under the cursor; says so where there is none."""
        chosen = self._panel().chosen
        if self._shown is not None and chosen is not None and chosen.kind == "job":
            job = why.job_of(self._shown, chosen.name)
            if job is not None:
                return job
        self.notify("put the cursor on a job first", severity="warning", timeout=3)
        return None

    def action_explain(self) -> None:
        """Why it is so, of what the cursor is on."""
        if self._shown is not None:
            chosen = self._panel().chosen
            title = "all that waits" if chosen is None else f"{chosen.kind} {words.clean(chosen.name)}"
            self.push_screen(Reader(title, why.text(self._shown, self._symbols, chosen)))

    def action_log(self) -> None:
        """The log of the job under the cursor, as it grows."""
        job = self._job()
        if job is None:
            return
        if not isinstance(job.log, Known):
            self.notify(f"it writes no log that is known: {job.log.why}", severity="warning", markup=False)
            return
        path = job.log.value
        self.push_screen(Reader(words.clean(path), "", self._feed.follow(path)))

    def action_help(self) -> None:
        """The keys."""
        self.push_screen(Reader("keys", READ_ONLY if self._reading else HELP))
