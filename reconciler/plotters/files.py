"""Where the definitions of plotters lie."""

from __future__ import annotations

import os
from collections.abc import Sequence

PACKAGED = os.path.join(os.path.dirname(os.path.abspath(__file__)), "definitions")
"""The folder of the definitions that come with this package."""


def files(folders: Sequence[str]) -> list[str]:
    """Their files, the packaged ones first; a folder that does not exist holds none."""
    return [file for folder in (PACKAGED, *folders) for file in _files(folder)]


def _files(folder: str) -> list[str]:
    try:
        names = sorted(os.listdir(folder))
    except (FileNotFoundError, NotADirectoryError):
        return []
    return [os.path.join(folder, name) for name in names if name.endswith((".yaml", ".yml"))]
