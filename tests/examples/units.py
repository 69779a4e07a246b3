"""Unit files as systemd reads them, as far as these tests need."""

from __future__ import annotations

import shlex
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path

SYSTEMD = Path(__file__).parents[2] / "examples" / "systemd"
PROGRAM = "/opt/plotman/bin/plotman"

Unit = Mapping[str, list[str]]
"""The values of each key by ``Section.Key``, in order; an empty one clears those before it."""


def unit(*paths: Path) -> Unit:
    """A unit and its drop-ins."""
    found: dict[str, list[str]] = defaultdict(list)
    for path in paths:
        section = ""
        for line in path.read_text().replace("\\\n", " ").splitlines():
            key, equals, value = line.partition("=")
            if line.startswith("["):
                section = line.strip("[]")
            elif equals and not line.startswith("#"):
                name = f"{section}.{key.strip()}"
                found[name] = [*found[name], value.strip()] if value.strip() else []
    return found


def command(found: Unit) -> list[str]:
    """The arguments of its program."""
    (line,) = found["Service.ExecStart"]
    program, *arguments = shlex.split(line)
    assert program == PROGRAM
    return arguments


def environment(found: Unit) -> dict[str, str]:
    """What it sets, each name by its last value."""
    return dict(value.split("=", 1) for value in found["Service.Environment"])
