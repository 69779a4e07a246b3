"""Lines of text on the screen, of which only those are drawn anew that have changed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from rich.segment import Segment
from textual import events
from textual.binding import Binding, BindingType
from textual.geometry import Region, Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip
from textual.widget import Widget

from reconciler.dashboard.rows import Line, Page, Sheet, Subject, clipped, lay


class Lines(Widget):
    """A few lines, as many rows high as they are."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {"plain", "good", "held", "bad", "faint"}
    DEFAULT_CSS = "Lines { height: auto; width: 1fr; }"

    def __init__(self, name: str, cut: str) -> None:
        super().__init__(id=name)
        self._cut = cut
        self._lines: tuple[Line, ...] = ()

    def show(self, lines: Sequence[Line]) -> None:
        """Show these from now on."""
        before, self._lines = self._lines, tuple(lines)
        if len(before) != len(self._lines):
            self.refresh(layout=True)
            return
        for y, (old, new) in enumerate(zip(before, self._lines, strict=True)):
            if old != new:
                self.refresh(Region(0, y, self.size.width, 1))

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:  # noqa: ARG002 - textual's
        """How many lines there are."""
        return len(self._lines)

    def render_line(self, y: int) -> Strip:
        """One line of the screen."""
        line = self._lines[y] if y < len(self._lines) else Line("")
        style = self.get_component_rich_style(line.tone)
        text = clipped(line.text, self.size.width, self._cut)
        return Strip([Segment(text, style)]).adjust_cell_length(self.size.width, style)


class Panel(ScrollView, can_focus=True):
    """A sheet in a frame, with a cursor."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {"plain", "good", "held", "bad", "faint", "header", "cursor"}
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "move(-1)", show=False),
        Binding("down", "move(1)", show=False),
        Binding("pageup", "page(-1)", show=False),
        Binding("pagedown", "page(1)", show=False),
        Binding("home", "move(-1000000)", show=False),
        Binding("end", "move(1000000)", show=False),
        Binding("tab", "app.turn(1)", show=False),
        Binding("shift+tab", "app.turn(-1)", show=False),
        Binding("enter", "app.explain", show=False),
    ]

    class Chosen(Message):
        """A row was clicked."""

    def __init__(self, name: str, cut: str) -> None:
        super().__init__(id=name)
        self._cut = cut
        self._sheet: Sheet | None = None
        self._wanted = ""
        self._page = Page("", ())
        self._cursor = 0

    @property
    def chosen(self) -> Subject | None:
        """What the row under the cursor is about."""
        lines = self._page.lines
        return lines[self._cursor].subject if self._cursor < len(lines) else None

    def show(self, sheet: Sheet, wanted: str) -> None:
        """Show this from now on. wanted: only rows that hold this text."""
        if (sheet, wanted) != (self._sheet, self._wanted):
            self._sheet, self._wanted = sheet, wanted
            self.border_title = f"{sheet.title}  {sheet.note}" if sheet.note else sheet.title
            self._lay()

    def _lay(self) -> None:
        if self._sheet is None or not self.size:
            return
        before, chosen = self._page, self.chosen
        self._page = lay(self._sheet, self.scrollable_content_region.width, self._cut, self._wanted)
        self._follow(chosen)
        size = Size(self.scrollable_content_region.width, len(self._page.lines) + self._top)
        if size != self.virtual_size or bool(before.header) != bool(self._page.header):
            self.virtual_size = size
            self.refresh()
            return
        if before.header != self._page.header:
            self.refresh(Region(0, 0, self.size.width, 1))
        for y, (old, new) in enumerate(zip(before.lines, self._page.lines, strict=True)):
            if old != new:
                self._refresh_row(y)

    @property
    def _top(self) -> int:
        """Lines above the first row."""
        return 1 if self._page.header else 0

    def _follow(self, chosen: Subject | None) -> None:
        """Keep the cursor on what it was on, where that is still there; the nearest row of several."""
        lines = self._page.lines
        there = [at for at, line in enumerate(lines) if line.subject == chosen] if chosen is not None else []
        at = min(there, key=lambda at: abs(at - self._cursor), default=self._cursor)
        self._point(min(at, max(0, len(lines) - 1)))

    def _point(self, at: int) -> None:
        if at != self._cursor:
            before, self._cursor = self._cursor, at
            self._refresh_row(before)
            self._refresh_row(at)

    def _refresh_row(self, at: int) -> None:
        y = at + self._top - self.scroll_offset.y
        if self._top <= y < self.size.height:
            self.refresh(Region(0, y, self.size.width, 1))

    def render_line(self, y: int) -> Strip:
        """One line of the screen."""
        width = self.scrollable_content_region.width
        if y < self._top:
            style = self.get_component_rich_style("header")
            return Strip([Segment(self._page.header, style)]).adjust_cell_length(width, style)
        at = self.scroll_offset.y + y - self._top
        line = self._page.lines[at] if at < len(self._page.lines) else Line("")
        style = self.get_component_rich_style(line.tone)
        if self.has_focus and at == self._cursor and line.text:
            style += self.get_component_rich_style("cursor")
        return Strip([Segment(line.text, style)]).adjust_cell_length(width, style)

    # keys and mouse

    def action_move(self, by: int) -> None:
        """Move the cursor, and the rows under it where it would leave the frame."""
        last = len(self._page.lines) - 1
        self._point(max(0, min(last, self._cursor + by)))
        room = self.scrollable_content_region.height - self._top
        first = self.scroll_offset.y
        if self._cursor < first:
            self.scroll_to(y=self._cursor, animate=False)
        elif room > 0 and self._cursor >= first + room:
            self.scroll_to(y=self._cursor - room + 1, animate=False)

    def action_page(self, by: int) -> None:
        """Move by as many rows as the frame shows."""
        self.action_move(by * max(1, self.scrollable_content_region.height - self._top))

    def on_resize(self, _event: events.Resize) -> None:
        """Lay the sheet anew."""
        self._lay()

    def on_click(self, event: events.Click) -> None:
        """Put the cursor on the row."""
        offset = event.get_content_offset(self)
        if offset is not None and self._top <= offset.y:
            at = self.scroll_offset.y + offset.y - self._top
            if at < len(self._page.lines):
                self._point(at)

    def on_focus(self) -> None:
        """Show the cursor."""
        self._refresh_row(self._cursor)

    def on_blur(self) -> None:
        """Hide the cursor."""
        self._refresh_row(self._cursor)
