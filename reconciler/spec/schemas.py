"""The published schemas, and where they lie."""

from __future__ import annotations

import functools
import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path


@functools.cache
def published(name: str) -> dict[str, Any]:
    """The published schema of that name, from the installed package or else the checkout's schemas folder.

    Raises FileNotFoundError where there is none of that name.
    """
    from importlib import resources

    installed = resources.files("reconciler") / "schemas" / f"{name}.schema.json"
    place = installed if installed.is_file() else folder() / f"{name}.schema.json"
    schema: dict[str, Any] = json.loads(place.read_text(encoding="utf-8"))
    return schema


def folder() -> Path:
    """The checkout's folder of published schemas."""
    from pathlib import Path

    return Path(__file__).parents[2] / "schemas"
