"""chia: the real `chia plots create`, and `chia plotters madmax`, whose parent and child are one job.

The first is slow. $PLOTMAN_CHIA names the executable of chia-blockchain; left out, the package is installed.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import venv
from itertools import pairwise
from pathlib import Path

import pytest

from reconciler.plotters.plotter import SampleLine
from reconciler.state import Job, Known, Phase

from .conftest import Make
from .driver import plotters
from .farm import Farm
from .hand import children
from .sight import state, until, whole

PACKAGE = "chia-blockchain>=2.5,<2.8"
KEY = "97f1d3a73197d7942695638c4fa9ac0fc3688c4f9774b905a14e3a3f171bac586c55e83ff97a1aeffb3af00adb22c6bb"
"""The generator of BLS12-381's G1: a public key like any other, whose secret key is 1."""
LONG = 3000.0
"""Seconds that a plot of k 25 may take on a slow machine."""
PARENT = """\
import os, subprocess, sys
child = os.path.join(os.path.dirname(sys.argv[0]), "chia_plot")
with subprocess.Popen([child, *sys.argv[3:]], stdout=subprocess.PIPE) as process:
    for line in process.stdout:
        os.write(1, line)
"""
"""What `chia plotters madmax` does: it runs chia_plot and passes its output on."""
CHILD = """\
import os, sys, time
here, parent = os.path.dirname(sys.argv[0]), os.getppid()
tmp = sys.argv[sys.argv.index("-t") + 1]
open(os.path.join(tmp, open(os.path.join(here, "part")).read()), "xb").close()
os.write(1, open(os.path.join(here, "says"), "rb").read())
while os.getppid() == parent:
    time.sleep(0.02)
"""
"""A chia_plot that says how far it is, and stays there until its parent ends."""


@pytest.fixture(scope="session")
def chia(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The executable."""
    given = os.environ.get("PLOTMAN_CHIA")
    if given:
        return given
    folder = tmp_path_factory.mktemp("chia")
    venv.create(folder, with_pip=True)
    install = [f"{folder}/bin/python", "-m", "pip", "install", "-q", PACKAGE]
    done = subprocess.run(install, capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(f"cannot install {PACKAGE}: {done.stderr.strip()[-500:]}")
    return f"{folder}/bin/chia"


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


@pytest.fixture
def madmax(make: Make) -> Farm:
    """A farm with one job of `chia plotters madmax` that is in its second phase."""
    farm = make(tmps=1)
    plot_id = "c3" * 32
    name = f"plot-k18-2026-01-01-00-00-{plot_id}"
    values = {"plot_id": plot_id, "k": 18, "date": "2026-01-01-00-00", "tmp": farm.tmps[0]}
    lines = [
        line for line in plotters()["madmax"].sample() if line.phase is None or line.phase <= Phase(2, 2)
    ]
    said = [line.render(**values) for line in lines[: lines.index(max(lines, key=reached)) + 1]]
    (farm.root / "says").write_text("".join(f"{line}\n" for line in said))
    (farm.root / "part").write_text(f"{name}.p2.table7.tmp")
    for program, lines_of in (("chia", PARENT), ("chia_plot", CHILD)):
        path = farm.root / program
        path.write_text(f"#!{sys.executable} -IS\n{lines_of}")
        path.chmod(0o755)
    farm.write(
        plotting={
            "plotter": "chia-madmax",
            "executable": str(farm.root / "chia"),
            "keys": {"farmer": KEY, "pool": KEY},
            "stop_after": 1,
        },
        archive=None,
    )
    farm.tick()
    until(lambda: any(job.phase == Known(Phase(2, 2)) for job in farm.jobs()))
    return farm


def reached(line: SampleLine) -> Phase:
    return line.phase or Phase(0, 0)


def test_a_parent_and_its_plotter_are_one_job_with_the_parents_log(madmax: Farm) -> None:
    job = only(madmax)
    assert job.ident is not None
    (child,) = children(job.ident.pid)
    for pid, program in ((job.ident.pid, b"/chia\0"), (child, b"/chia_plot\0")):
        assert program in Path(f"/proc/{pid}/cmdline").read_bytes()
    assert Path(f"/proc/{child}/fd/1").readlink().name.startswith("pipe:")
    assert (job.plotter, job.ours, job.run, job.tmp) == (
        "chia-madmax",
        True,
        "running",
        Known(str(madmax.tmps[0])),
    )
    assert job.log == Known(str(madmax.started()[0]))
    assert job.plot_id == Known("c3" * 32)


def test_both_stand_still_go_on_and_end_together(madmax: Farm) -> None:
    job = only(madmax)
    assert job.ident is not None
    both = [job.ident.pid, *children(job.ident.pid)]
    madmax.says("suspend", job.id)
    assert [state(pid) for pid in both] == ["T", "T"]
    assert only(madmax).run == "suspended"
    madmax.says("resume", job.id)
    assert "T" not in [state(pid) for pid in both]
    assert len(list(madmax.tmps[0].iterdir())) == 1
    madmax.says("kill", "-f", job.id)
    until(lambda: {state(pid) for pid in both} <= {"", "Z"}, 20)
    assert madmax.jobs() == ()
    assert list(madmax.tmps[0].iterdir()) == []


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
