"""`plotman tune` says what to change in a spec, and what for; what it promises comes true in simulation."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from statistics import fmean
from typing import Any

import pytest

from reconciler.commands.simulating import play
from reconciler.description import MachineDescription, load_machine
from reconciler.simulate.building import spec_for
from reconciler.spec.loading import load
from reconciler.spec.writing import dump, write
from tests.simulate.machines import machine

from .conftest import DEADLINE, Answer, Scratch, wait_for
from .plotlogs import plotters, sample, write_journal

Plotman = Callable[..., Answer]
ROOT = Path(__file__).parents[2]
SCHEDULING = "# Mine.\nscheduling: {max_jobs: 1, stagger: 5m}  # careful\n"


def write_down(folder: Path, described: MachineDescription, scheduling: str = SCHEDULING) -> tuple[str, str]:
    """The paths of a spec for a machine and of the machine, whose plots are small and soon made."""
    from reconciler.description.writing import to_yaml

    spec: dict[str, Any] = spec_for(described, space={"floor": 0, "resume": 0})
    spec["plotting"]["k"] = 25
    (folder / "spec.yaml").write_text(write(spec) + scheduling)
    (folder / "machine.yaml").write_text(to_yaml(described))
    return str(folder / "spec.yaml"), str(folder / "machine.yaml")


DAYS = ("--days", 0.02)
"""Some plots of such a machine."""


def tune(plotman: Plotman, spec: str, *arguments: object) -> dict[str, Any]:
    answer = plotman("tune", spec, "--json", *arguments)
    assert answer.code == 0, answer.err
    found: dict[str, Any] = json.loads(answer.out)
    return found


def applied(found: dict[str, Any], spec: str, machine_path: str) -> None:
    """Apply the diff, and play what it makes as the tune played it: it comes to what was promised."""
    if shutil.which("patch") is None:
        pytest.skip("there is no patch here")
    subprocess.run(["patch", "-s", spec], input=found["proposal"]["diff"], text=True, check=True)
    loaded, described, known = load(spec), load_machine(machine_path), plotters()
    days, warm_up = found["days"], found["warm_up"]
    made = (
        play(described, loaded, known, days=days, warm_up=warm_up, seed=seed).plots_a_day
        for seed in found["seeds"]
    )
    assert fmean(made) == pytest.approx(found["proposal"]["plots_a_day"])


def test_more_jobs_are_proposed_where_they_help_and_the_changed_spec_makes_what_was_promised(
    plotman: Plotman, tmp_path: Path
) -> None:
    spec, described = write_down(tmp_path, machine(spread=0.1))
    arguments = ("--machine", described, "--trials", 2, "--seed", 7, *DAYS)
    found = tune(plotman, spec, *arguments)
    assert found["proposal"]["plots_a_day"] > 1.5 * found["as_is"]["plots_a_day"]
    assert found["seeds"] == [7, 8]
    assert tune(plotman, spec, *arguments) == found, "another run with the same seed"
    applied(found, spec, described)
    after = Path(spec).read_text()
    assert "# Mine.\n" in after
    assert "# careful" in after


def test_drives_that_differ_get_settings_of_their_own(plotman: Plotman, tmp_path: Path) -> None:
    one = machine()
    slow = replace(one.drives[0], name="old", kind="hdd", read=10**8, write=10**8, tmp=("/mnt/tmp/01",))
    spec, described = write_down(tmp_path, replace(one, drives=(*one.drives, slow)))
    found = tune(plotman, spec, "--machine", described, "--trials", 2, *DAYS)
    fast, slow_one = (tmp["jobs"] for tmp in found["best"]["setting"]["tmps"])
    assert fast > slow_one
    applied(found, spec, described)


def test_a_machine_that_does_what_it_can_is_left_alone(plotman: Plotman, tmp_path: Path) -> None:
    one = machine(cpus=2, contention={"cpu": 0.6})
    spec, described = write_down(tmp_path, one, "scheduling: {max_jobs: 2, stagger: 0}\n")
    answer = plotman("tune", spec, "--machine", described, "--trials", 2, *DAYS)
    assert answer.code == 0
    assert "nothing is to be gained" in answer.out
    assert "+++" not in answer.out


def test_this_machine_is_described_written_down_and_tuned(scratch: Scratch) -> None:
    chia = plotters()["chia"]
    write_journal(scratch.root / "logs", 1, sample(chia, 1))
    for log in (scratch.root / "logs").glob("*.log"):
        os.utime(log)
    written = scratch.root / "machine.yaml"
    found = tune(
        scratch.run, str(scratch.spec), "--trials", 0, "--days", 0.01, "--write-machine", str(written)
    )
    described = load_machine(str(written))
    assert described.cpus == os.cpu_count()
    roles = {path for drive in described.drives for path in (*drive.tmp, *drive.dst, *drive.farm)}
    assert roles == {str(scratch.root / name) for name in ("tmp/00", "tmp/01", "dst/00", "farm")}
    assert found["machine"]["cpus"] == described.cpus
    assert any("the fastest tenth of 1 finished" in line for line in found["assumed"])
    assert [work.plotter for work in described.work] == ["chia"]
    assert found["trials"] == []


def test_ctrl_c_ends_it_with_what_is_known(plotman: Plotman, tmp_path: Path) -> None:
    # Crowding keeps every setting below the bound, so that the search goes on.
    spec, described = write_down(tmp_path, machine(cpus=2, contention={"cpu": 0.6}))
    command = [sys.executable, "-m", "reconciler", "tune", spec, "--machine", described, "--trials", "500"]
    command += map(str, DAYS)
    told = tmp_path / "told"
    with (
        told.open("wb") as errors,
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=errors, text=True, cwd=ROOT) as process,
    ):
        wait_for(lambda: b"of 500" in told.read_bytes())
        process.send_signal(signal.SIGINT)
        out, _ = process.communicate(timeout=DEADLINE)
    assert process.returncode == 4
    assert "as the spec is" in out
    assert "best so far" in told.read_text()
    assert "Traceback" not in told.read_text()


@pytest.mark.parametrize(
    ("text", "code", "words"),
    [
        ("version: 3\ndirectories: {logs: /l}\n", 64, "plots nothing"),
        ("version: 3\n", 65, "directories"),
    ],
)
def test_what_cannot_be_tuned_is_told(
    plotman: Plotman, tmp_path: Path, text: str, code: int, words: str
) -> None:
    (tmp_path / "spec.yaml").write_text(text)
    answer = plotman("tune", tmp_path / "spec.yaml")
    assert (answer.code, answer.out) == (code, "")
    assert words in answer.err


@pytest.mark.slow
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("name", ["nuc4", "hetero24"])
def test_thirty_trials_find_at_least_what_the_tool_makes_by_itself(
    name: str, plotman: Plotman, tmp_path: Path
) -> None:
    """On one drive, and on five that differ."""
    machines = ROOT / "examples" / "machines"
    spec = tmp_path / "spec.yaml"
    spec.write_text(dump(load(str(machines / "specs" / f"{name}.yaml")).spec) + SCHEDULING)
    found = tune(plotman, str(spec), "--machine", machines / f"{name}.yaml")
    assert found["best"]["plots_a_day"] >= 0.98 * found["auto"]["plots_a_day"]
    assert found["best"]["lost"] == 0
    applied(found, str(spec), str(machines / f"{name}.yaml"))
