"""The real `chia plots create`, from its start by `plotman apply` to the plot at the farmer. Takes minutes.

$PLOTMAN_CHIA names the executable of chia-blockchain; left out, the package is installed for this test.
"""

from __future__ import annotations

import os
import signal
import subprocess
import venv
from itertools import pairwise
from pathlib import Path

import pytest

from reconciler.state import Job, Known

from .conftest import Make
from .farm import Farm
from .sight import state, until, whole

PACKAGE = "chia-blockchain>=2.5,<2.8"
KEY = (
    "97f1d3a73197d7942695638c4fa9ac0fc3688c4f9774b905a14e3a3f171bac586c55e83ff97a1aeffb3af00adb22c6bb"
)
"""The generator of BLS12-381's G1: a public key like any other, whose secret key is 1."""
LONG = 3000.0
"""Seconds that a plot of k 25 may take on a slow machine."""


@pytest.fixture(scope="session")
def chia(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The executable."""
    given = os.environ.get("PLOTMAN_CHIA")
    if given:
        return given
    folder = tmp_path_factory.mktemp("chia")
    venv.create(folder, with_pip=True)
    install = [folder / "bin" / "python", "-m", "pip", "install", "-q", PACKAGE]
    done = subprocess.run(install, capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(f"cannot install {PACKAGE}: {done.stderr.strip()[-500:]}")
    return str(folder / "bin" / "chia")


@pytest.fixture
def home(chia: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home of its own, which the loop hands on to its jobs."""
    home = tmp_path / "home"
    home.mkdir()
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("CHIA_ROOT", str(home / "chia"))
    subprocess.run([chia, "init"], check=True, capture_output=True)
    return home


@pytest.mark.slow
@pytest.mark.timeout(LONG + 900)
@pytest.mark.usefixtures("home")
def test_a_plot_of_chia_is_made_suspended_resumed_and_archived(make: Make, chia: str) -> None:
    farm = make(
        tmps=1,
        plotting={
            "plotter": "chia",
            "executable": chia,
            "k": 25,
            "keys": {"farmer": KEY, "pool": KEY},
            "options": {"threads": 2, "buffer": 1000},
            "stop_after": 1,
        },
        scheduling={"tick": "2s"},
    )
    told = farm.says("config", "validate", "--live", str(farm.path))
    assert "1 valid" in told and "not known to be chia" not in told
    loop = farm.command("apply")
    until(lambda: any(isinstance(job.plot_id, Known) for job in farm.jobs()))
    job = only(farm)
    assert job.ident is not None
    assert (job.plotter, job.ours, job.k) == ("chia", True, Known(25))

    farm.says("suspend", job.id)
    assert state(job.ident.pid) == "T"
    assert only(farm).health == "suspended"
    farm.says("resume", job.id)
    until(lambda: state(job.ident.pid) in ("R", "S", "D") if job.ident is not None else True)
    assert only(farm).run == "running"

    majors: list[int] = []
    until(lambda: followed(farm, majors), LONG)
    assert majors == sorted(majors)
    assert {1, 2, 3, 4} <= set(majors)
    until(farm.stored)
    until(lambda: not farm.running("move"))
    assert loop.ended(signal.SIGTERM) == 0
    name = farm.stored()[0]
    assert isinstance(job.plot_id, Known) and job.plot_id.value in name
    assert farm.left() == []
    assert all(whole(path) for disk in farm.disks for path in disk.iterdir())
    start = farm.starts()[0]
    assert (start.outcome, start.plot, start.error) == ("finished", name, None)
    assert len(start.milestones) == 4
    assert all(early < late for early, late in pairwise(start.milestones))


def only(farm: Farm) -> Job:
    """The one job that runs."""
    (job,) = farm.jobs()
    return job


def followed(farm: Farm, majors: list[int]) -> bool:
    """Is the job over? Until then, note each major phase that it is seen in."""
    jobs = farm.jobs()
    for job in jobs:
        if isinstance(job.phase, Known) and job.phase.value.major not in majors[-1:]:
            majors.append(job.phase.value.major)
    return not jobs
