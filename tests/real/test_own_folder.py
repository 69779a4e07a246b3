"""A user's own plotter whose temporary files tell no owner: each real job has a folder, and only that goes."""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from .conftest import Make
from .farm import Farm
from .sight import session, until

DEFINITION = r"""
version: 1
name: scratch
about: a plotter that waits until it may go on
own_folder: true
probe: {arguments: [--version], matches: '^scratch 1\.'}
command:
  programs: [scratchplot]
  executable: scratchplot
  words: [make]
  options:
  - {flags: [-k], value: k, default: 18, minimum: 18, maximum: 32}
  - {flags: [--work], value: tmp}
  - {flags: [--second], value: tmp2}
  - {flags: [--into], value: dst}
  - {flags: [--times], value: count, always: 1}
temps: ['part-\d+\.scratch']
log:
  rules:
  - {match: 'Plot (?P<plot_id>[0-9a-f]{64}) of k(?P<k>\d+)', opens: always}
  - {match: 'First part', phase: '1:1'}
  - {match: 'Whole: (?P<final_plot>.+)$', phase: '5:0', marks: [done, delivered]}
space:
  source: made up
  rooms:
  - {k: 18, plot: 1000, alone: 4000, tmp: 3000, tmp2: 1000}
sample:
- {text: 'Plot {plot_id} of k{k}', share: 0.5}
- {text: 'First part', share: 0.5}
- {text: 'Whole: {dst}/{name}'}
"""
SCRIPT = """\
import hashlib, os, sys, time
if "--version" in sys.argv:
    sys.exit(print("scratch 1.2"))
told = dict(zip(sys.argv[2::2], sys.argv[3::2]))
plot_id = hashlib.sha256(str(os.getpid()).encode()).hexdigest()
print("Plot", plot_id, "of k18", flush=True)
parts = [os.path.join(told[flag], "part-0.scratch") for flag in ("--work", "--second") if flag in told]
for number, path in enumerate(parts, start=1):
    with open(path, "xb") as part:
        part.write(bytes(1000 * number))
print("First part", flush=True)
while not os.path.exists(os.path.join(told["--into"], "go")):
    time.sleep(0.02)
for path in parts:
    os.remove(path)
print("Whole: " + os.path.join(told["--into"], "plot-k18-2026-01-01-00-00-" + plot_id + ".plot"))
"""
PLOT = f"plot-k18-2026-01-01-00-00-{'c3' * 32}.plot"


@pytest.fixture
def scratch(make: Make) -> Callable[..., Farm]:
    """Makes farms with that plotter in the folder beside the spec, and two jobs of it on one tmp."""

    def build(**changes: Any) -> Farm:
        farm = make(tmps=1)
        plotters = farm.root / "plotters"
        plotters.mkdir()
        (plotters / "scratch.yaml").write_text(DEFINITION)
        program = farm.root / "scratchplot"
        program.write_text(f"#!{sys.executable} -IS\n{SCRIPT}")
        program.chmod(0o755)
        second = farm.root / "fast"
        second.mkdir()
        farm.write(
            directories={**farm.places, "tmp2": [str(second)]},
            plotting={"plotter": "scratch", "executable": str(program), "options": {}},
            scheduling={"stagger": 0, "tmp": {"stagger": {"until": "1:1", "at_most": 2}}},
            archive=None,
            **changes,
        )
        until(lambda: farm.says("apply", "--once") and len(farm.running()) == 2)
        until(lambda: len(list(farm.root.glob("*/**/part-0.scratch"))) == 4)
        return farm

    return build


def rows(farm: Farm) -> list[dict[str, Any]]:
    """The jobs as `status` has them."""
    found: list[dict[str, Any]] = json.loads(farm.says("status", "--json"))["jobs"]
    return found


def folders(farm: Farm, job_id: str) -> list[Path]:
    return [farm.tmps[0] / job_id, farm.root / "fast" / job_id]


def test_each_job_writes_into_its_own_folders_and_is_seen_on_the_specs_directories(
    scratch: Callable[..., Farm],
) -> None:
    farm = scratch()
    told = farm.says("config", "validate", "--live", str(farm.path))
    assert "1 valid" in told and "known to be" not in told
    jobs = rows(farm)
    assert len(jobs) == 2
    for job in jobs:
        assert (job["tmp"], job["tmp2"]) == (str(farm.tmps[0]), str(farm.root / "fast"))
        assert (job["state"], job["phase"], job["tmp_bytes"]) == ("RUN", "1:1", 3000)
        words = Path(f"/proc/{job['pid']}/cmdline").read_text().split("\0")
        own = [str(path) for path in folders(farm, job["job_id"])]
        assert [words[words.index(flag) + 1] for flag in ("--work", "--second")] == own
        assert farm.says("files", job["job_id"]).splitlines() == [f"{path}/part-0.scratch" for path in own]


def test_kill_takes_one_jobs_files_and_folders_and_leaves_a_finished_plot_and_the_neighbours(
    scratch: Callable[..., Farm],
) -> None:
    farm = scratch()
    one, other = rows(farm)
    kept = folders(farm, one["job_id"])[0] / PLOT
    kept.write_bytes(b"whole")
    assert "temporary files removed" in farm.says("kill", "-f", one["job_id"])
    assert [row["job_id"] for row in rows(farm)] == [other["job_id"]]
    tmp, fast = folders(farm, one["job_id"])
    assert list(tmp.iterdir()) == [kept]
    assert not fast.exists()
    assert all((folder / "part-0.scratch").exists() for folder in folders(farm, other["job_id"]))


def test_what_a_dead_job_left_is_cleaned_in_time_and_a_living_ones_stays_however_old(
    scratch: Callable[..., Farm],
) -> None:
    farm = scratch()
    dead, living = rows(farm)
    for pid in session(dead["pid"]):
        os.kill(pid, signal.SIGKILL)
    until(lambda: len(rows(farm)) == 1)
    spec = json.loads(farm.path.read_text())
    spec["plotting"]["state"] = "drained"
    farm.path.write_text(json.dumps({**spec, "clean": {"orphans_after": "1h"}}))
    farm.says("apply", "--once")
    assert all(folder.exists() for folder in folders(farm, dead["job_id"]))
    for path in farm.root.glob("*/**/part-0.scratch"):
        os.utime(path, (time.time() - 7200, time.time() - 7200))
    farm.says("apply", "--once")
    assert not any(folder.exists() for folder in folders(farm, dead["job_id"]))
    assert all((folder / "part-0.scratch").exists() for folder in folders(farm, living["job_id"]))


def test_jobs_that_finish_leave_their_folders_empty(scratch: Callable[..., Farm]) -> None:
    farm = scratch()
    jobs = rows(farm)
    for dst in farm.dsts:
        (dst / "go").touch()
    until(lambda: not farm.running())
    assert not list(farm.root.glob("*/**/part-0.scratch"))
    assert "finished" in {
        start["outcome"] for start in json.loads(farm.says("observe", "--json"))["starts"]["value"]
    }
    assert [list(folder.iterdir()) for job in jobs for folder in folders(farm, job["job_id"])] == [[]] * 4
