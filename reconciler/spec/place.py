"""Which spec is meant where a command is given none."""

from __future__ import annotations

from collections.abc import Mapping

import platformdirs

VARIABLE = "PLOTMAN_SPEC"


def spec_path(given: str | None, env: Mapping[str, str]) -> str:
    """The path of the spec: what the command line gives, else $PLOTMAN_SPEC, else the platform's place."""
    return given or env.get(VARIABLE) or default_path()


def default_path() -> str:
    """The platform's place for the spec, such as ``~/.config/plotman/plotman.yaml``."""
    return str(platformdirs.user_config_path("plotman") / "plotman.yaml")


def default_logs() -> str:
    """The platform's place for job logs, such as ``~/.local/share/plotman/logs``."""
    return str(platformdirs.user_data_path("plotman") / "logs")
