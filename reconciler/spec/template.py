"""The default spec: every key with its default, explained by the models' own descriptions."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from typing import Any

from reconciler.spec import writing
from reconciler.spec.models import Directories, Logs, PlainDirectory, Plotting, Spec, TmpDirectory
from reconciler.spec.tree import Value

_HEAD = (
    "The farm as it shall be: `plotman config validate` checks this file; `plotman plan` shows its effect.",
    "Sizes and durations carry their unit: 20GB, 64MiB, 90s, 1h30m, 365d. A key left out has its default.",
    "What has no default is shown as an example, commented out.",
)
_WIDTH = 100


def default_spec(logs: str) -> str:
    """A commented spec to begin with, which loads as it stands. logs: the directory for job logs."""
    directories = Directories(
        tmp=(TmpDirectory(path="/mnt/tmp/00"),),
        dst=(PlainDirectory(path="/mnt/dst/00"),),
        logs=Logs(path=logs),
    )
    spec = Spec(version=3, directories=directories, plotting=Plotting())
    lines = [*(f"# {line}" for line in _HEAD), *_lines(spec)]
    return "".join(f"{line}\n" for line in lines)


def _lines(value: Any) -> Iterator[str]:
    """A mapping's lines, each key below its description."""
    shown = writing.document(value, defaults=True)
    for about in fields(value):
        name = about.name
        if isinstance(value, Spec):
            yield ""
        yield from (f"# {line}" for line in textwrap.wrap(about.metadata["description"], _WIDTH))
        child = getattr(value, name)
        if _says_nothing(shown.get(name)):
            example = writing.write({name: about.metadata.get("examples", ["..."])[0]})
            yield from (f"# {line}" for line in example.splitlines())
        elif is_dataclass(child):
            yield f"{name}:"
            yield from (f"  {line}" for line in _lines(child))
        else:
            yield from writing.write({name: shown[name]}).splitlines()


def _says_nothing(value: Value) -> bool:
    """Is there nothing in it that could be written down as a default?"""
    return all(map(_says_nothing, value.values())) if isinstance(value, dict) else value in (None, [])
