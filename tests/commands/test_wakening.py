"""File events end the sleep of a real loop, whose ticks are an hour apart."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from reconciler.machine.watching import AVAILABLE
from reconciler.plotters import Plotters
from tests.heads import format_1

from .conftest import DEADLINE, Scratch, wait_for

ROOT = Path(__file__).parents[2]
DAY = 86400

pytestmark = pytest.mark.skipif(not AVAILABLE, reason="this system has no inotify")


def plot(folder: Path, number: int) -> Path:
    """A whole plot that nobody has touched for a day."""
    plot_id = f"{number:064x}"
    path = folder / f"plot-k18-2026-01-01-00-00-{plot_id}.plot"
    with path.open("wb") as file:
        file.write(format_1(plot_id, 18))
        file.truncate(Plotters.load()["chia"].final_bytes(18))
    age = path.stat().st_mtime - DAY
    os.utime(path, (age, age))
    return path


def test_a_plot_that_is_moved_in_by_hand_is_archived_at_once_and_a_changed_spec_is_read_at_once(
    scratch: Scratch,
) -> None:
    spec = scratch.spec.read_text().replace("scheduling: {", "scheduling: {tick: 1h, ")
    scratch.spec.write_text(spec)
    dst, farm, told = scratch.root / "dst" / "00", scratch.root / "farm", scratch.root / "told"
    first, second = plot(scratch.root, 1), plot(scratch.root, 2)
    command = [sys.executable, "-m", "reconciler", "archive"]
    # What moves a plot is a process of its own, in another folder.
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    with told.open("w") as out, subprocess.Popen(command, stdout=out, env=env) as loop:
        try:
            wait_for((scratch.root / "logs" / "state" / "archiving.wake").exists)
            first.rename(dst / first.name)

            def arrived() -> bool:
                # Until the loop watches the folder, it may miss what happens there.
                (dst / "probe").write_text("")
                return (farm / first.name).exists() and not (dst / first.name).exists()

            wait_for(arrived)
            second.rename(dst / second.name)
            wait_for((farm / second.name).exists)
            draft = scratch.root / "draft"
            draft.write_text(f"{spec}nonsense: 1\n")
            draft.rename(scratch.spec)
            wait_for(lambda: "nonsense" in told.read_text())
            loop.terminate()
            loop.wait(DEADLINE)
        except BaseException:
            loop.kill()
            raise
    assert loop.returncode == 0
