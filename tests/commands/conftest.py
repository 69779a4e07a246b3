"""A farm in a scratch folder, whose plotter is a small script that is found as `chia` and does next to nothing."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partialmethod
from pathlib import Path

import pytest

from reconciler import journal
from reconciler.commands import main
from reconciler.machine import LocalMachine
from reconciler.state import Known

PLOT_ID = "5ca1ab1e" + "0" * 56
CHIA = f"""#!{sys.executable} -SE
import os, sys, time
given = dict(zip(sys.argv, sys.argv[1:]))
tmp, dst = given["-t"], given["-d"]
home = os.path.dirname(os.path.abspath(__file__))
number = 0
while True:
    try:
        os.mkdir(home + "/number" + str(number))
        break
    except FileExistsError:
        number += 1
open(home + "/pids/" + str(os.getpid()), "w").close()
plot_id = "%08x" % (0x5ca1ab1e + number) + "0" * 56
open(tmp + "/plot-k25-2026-01-01-00-00-" + plot_id + ".plot.sort.tmp", "w").close()
print("Starting plotting progress into temporary dirs: " + tmp + " and " + tmp)
print("ID: " + plot_id)
print("Plot size is: 25")
print("Farmer Public Key: " + "ab" * 48)
print("Starting phase 1/4: Forward Propagation into tmp files... Thu Jan  1 00:00:00 2026")
print("Computing table 1", flush=True)
time.sleep(600)
"""
SPEC = """\
version: 3
directories:
  tmp: [{root}/tmp/00, {root}/tmp/01]
  dst: [{root}/dst/00]
  logs: {root}/logs
plotting:
  plotter: chia
  executable: {root}/chia
  k: 25
  keys: {{farmer: {key}, pool: {key}}}
scheduling: {{max_jobs: 1, stagger: 0}}
space: {{floor: 0, resume: 0}}
archive: [{{name: barn, disks: {root}/farm}}]
"""
DEADLINE = 120.0


@dataclass(frozen=True)
class Answer:
    """What one run of plotman gave."""

    code: int
    out: str
    err: str


@dataclass(frozen=True)
class Scratch:
    """The farm: its folder, its spec, and plotman run on it."""

    root: Path
    spec: Path
    run: Callable[..., Answer]

    def ids(self) -> list[str]:
        """The ids that `status` shows."""
        return [line[:8] for line in self.run("status").out.splitlines()[1:]]

    def states(self) -> dict[str, str]:
        """Each job's state, by its shown id."""
        lines = self.run("status").out.splitlines()[1:]
        return {line.split()[0]: line.split()[9] for line in lines}

    def one_job(self) -> str:
        """Start one job and wait until its plot id is known; its shown id."""
        assert self.run("plot", "--once").code == 0
        wait_for(lambda: "5ca1ab1e" in self.ids())
        return "5ca1ab1e"


def wait_for(condition: Callable[[], bool]) -> None:
    """Until it holds; fails after DEADLINE seconds."""
    end = time.monotonic() + DEADLINE
    while not condition():
        assert time.monotonic() < end, "it did not come true in time"
        time.sleep(0.02)


@pytest.fixture
def plotman(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Callable[..., Answer]:
    """Run plotman in this process, where even a busy machine answers in time."""
    monkeypatch.setattr(LocalMachine, "__init__", partialmethod(LocalMachine.__init__, deadline=DEADLINE))

    def run(*arguments: object) -> Answer:
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            main([str(argument) for argument in arguments])
        captured = capsys.readouterr()
        assert isinstance(ended.value.code, int)
        return Answer(ended.value.code, captured.out, captured.err)

    return run


@pytest.fixture
def scratch(
    tmp_path: Path, plotman: Callable[..., Answer], monkeypatch: pytest.MonkeyPatch
) -> Iterator[Scratch]:
    """A farm of its own; whatever was started on it is ended."""
    for name in ("tmp/00", "tmp/01", "dst/00", "farm", "logs", "pids"):
        (tmp_path / name).mkdir(parents=True)
    (tmp_path / "chia").write_text(CHIA)
    (tmp_path / "chia").chmod(0o755)
    spec = tmp_path / "plotman.yaml"
    spec.write_text(SPEC.format(root=tmp_path, key="ab" * 48))
    monkeypatch.setenv("PLOTMAN_SPEC", str(spec))
    yield Scratch(tmp_path, spec, plotman)
    wait_for(lambda: _ended(tmp_path))


def _ended(root: Path) -> bool:
    """Kill what runs the farm's plotter; whether nothing holds a log any more, and so nothing can begin."""
    for pid in filter(str.isdigit, os.listdir("/proc")):
        with contextlib.suppress(OSError):
            if str(root / "chia").encode() in Path(f"/proc/{pid}/cmdline").read_bytes():
                os.kill(int(pid), signal.SIGKILL)
                os.waitpid(int(pid), 0)
    machine = LocalMachine()
    return all(machine.held(str(log)) == Known(False) for log in (root / "logs").glob("*.log"))


@pytest.fixture
def loop(scratch: Scratch) -> Iterator[subprocess.Popen[str]]:
    """A real loop on that farm, in a process of its own, once it holds its locks."""
    command = [sys.executable, "-m", "reconciler", "apply"]
    root = Path(__file__).parents[2]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, cwd=root
    ) as process:
        lock = journal.lock_path(str(scratch.root / "logs"), "plotting")
        machine = LocalMachine()
        wait_for(lambda: machine.holder(lock) is not None)
        yield process
        process.terminate()
        process.communicate(timeout=DEADLINE)
