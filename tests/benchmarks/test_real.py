"""What `real` measures holds of a short run, too: left to itself the tool loses nothing and comes to an end."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys

import pytest

from tests.benchmarks import real

PLOTS = 8


def _namespaces() -> bool:
    """Can they be made here?"""
    rights = [] if os.geteuid() == 0 else ["--map-root-user"]
    unshare = ["unshare", *rights, "--pid", "--fork", "--mount-proc", "true"]
    return shutil.which("unshare") is not None and subprocess.run(unshare, check=False).returncode == 0


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.xdist_group("plotting")
def test_left_to_the_tool_every_job_on_small_tmp_directories_makes_a_whole_plot() -> None:
    if not _namespaces():
        pytest.skip("no namespaces can be made here")
    words = ["--k", "18", "--plots", str(PLOTS), "--repeats", "1", real.AUTO]
    argv = [sys.executable, "-m", "tests.benchmarks.real", *words]
    ran = subprocess.run(argv, cwd=real.REPOSITORY, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    row = next(line.split() for line in ran.stdout.splitlines() if real.AUTO in line)
    assert row[3:6] == [str(PLOTS), "0", "0"], ran.stdout
