"""The tool's own schedule beside those of people, for real: ``python -m tests.benchmarks.real [OPTIONS] [SETTING...]``.

Real plots, the real loop, two tmp directories of limited size (a tmpfs each) and a farm of two disks on this machine.
Each run begins with nothing, makes so many plots and ends once all of them stand at the farm. The settings differ in
their scheduling alone, and take turns. Plots an hour are those from the first start until the last has its name at the
farm. A job that has made no plot is lost, and so is a plot at the farm in which the reference prover finds no valid
proof; the exit status is 1 where anything was. Needs namespaces of its own: root, or a kernel that grants them to any
user.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

from reconciler import record
from reconciler.plotters import Plotters
from tests.benchmarks.alone import alone
from tests.real.sight import whole

REPOSITORY = str(Path(__file__).resolve().parents[2])
"""Where the plotter's module is found, also without being installed."""

AUTO = "auto"
BY_HAND: Mapping[str, Mapping[str, Any]] = {
    "one": {"max_jobs": 1, "stagger": 0},
    "one-each": {"max_jobs": 2, "stagger": 0, "tmp": {"max_jobs": 1}},
    "three": {"max_jobs": 3, "stagger": 0, "tmp": {"max_jobs": 2, "stagger": {"until": "2:1", "at_most": 1}}},
    "two-each": {
        "max_jobs": 4,
        "stagger": 0,
        "tmp": {"max_jobs": 2, "stagger": {"until": "2:1", "at_most": 1}},
    },
}
"""What owners of a machine of two processors would try: the scheduling section of each."""

PLOTTER = "chiapos"
ROOM = 1.75
"""Peaks of a job that a tmp directory has room for above its floor: enough for a second job once the first is late."""
FLOOR = 0.1
"""Its floor, in peaks."""
LONGEST = 60.0
"""Seconds a plot after which a run is given up."""
LOOK = 0.02
"""Seconds between two looks at how full the tmp directories are."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one run.

    seconds: from the first start to the last plot's name at the farm. stored: plots there; whole: those with proofs.
    lost: jobs that made no plot. cramped: jobs that met a full directory. suspends: of jobs, for want of room.
    fullest: the most that a tmp directory was ever filled, of its size. cpu: seconds of the tool's own process.
    """

    seconds: float
    stored: int
    whole: int
    lost: int
    cramped: int
    suspends: int
    fullest: float
    cpu: float

    @property
    def plots_an_hour(self) -> float:
        """Whole plots."""
        return self.whole / self.seconds * 3600


def main() -> int:
    """Run them and print the tables."""
    asked = _asked()
    alone("tests.benchmarks.real")
    if os.getpid() != 1:
        sys.exit(
            "no namespaces of its own can be made, in which it could mount its tmp directories: run it as root"
        )
    print(
        f"{'repeat':>6}  {'setting':10}{'plots/h':>9}{'whole':>7}{'lost':>6}{'cramped':>9}{'suspends':>10}"
        f"{'fullest tmp':>13}{'its CPU ms a plot':>19}"
    )
    rates: dict[str, list[float]] = {name: [] for name in asked.settings}
    lossless = True
    for number in range(asked.repeats):
        turn = number % len(asked.settings)
        for name in (*asked.settings[turn:], *asked.settings[:turn]):
            outcome = _run(name, asked.k, asked.plots)
            rates[name].append(outcome.plots_an_hour)
            lossless &= (
                outcome.lost == outcome.cramped == 0 and outcome.whole == outcome.stored == asked.plots
            )
            print(
                f"{number + 1:6}  {name:10}{outcome.plots_an_hour:9.0f}{outcome.whole:7}{outcome.lost:6}"
                f"{outcome.cramped:9}{outcome.suspends:10}{outcome.fullest:13.1%}"
                f"{outcome.cpu * 1000 / asked.plots:19.0f}",
                flush=True,
            )
    _tell({name: median(each) for name, each in rates.items()})
    return 0 if lossless else 1


def _asked() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Auto beside manual settings, with real plots.")
    names = (AUTO, *BY_HAND)
    parser.add_argument(
        "settings", nargs="*", metavar="SETTING", help=f"of {', '.join(names)}; left out: all"
    )
    parser.add_argument("--plots", type=int, default=40, help="of each run")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--k", type=int, default=20)
    asked = parser.parse_args()
    asked.settings = asked.settings or list(names)
    for name in asked.settings:
        if name not in names:
            parser.error(f"{name!r} is no setting; they are {', '.join(names)}")
    return asked


