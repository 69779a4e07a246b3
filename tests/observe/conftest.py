from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.real.conftest import importable, make, plot

__all__ = ["Mount", "importable", "make", "mount", "plot"]

Mount = Callable[..., Path]


@pytest.fixture
def mount(tmp_path: Path) -> Iterator[Mount]:
    """Mounts something; skips where this is not permitted."""
    places: list[Path] = []

    def make(place: Path, *options: str) -> Path:
        place.mkdir(exist_ok=True)
        done = subprocess.run(["mount", *options, str(place)], capture_output=True, check=False)
        if done.returncode:
            pytest.skip(f"cannot mount: {done.stderr.decode().strip()}")
        places.append(place)
        return place

    yield make
    for place in reversed(places):
        subprocess.run(["umount", "-l", str(place)], check=True)
