"""Looking again and again, on one screen."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import click

from reconciler.commands.screen import Screen
from reconciler.views import words

EVERY = 2.0
"""Seconds between two looks at least."""
SHARE = 5.0
"""So many times as long as a look takes is waited after it, so that watching a big farm costs little."""

watch_option = click.option("--watch", "watching", is_flag=True, help="Look again and again, until Ctrl-C.")


def watch(ascii: bool, draw: Callable[[Screen], str]) -> None:
    """Show what is drawn, anew every few seconds, until Ctrl-C. Where stdout is no terminal, only what is new.

    draw: looks, and makes the text for this screen.
    """
    import shutil

    shown: str | None = None
    try:
        with _still(sys.stdout.isatty()):
            while True:
                begun = time.monotonic()
                text = draw(Screen.of(ascii))
                if sys.stdout.isatty():
                    click.echo(_frame(text, *shutil.get_terminal_size()), nl=False)
                elif text != shown:
                    click.echo(text if shown is None else f"\n{text}", nl=False)
                    sys.stdout.flush()
                shown = text
                time.sleep(max(EVERY, SHARE * (time.monotonic() - begun)))
    except KeyboardInterrupt:
        return  # That is how watching ends.


def _frame(text: str, columns: int, rows: int) -> str:
    """A text painted over the last one, cut to the screen below a line with the time."""
    clock = words.clock(time.time(), time.localtime().tm_gmtoff)
    lines = [f"{clock}  Ctrl-C ends"[:columns], "", *text.splitlines()]
    if len(lines) > rows - 1:
        more = len(lines) - rows + 2
        lines = [*lines[: rows - 2], f"{words.plural(more, 'more line')}"[:columns]]
    # Each line clears what is left of an older one, and the last what is below: nothing flickers.
    return "\x1b[H" + "".join(f"{line}\x1b[K\n" for line in lines) + "\x1b[J"


@contextmanager
def _still(terminal: bool) -> Iterator[None]:
    """A cleared screen without its cursor, as long as the context lasts."""
    if not terminal:
        yield
        return
    click.echo("\x1b[2J\x1b[?25l", nl=False)
    try:
        yield
    finally:
        click.echo("\x1b[?25h", nl=False)
