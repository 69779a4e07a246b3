"""A machine as the text of its document, for a person to correct."""

from __future__ import annotations

from collections.abc import Sequence

from reconciler.description.machine import MachineDescription
from reconciler.spec import writing
from reconciler.spec.tree import Path, Value
from reconciler.spec.writing import Comment


def to_yaml(described: MachineDescription, notes: Sequence[str] = ()) -> str:
    """The document; `parse_machine` reads the same machine from it. notes: a line each, above all else."""
    value: Value = writing.document(described)
    comments: dict[Path, Comment] = {("version",): Comment(above=tuple(notes))} if notes else {}
    return writing.write(value, comments)
