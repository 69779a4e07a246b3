"""Which spec is meant where a command is given none, and where this user's files lie."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from typing import Literal

VARIABLE = "PLOTMAN_SPEC"
SOURCE = "/etc/plotman/source.yaml"
"""Where a host says which repository it follows."""


def spec_path(given: str | None, env: Mapping[str, str]) -> str:
    """The path of the spec, or of the source document that stands for it.

    What the command line gives, else $PLOTMAN_SPEC, else the platform's place; where nothing is there, this host's
    source document, if it has one.
    """
    if named := given or env.get(VARIABLE):
        return named
    path = default_path()
    return SOURCE if not os.path.exists(path) and os.path.exists(SOURCE) else path


def default_path() -> str:
    """The platform's place for the spec, such as ``~/.config/plotman/plotman.yaml``."""
    return os.path.join(user_folder("config"), "plotman.yaml")


def default_logs() -> str:
    """The platform's place for job logs, such as ``~/.local/share/plotman/logs``."""
    return os.path.join(user_folder("data"), "logs")


def user_folder(kind: Literal["cache", "config", "data"]) -> str:
    """The platform's place for this user's files of that kind, such as ``~/.cache/plotman``.

    On Linux as the XDG base directory specification 0.8 says it. Elsewhere, and there too, so does platformdirs, whose
    import takes longer than a command takes to read what lies in its cache.
    """
    if sys.platform != "linux":
        import platformdirs

        return str(getattr(platformdirs, f"user_{kind}_path")("plotman"))
    said = os.environ.get(f"XDG_{kind.upper()}_HOME", "")
    return os.path.join(said if os.path.isabs(said) else os.path.expanduser(_XDG[kind]), "plotman")


_XDG = {"cache": "~/.cache", "config": "~/.config", "data": "~/.local/share"}
