"""A file system on which some names stand of which nothing can be told."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest


@contextmanager
def sick(disk: Path, *names: str) -> Iterator[None]:
    """Mounted on that folder: an ext4 whose files of these names have lost their inodes. Only root can have it."""
    if os.geteuid() != 0 or not all(map(shutil.which, ("mkfs.ext4", "debugfs"))):
        pytest.skip("only root can mount file systems, and only e2fsprogs can spoil them")
    disk.mkdir(parents=True, exist_ok=True)
    image = disk.parent / f"{disk.name}.image"
    with image.open("wb") as file:
        file.truncate(8 << 20)
    _do("mkfs.ext4", "-q", str(image))
    with _mounted(image, disk):
        for name in names:
            (disk / name).write_bytes(b"lost")
        inodes = [(disk / name).stat().st_ino for name in names]
    for inode in inodes:
        _do("debugfs", "-w", "-R", f"clri <{inode}>", str(image))
    with _mounted(image, disk):
        yield


@contextmanager
def _mounted(image: Path, disk: Path) -> Iterator[None]:
    mount = ["mount", "-o", "loop", str(image), str(disk)]
    if subprocess.run(mount, check=False, capture_output=True, timeout=60).returncode != 0:
        pytest.skip("no file systems can be mounted here")
    try:
        yield
    finally:
        _do("umount", str(disk))


def _do(*argv: str) -> None:
    subprocess.run(argv, check=True, capture_output=True, timeout=60)
