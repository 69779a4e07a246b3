"""Which spec is meant where a command is given none."""

from __future__ import annotations

import os
from collections.abc import Mapping

import platformdirs

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
    return str(platformdirs.user_config_path("plotman") / "plotman.yaml")


def default_logs() -> str:
    """The platform's place for job logs, such as ``~/.local/share/plotman/logs``."""
    return str(platformdirs.user_data_path("plotman") / "logs")
