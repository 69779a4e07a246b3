"""What the words of programs mean that fail at a farmer: the C library's, in its C locale, and ssh's."""

from __future__ import annotations

from reconciler.transports.failure import (
    Broken,
    Failure,
    Full,
    HostKey,
    Login,
    Missing,
    Refused,
    Silent,
    Tool,
)

SIGNS: tuple[tuple[str, type[Failure]], ...] = (
    ("No space left on device", Full),
    ("Disk quota exceeded", Full),
    ("Disc quota exceeded", Full),
    ("Read-only file system", Refused),
    ("Permission denied", Refused),
    ("Operation not permitted", Refused),
    ("No such file or directory", Missing),
    ("Directory nonexistent", Missing),
    ("nonexistent directory", Missing),
    ("Not a directory", Missing),
    ("not found", Tool),
)
"""The first that is found counts."""

SSH: tuple[tuple[str, type[Failure]], ...] = (
    ("Host key verification failed", HostKey),
    ("HOST IDENTIFICATION HAS CHANGED", HostKey),
    ("Permission denied (", Login),
    ("Too many authentication failures", Login),
    ("Bad configuration option", Tool),
    ("Connection timed out", Silent),
    ("not responding", Silent),
)
"""Likewise of ssh, where it ends with 255; anything else there means that the farmer is away."""


def meaning(
    words: str, signs: tuple[tuple[str, type[Failure]], ...] = SIGNS, otherwise: type[Failure] = Broken
) -> type[Failure]:
    """The kind of failure that those words tell of."""
    return next((kind for sign, kind in signs if sign in words), otherwise)


def last_words(words: str) -> str:
    """The last line that says something, in one line."""
    lines = [line.strip() for line in words.replace("\r", "\n").splitlines() if line.strip()]
    return lines[-1] if lines else "it said nothing"
