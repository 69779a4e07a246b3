"""The reference plotter, really run: its argv, its log, its files and its room are as the definition says."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TypeAlias

import pytest

from reconciler.plotters import Order, Plotter, Plotters
from reconciler.plotters.names import parse
from reconciler.state import Phase
from tests.real.sight import state as state_of

pytest.importorskip("chiapos")
DEADLINE = 60


def sizes(*folders: Path) -> Iterator[int]:
    """What lies in each folder, in bytes."""
    for folder in folders:
        total = 0
        for entry in os.scandir(folder):
            try:
                stat = entry.stat()
            except FileNotFoundError:
                continue
            total += max(stat.st_size, stat.st_blocks * 512)
        yield total


Sight: TypeAlias = tuple[Phase | None, list[int], set[str]]


def play(plotter: Plotter, argv: Sequence[str], folder: Path, *watched: Path) -> list[Sight]:
    """Run a job to its end, and tell what was seen meanwhile: phase by its log, room taken, names of files."""
    log = folder / "job.log"
    seen = []
    with (
        log.open("wb") as out,
        subprocess.Popen(argv, stdout=out, stderr=out) as process,
        log.open("rb") as read,
    ):
        state = plotter.begin()
        until = time.monotonic() + DEADLINE
        while process.poll() is None:
            assert time.monotonic() < until, "the plotter did not end"
            # It stands still while it is looked at.
            process.send_signal(signal.SIGSTOP)
            while state_of(process.pid) not in ("T", "Z", ""):
                time.sleep(0.001)
            taken = list(sizes(*watched))
            files = {name for each in watched for name in os.listdir(each)}
            state = plotter.fold(state, read.read())
            seen.append((state.plots[-1].phase if state.plots else None, taken, files))
            process.send_signal(signal.SIGCONT)
            time.sleep(0.005)
    assert process.returncode == 0, log.read_text(encoding="utf-8", errors="replace")[-1000:]
    return seen


@pytest.fixture
def folders(tmp_path: Path) -> tuple[Path, Path, Path]:
    made = tmp_path / "t1", tmp_path / "t2", tmp_path / "dst"
    for folder in made:
        folder.mkdir()
    return made


@pytest.mark.parametrize("second", [False, True])
def test_a_job_is_as_its_definition_says(
    plotters: Plotters, tmp_path: Path, folders: tuple[Path, Path, Path], second: bool
) -> None:
    plotter = plotters["chiapos"]
    tmp, tmp2, dst = folders
    order = Order(
        k=18,
        tmp=str(tmp),
        tmp2=str(tmp2) if second else None,
        dst=str(dst),
        farmer_key="ab" * 48,
        contract="xch1any",
        options={"threads": 1, "buckets": 16},
    )
    argv = plotter.build(order)
    seen = play(plotter, argv, tmp_path, tmp, tmp2)
    while len({phase for phase, _, _ in seen}) < 10:
        # No log lags so far that its phases could not be told apart; but who looks may have been too busy.
        for made in dst.iterdir():
            made.unlink()
        seen = play(plotter, argv, tmp_path, tmp, tmp2)

    (plot,) = plotter.fold(plotter.begin(), (tmp_path / "job.log").read_bytes()).plots
    assert (plot.k, plot.tmp_dir, plot.dst_dir) == (18, str(tmp), str(dst))
    assert plot.delivered
    assert plot.error is None
    (name,) = os.listdir(dst)
    assert plot.final_plot == str(dst / name)
    parsed = parse(name)
    assert parsed is not None
    assert (parsed.k, parsed.plot_id, parsed.temporary) == (18, plot.plot_id, False)
    low, high = plotter.band(18)
    assert low <= (dst / name).stat().st_size <= high
    assert not os.listdir(tmp)
    assert not os.listdir(tmp2)

    # Every temporary file is known, and as this plot's.
    for _, _, files in seen:
        for file in files:
            found = plotter.temp(file)
            assert parse(file) == parsed or (found is not None and found.plot_id == plot.plot_id), file

    # No job takes more than it is said to.
    peak = plotter.peak(18, second)
    for at in (0, 1):
        later = 0
        for phase, taken, _ in reversed(seen):
            later = max(later, taken[at])
            growth = plotter.growth(18, phase, second)
            assert later <= (peak.tmp, peak.tmp2)[at]
            assert later - taken[at] <= (growth.tmp, growth.tmp2)[at], phase


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    argv = [sys.executable, "-m", "reconciler.plotters.chiapos", "create", *arguments]
    return subprocess.run(argv, capture_output=True, text=True, timeout=DEADLINE, check=False)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["-k", "17", "-t", "{t}", "-d", "{d}"], "chiapos takes 18 to 50"),
        (["-k", "18", "-t", "{t}/none", "-d", "{d}"], "{t}/none is no directory; make it first"),
        (["-k", "18", "-t", "{t}", "-d", "{d}/none"], "{d}/none is no directory; make it first"),
        (["-k", "18", "-t", "{t}", "-2", "{t}/none", "-d", "{d}"], "{t}/none is no directory; make it first"),
        (["-k", "18", "-t", "{t}", "-d", "{d}", "-f", "abc"], "96 hexadecimal digits"),
        (["-k", "18", "-t", "{t}", "-d", "{d}", "-u", "128"], "a plot of k 18 takes 16 to 32"),
    ],
)
def test_what_cannot_be_is_said_at_once(
    folders: tuple[Path, Path, Path], arguments: list[str], says: str
) -> None:
    names = {"t": str(folders[0]), "d": str(folders[2])}
    done = run(*(argument.format(**names) for argument in arguments))
    assert done.returncode == 1
    assert says.format(**names) in done.stderr
    assert done.stderr.startswith("Error: ")
    assert not os.listdir(folders[0])


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_directory_that_is_not_writable_is_told(folders: tuple[Path, Path, Path]) -> None:
    folders[2].chmod(0o500)
    done = run("-k", "18", "-t", str(folders[0]), "-d", str(folders[2]))
    assert done.returncode == 1
    assert "is not writable" in done.stderr


def test_what_the_plotter_gives_up_on_is_an_error_in_its_log(
    plotters: Plotters, folders: tuple[Path, Path, Path]
) -> None:
    done = run("-k", "22", "-t", str(folders[0]), "-d", str(folders[2]), "-b", "10", "-u", "16")
    (plot,) = (
        plotters["chiapos"].fold(plotters["chiapos"].begin(), (done.stdout + done.stderr).encode()).plots
    )
    assert done.returncode == 1
    assert "chiapos gave up" in done.stderr
    assert plot.error is not None
    assert plot.error.startswith("Not enough memory for sort in memory.")
    assert not plot.delivered


def test_it_starts_without_the_heavy_imports() -> None:
    code = "import sys, reconciler.plotters.chiapos as program; print(sorted(sys.modules))"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=DEADLINE, check=True
    )
    for heavy in ("pydantic", "yaml", "chiapos'", "subprocess"):
        assert heavy not in done.stdout.replace("reconciler.plotters.chiapos'", "")
