from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from .farm import MODULE, ROOT, Farm

Make = Callable[..., Farm]


@pytest.fixture(autouse=True, scope="session")
def importable() -> Iterator[None]:
    """Jobs and movers run below "/": they find this checkout though it may not be installed."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", f"{ROOT}{os.pathsep}{os.environ.get('PYTHONPATH', '')}".rstrip(os.pathsep))
        yield


@pytest.fixture
def make(tmp_path: Path) -> Iterator[Make]:
    """Makes farms; what they started is ended after the test."""
    farms: list[Farm] = []

    def build(name: str = "", **changes: Any) -> Farm:
        root = tmp_path / name
        root.mkdir(exist_ok=True)
        farms.append(Farm(root, **changes))
        return farms[-1]

    yield build
    for farm in farms:
        farm.close()


@pytest.fixture(scope="session")
def plot(importable: None, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A real plot of k 18."""
    folder = tmp_path_factory.mktemp("plot")
    argv = [
        sys.executable,
        "-m",
        MODULE,
        "create",
        "-k",
        "18",
        "-r",
        "1",
        "-t",
        str(folder),
        "-d",
        str(folder),
    ]
    with (folder / "log").open("wb") as log:
        subprocess.run(argv, check=True, stdout=log, stderr=log)
    return next(folder.glob("*.plot"))