def _tell(medians: Mapping[str, float]) -> None:
    """The settings in the middle of their runs, and auto beside the best."""
    for name, rate in medians.items():
        print(f"median  {name:10}{rate:9.0f}")
    by_hand = {name: rate for name, rate in medians.items() if name != AUTO}
    if by_hand and AUTO in medians:
        best = max(by_hand, key=lambda name: by_hand[name])
        print(f"{AUTO} makes {medians[AUTO] / by_hand[best]:.1%} of the best by hand, {best}")


def _run(setting: str, k: int, plots: int) -> Outcome:
    """One run, from empty directories."""
    with _farm(k) as root:
        spec = root / "spec.yaml"
        spec.write_text(json.dumps(_spec(root, setting, k, plots)))
        env = {**os.environ, "PYTHONPATH": REPOSITORY}
        argv = [sys.executable, "-m", "reconciler", "apply", "-f", str(spec), "--until-settled"]
        with (root / "said").open("wb") as said:
            loop = subprocess.Popen(argv, stdout=said, stderr=said, env=env)
        fullest, cpu = _watch(loop.pid, _tmps(root), time.monotonic() + LONGEST * plots)
        if loop.wait() != 0:
            sys.exit(f"{setting}: the loop ended with {loop.returncode}:\n{(root / 'said').read_text()}")
        return _outcome(root, k, fullest, cpu)


def _spec(root: Path, setting: str, k: int, plots: int) -> Mapping[str, Any]:
    """Paths, keys and floors that suit such small directories; for all but auto, a scheduling section."""
    floor = round(FLOOR * _peak(k))
    document = {
        "version": 3,
        "directories": {"tmp": [*map(str, _tmps(root))], "dst": f"{root}/dst", "logs": f"{root}/logs"},
        "plotting": {
            "plotter": PLOTTER,
            "k": k,
            "keys": {"farmer": "a" * 96, "pool": "b" * 96},
            "stop_after": plots,
        },
        "space": {"floor": f"{floor}B", "resume": f"{2 * floor}B"},
        "archive": [{"name": "farm", "disks": f"{root}/farm/*"}],
    }
    return document if setting == AUTO else {**document, "scheduling": BY_HAND[setting]}


@contextmanager
def _farm(k: int) -> Iterator[Path]:
    """A folder with all directories of the spec; tmp directories are mounts of a limited size."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as place, ExitStack() as mounted:
        root = Path(place)
        for name in ("dst", "logs", "farm/0", "farm/1"):
            (root / name).mkdir(parents=True)
        for tmp in _tmps(root):
            tmp.mkdir(parents=True)
            size = f"size={round((ROOM + FLOOR) * _peak(k))}"
            subprocess.run(["mount", "-t", "tmpfs", "-o", size, "tmpfs", str(tmp)], check=True)
            mounted.callback(subprocess.run, ["umount", "--lazy", str(tmp)], check=True)
        yield root


def _tmps(root: Path) -> Sequence[Path]:
    return root / "tmp/0", root / "tmp/1"


def _peak(k: int) -> int:
    """Bytes that a job takes at its most."""
    return Plotters.load()[PLOTTER].peak(k, False).tmp


def _watch(pid: int, tmps: Sequence[Path], until: float) -> tuple[float, float]:
    """(how full a tmp directory ever was, CPU seconds of that child) until the child ends; it is left to be reaped."""
    fullest = 0.0
    while os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT | os.WNOHANG) is None:
        if time.monotonic() > until:
            sys.exit(f"a run was not over after {LONGEST:.0f} s a plot")
        for tmp in tmps:
            room = os.statvfs(tmp)
            fullest = max(fullest, 1 - room.f_bfree / room.f_blocks)
        time.sleep(LOOK)
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return fullest, (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _outcome(root: Path, k: int, fullest: float, cpu: float) -> Outcome:
    """What the logs and the farm tell, by themselves."""
    logs = [path.read_text(errors="replace") for path in (root / "logs").rglob("*.plot.*log")]
    stored = list((root / "farm").glob("*/*.plot"))
    begun = [json.loads(log.partition("\n")[0])["at"] for log in logs]
    # A file's name is the last that its change time tells of.
    landed = [path.stat().st_ctime for path in stored]
    done = record.read(record.path_of(f"{root}/logs")).entries
    least, most = Plotters.load()[PLOTTER].band(k, None)
    return Outcome(
        seconds=max(landed, default=time.time()) - min(begun, default=0.0),
        stored=len(stored),
        whole=sum(least <= path.stat().st_size <= most and whole(path) for path in stored),
        lost=sum("Renamed final file" not in log for log in logs),
        cramped=sum("Retrying in five minutes" in log for log in logs),
        suspends=sum(entry.kind == "suspend" and entry.result == "done" for entry in done),
        fullest=fullest,
        cpu=cpu,
    )


if __name__ == "__main__":
    sys.exit(main())
