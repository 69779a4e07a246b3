from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from reconciler.transports import TRANSPORTS
from tests.transports.farm import Farm


@pytest.fixture(params=sorted(TRANSPORTS))
def farm(request: pytest.FixtureRequest, tmp_path: Path) -> Farm:
    for folder in ("dst", "disk", "logs"):
        (tmp_path / folder).mkdir()
    return Farm(tmp_path / "dst", tmp_path / "disk", tmp_path / "logs", request.param)


@pytest.fixture(params=["tmpfs", "ext4", "ext2"])
def small(request: pytest.FixtureRequest, farm: Farm, tmp_path: Path) -> Iterator[Farm]:
    """A farm whose disk is a file system of 8 MB; that of ext2 cannot take room ahead."""
    kind = request.param
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
    subprocess.run(["umount", str(farm.disk)], check=True, timeout=20)


def _run(*argv: str) -> bool:
    if os.geteuid() != 0 or shutil.which(argv[0]) is None:
        return False
    return subprocess.run(argv, capture_output=True, check=False, timeout=20).returncode == 0
