"""What came of a program, here or at a farmer."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple, TypeAlias

Waiting: TypeAlias = Callable[[], None]
"""Called about once a second while a program is waited for; what it raises ends the waiting and the program."""

TICK = 1.0
"""Seconds between two such calls."""


class Ran(NamedTuple):
    """code: its exit code; out, err: what it printed, undecodable bytes as surrogates."""

    code: int
    out: str
    err: str
