"""Desired against observed State, leaf by leaf."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import fields

from reconciler.drift import Change
from reconciler.leaves import Leaf
from reconciler.views import words
from reconciler.views.table import table

FEW = 3
"""Items of a list that are still shown one by one."""


def text(changes: Sequence[Change]) -> str:
    """One line a leaf: where it is in State, as observed, as desired."""
    if not changes:
        return "No differences: all that is governed is as it should be.\n"
    lines = table(row for change in changes for row in _rows(change))
    return "\n".join(("observed -> desired", "", *(f"  {line}" for line in lines))) + "\n"


def _rows(change: Change) -> Iterator[tuple[str, str]]:
    path = words.clean(change.path)
    if change.old is None or change.new is None:
        yield path, f"{_shown(change.old)} -> {_shown(change.new)}"
        return
    for part, old, new in change.parts:
        yield f"{path}.{words.clean(part)}", f"{words.clean(old)} -> {words.clean(new)}"


def _shown(leaf: Leaf | None) -> str:
    if leaf is None:
        return "absent"
    values = ((field.name, getattr(leaf, field.name)) for field in fields(leaf))
    return "{" + ", ".join(f"{name}: {_value(value)}" for name, value in values if value is not None) + "}"


def _value(value: object) -> str:
    if not isinstance(value, tuple):
        return words.clean(str(value))
    if len(value) > FEW:
        return f"{len(value)} of them"
    return f"[{', '.join(words.clean(str(each)) for each in value)}]"
