"""One value as people read it."""

from __future__ import annotations

import re
from datetime import UTC, datetime

from reconciler.plotters import names
from reconciler.spec.units import show_duration, show_size
from reconciler.state import Fact, Job, Known, T
from reconciler.views.symbols import Symbols

SHORT = 8
"""Characters of an id that are shown."""


_SECRET = re.compile(r"\b((?:0x)?[0-9a-fA-F]{80,}|t?xch1[02-9ac-hj-np-z]{20,})", re.ASCII)


def clean(text: str) -> str:
    """Text that came from outside, fit to be shown.

    What a terminal would obey or could not show becomes "?"; keys (96 hex digits) and contract addresses
    keep their first 10 characters only. A plot id, of 64 hex digits, is no secret.
    """
    if not text.isprintable():
        text = "".join(letter if letter.isprintable() else "?" for letter in text)
    return shorten(text)


def shorten(text: str) -> str:
    """Text in which keys and contract addresses keep their first 10 characters only."""
    return _SECRET.sub(lambda found: f"{found[0][:10]}...", text)


def job_id(job: Job) -> str:
    """8 characters: the plot id's, before it is known the job id's."""
    return (job.plot_id.value if isinstance(job.plot_id, Known) else job.id)[:SHORT]


def plot_name(name: str, symbols: Symbols) -> str:
    """``plot-k32-…-9ab1c2d3``: a plot's file name without its date and most of its id."""
    found = names.parse(name)
    if found is None:
        return clean(name)
    return f"plot-k{found.k}-{symbols.cut}-{found.plot_id[:SHORT]}"


def plot_id(name: str) -> str:
    """8 characters of the plot id in a plot's file name, or of the name where it has none."""
    found = names.parse(name)
    return clean(found.plot_id if found is not None else name)[:SHORT]


def clock(at: float, utc_offset: int) -> str:
    """The local time of day of a wall clock: ``23:41:07``."""
    return datetime.fromtimestamp(at + utc_offset, UTC).strftime("%H:%M:%S")


def date(at: float, utc_offset: int) -> str:
    """The local date and time of a wall clock: ``2026-11-22 23:41:07``."""
    return datetime.fromtimestamp(at + utc_offset, UTC).strftime("%Y-%m-%d %H:%M:%S")


def hours(seconds: float) -> str:
    """Seconds in few columns: ``14s``, else hours and minutes as ``31:05``."""
    whole = int(seconds)
    return f"{whole}s" if whole < 60 else f"{whole // 3600}:{whole // 60 % 60:02}"


def size(count: int) -> str:
    """Bytes as one word: ``108.8GB``."""
    return show_size(count).replace(" ", "")


def known(fact: Fact[T], otherwise: str) -> str:
    """A fact's value as text; otherwise, where it is not known."""
    return clean(str(fact.value)) if isinstance(fact, Known) else otherwise


def rule(name: str) -> str:
    """A rule's name in words: ``phase stagger``."""
    return name.replace("_", " ")


def waits(text: str, next_at: float | None, now: float) -> str:
    """A reason to wait, and for how long at least; most rules say so themselves. next_at, now: wall clock."""
    shown = clean(text)
    if next_at is None:
        return shown
    left = show_duration(next_at - now)
    return shown if left in shown else f"{shown}; in {left}"


def plural(count: int, noun: str) -> str:
    """``1 job``, ``2 jobs``."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"
