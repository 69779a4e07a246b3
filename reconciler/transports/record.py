"""Reading a mover's log back: how far it got, and how it ended.

Each line that tells something is one JSON object, ``{"step": …, "done": …, "bytes": …, "at": …}`` or
``{"outcome": …, "kind": …, "error": …, "at": …}``. The first line of the log, tracebacks and whatever else
stands there are passed over, so a damaged log reads as one that tells less.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import replace
from typing import Literal, TypeAlias

from reconciler.noun import noun

Raw: TypeAlias = bytes

LONGEST = 65536
"""Bytes of the longest line that is kept while its end is not there yet."""


@noun(kw_only=True)
class TransferLog:
    """What a log has told so far.

    outcome: None: the mover had not come to its end.
    bytes, done: the plot's size, and how much of it stands at the target.
    step: the last that was taken; at: wall clock of the last line; ended: that of the outcome.
    kind, error: of a failure: its stable name (``contract.py``), and plain words.
    rest: the beginning of a line whose end was not there yet.
    """

    outcome: Literal["finished", "failed"] | None = None
    step: str = ""
    done: int = 0
    bytes: int = 0
    at: float | None = None
    ended: float | None = None
    kind: str | None = None
    error: str | None = None
    rest: Raw = b""


def fold(state: TransferLog, data: Raw) -> TransferLog:
    """The state after more of the log; never raises.

    However the log is cut into chunks, the end is the same.
    """
    *lines, rest = (state.rest + data).split(b"\n")
    for line in lines:
        state = _line(state, line)
    # Of a line too long to be ours one byte more than the limit is enough to know it by.
    rest = rest[: LONGEST + 1]
    return state if rest == state.rest else replace(state, rest=rest)


def _line(state: TransferLog, line: Raw) -> TransferLog:
    if len(line) > LONGEST or not line.startswith(b"{"):
        return state
    try:
        told = json.loads(line)
    except (ValueError, RecursionError):
        return state
    if not isinstance(told, dict):
        return state
    at = _time(told, state.at)
    outcome = told.get("outcome")
    if outcome == "finished":
        return replace(state, outcome="finished", at=at, ended=at, kind=None, error=None)
    if outcome == "failed":
        kind, error = _text(told, "kind", "fault"), _text(told, "error", "")
        return replace(state, outcome="failed", at=at, ended=at, kind=kind, error=error)
    if step := _text(told, "step", ""):
        done, size = _count(told, "done", state.done), _count(told, "bytes", state.bytes)
        return replace(state, step=step, at=at, done=done, bytes=size)
    return state


def _count(told: Mapping[str, object], key: str, otherwise: int) -> int:
    value = told.get(key)
    return value if type(value) is int and 0 <= value < 1 << 63 else otherwise


def _time(told: Mapping[str, object], otherwise: float | None) -> float | None:
    value = told.get("at")
    if isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1e15:
        return float(value) if math.isfinite(value) else otherwise
    return otherwise


def _text(told: Mapping[str, object], key: str, otherwise: str) -> str:
    value = told.get(key)
    return value if isinstance(value, str) else otherwise
