from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import pytest

from tests.transports.farm import Farm, until
from tests.transports.ways import SETUPS, Servers

PARTED = sorted(name for name, setup in SETUPS.items() if setup.parts)
SMALL = [("local", "tmpfs"), ("local", "ext4"), ("local", "ext2")]
SMALL += [(name, "tmpfs") for name in PARTED if name != "local"]


ALIKE = {"rsyncd", "command"}
"""Setups that differ from rsync by the program alone."""
THOROUGH = {"test_crashes.py", "test_faults.py"}
"""Where these are run with the slow tests; the contract holds for every setup, always."""


def pytest_itemcollected(item: pytest.Item) -> None:
    """Kills and faults at every step, of every setup, take minutes."""
    callspec = getattr(item, "callspec", None)
    params = set(map(str, callspec.params.values())) if callspec is not None else set()
    if item.path.name in THOROUGH and params & ALIKE:
        item.add_marker(pytest.mark.slow)


@pytest.fixture(scope="session")
def far(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Servers]:
    """The farmer's servers."""
    with ExitStack() as ending:
        yield Servers(tmp_path_factory.mktemp("servers"), ending)


@pytest.fixture(params=sorted(SETUPS))
def farm(request: pytest.FixtureRequest, tmp_path: Path, far: Servers) -> Farm:
    return make(tmp_path, request.param, far)


@pytest.fixture(params=PARTED)
def parted(request: pytest.FixtureRequest, tmp_path: Path, far: Servers) -> Farm:
    """One whose copy is a part file of ours first."""
    return make(tmp_path, request.param, far)


@pytest.fixture
def here(tmp_path: Path, far: Servers) -> Farm:
    """One whose disk is this machine's: for what only `local.py` can do, or does not matter where."""
    return make(tmp_path, "local", far)


@pytest.fixture(params=SMALL, ids="-".join)
def small(request: pytest.FixtureRequest, tmp_path: Path, far: Servers) -> Iterator[Farm]:
    """One whose disk is a file system of 8 MB; that of ext2 cannot take room ahead."""
    name, kind = request.param
    farm = make(tmp_path, name, far)
    if kind == "tmpfs":
        made = _run("mount", "-t", "tmpfs", "-o", "size=8000k", "none", str(farm.disk))
    else:
        image = tmp_path / "image"
        with image.open("wb") as file:
            file.truncate(8_192_000)
        made = _run(f"mkfs.{kind}", "-q", "-m", "0", str(image))
        made = made and _run("mount", "-o", "loop", str(image), str(farm.disk))
    if not made:
        pytest.skip(f"{kind} cannot be made or mounted here")
    yield replace(farm, kind=kind)
    until(lambda: _run("umount", str(farm.disk)))


def make(root: Path, name: str, far: Servers) -> Farm:
    """A farm in that folder, by its name in SETUPS."""
    for folder in ("dst", "disk", "logs"):
        (root / folder).mkdir()
    setup = SETUPS[name]
    return Farm(root / "dst", root / "disk", root / "logs", setup, setup.way(far))


def _run(*argv: str) -> bool:
    if os.geteuid() != 0 or shutil.which(argv[0]) is None:
        return False
    return subprocess.run(argv, capture_output=True, check=False, timeout=60).returncode == 0
