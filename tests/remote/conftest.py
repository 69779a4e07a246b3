"""Farmers with disks of an exact size."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.sshd import Server, serve

QUICK = ("SetEnv SHLVL=1",)
"""bash takes that for a shell within a shell, and spares us the user's own start-up files."""

Mount = Callable[[Path, str], None]

PLOT_ID = "0123456789abcdef" * 4
PLOT = f"plot-k32-2026-11-21-23-24-{PLOT_ID}.plot"


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    with serve(tmp_path / "sshd", lines=QUICK) as running:
        yield running


@pytest.fixture
def mount() -> Iterator[Mount]:
    """Mounts an empty file system of that size somewhere; only root can."""
    mounted: list[Path] = []

    def tmpfs(path: Path, size: str) -> None:
        if os.geteuid() != 0:
            pytest.skip("only root can mount file systems")
        path.mkdir(parents=True, exist_ok=True)
        done = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "farm", str(path)], check=False)
        if done.returncode != 0:
            pytest.skip("no file systems can be mounted here")
        mounted.append(path)

    yield tmpfs
    for path in reversed(mounted):
        # A test may have unmounted it.
        subprocess.run(["umount", "-l", str(path)], check=False, stderr=subprocess.DEVNULL)
