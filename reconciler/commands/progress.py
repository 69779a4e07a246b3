"""How far long work is, on stderr; only where that is a terminal."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

LONG = 64 << 20
"""Bytes whose reading is long work; less than a second, and a bar would only flicker."""


@contextmanager
def progress(what: str, total: int) -> Iterator[Callable[[int], None]]:
    """What to tell each count of bytes that is done. what: "reading 12 logs"; total: bytes in all."""
    if total < LONG or not sys.stderr.isatty():
        yield lambda count: None  # noqa: ARG005 - nobody looks
        return
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(what, total=total)
        yield lambda count: bar.advance(task, count)
