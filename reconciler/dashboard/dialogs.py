"""What lies above the panels for a while: something to read, and the question before a kill."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Static

from reconciler.dashboard.snapshot import Following

OFTEN = 0.25
"""Seconds between two looks at a log that is followed."""


class Reader(ModalScreen[None]):
    """Text to scroll in. following: what it grows from; None: it stays as it is."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,enter,e,l,question_mark", "close", "close"),
        Binding("up", "scroll('up')", show=False),
        Binding("down", "scroll('down')", show=False),
        Binding("pageup", "scroll('page_up')", show=False),
        Binding("pagedown", "scroll('page_down')", show=False),
        Binding("home", "scroll('home')", show=False),
        Binding("end", "scroll('end')", show=False),
    ]

    def __init__(self, title: str, text: str, following: Following | None = None) -> None:
        super().__init__()
        self._title = title
        self._text = text
        self._following = following
        self._shown: tuple[str, ...] | None = None

    def compose(self) -> ComposeResult:
        """A frame with the text in it."""
        with VerticalScroll(id="reader") as frame:
            frame.border_title = self._title
            frame.border_subtitle = "Esc closes"
            yield Static(self._text, markup=False, id="text")

    def on_mount(self) -> None:
        """Begin to follow."""
        if self._following is not None:
            self.set_interval(OFTEN, self._follow)
            self._follow()

    def on_unmount(self) -> None:
        """Follow no more."""
        if self._following is not None:
            self._following.close()

    def _follow(self) -> None:
        assert self._following is not None
        lines = self._following.lines()
        if lines is self._shown:
            return
        self._shown = lines
        frame = self.query_one("#reader", VerticalScroll)
        at_end = frame.scroll_y >= frame.max_scroll_y - 1
        self.query_one("#text", Static).update("\n".join(lines))
        if at_end:
            frame.scroll_end(animate=False)

    def action_scroll(self, where: str) -> None:
        """Scroll the text."""
        getattr(self.query_one("#reader"), f"scroll_{where}")(animate=False)

    def action_close(self) -> None:
        """Back to the panels."""
        self.dismiss()


class Question(ModalScreen[bool]):
    """Yes or no; anything but y is no."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y", "answer(True)", "yes"),
        Binding("n,escape,q,enter", "answer(False)", "no"),
    ]

    def __init__(self, title: str, text: str) -> None:
        super().__init__()
        self._title = title
        self._text = text

    def compose(self) -> ComposeResult:
        """A frame with the question in it."""
        with Vertical(id="question") as frame:
            frame.border_title = self._title
            yield Static(self._text, markup=False)
            yield Static(
                "\n[@click=screen.answer(True)]\\[y] yes[/]   [@click=screen.answer(False)]\\[n] no[/]"
            )

    def action_answer(self, answer: bool) -> None:
        """Answered."""
        self.dismiss(answer)
