"""How looking, planning and explaining grow with the farm: ``python -m tests.benchmarks.scale [SIZE...]``.

SIZE: parts of the whole, which is 1,000 jobs, 10,000 other processes, 500 directories and 50 farmers of 4 disks;
left out, 1/8 1/4 1/2 1. Paths and keys are given; the rest is for the tool to decide.

Real: the jobs' processes, argv, open files and logs (100 KB each, 40 more lines before every look), the logs of as
many jobs that are over, the other processes, the directories with a file system each, half of them tmp and half dst,
the waiting plots in them, half as many as jobs, and the disks of the first half of the farmers, which are this
machine's. In memory: the answers of the other farmers, each with 200 plots on a disk, and room on two disks.

CPU of one process: its first look, which reads all logs; a later one; planning what it saw, with indexing it; and what
`plotman explain` does beyond: the desired State, and every limit's word on each candidate. After each stands the power
by which it has grown since the row above: 1 is as fast as the farm, more is faster. `acts`, `holds`: of the plan.
"""

from __future__ import annotations

import gc
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import partial
from math import log2
from pathlib import Path
from typing import TypeVar

from reconciler.commands import RUBBISH
from reconciler.desire import desire
from reconciler.facts import Facts
from reconciler.inquiry import Answer, Heard, Question, Volume
from reconciler.machine import LocalMachine
from reconciler.machine.table import YOUNG
from reconciler.observation import Observation
from reconciler.observe import Observer
from reconciler.plan import Plan, plan_facts
from reconciler.plotters import Plotters
from reconciler.spec.loading import load
from reconciler.spec.models import Spec
from reconciler.state import Known
from reconciler.views.explain import ExplainView
from reconciler.views.symbols import ASCII
from reconciler.world import Farmers, Machine
from tests.benchmarks.alone import alone
from tests.benchmarks.crowd import Crowd, Shape, settle, spawn

T = TypeVar("T")

ME = "tests.benchmarks.scale"
JOBS, OTHERS, DIRECTORIES, FARMERS = 1000, 10_000, 500, 50
SIZES = ("1/8", "1/4", "1/2", "1")
DISKS = 4
LOG = 100_000
LINES = 40
LOOKS = 5
LIMIT = 300.0
"""Milliseconds that planning the whole may take."""
PLOT = 108_836_000_000
COLUMNS = ("first", "look", "plan", "explain")
SPEC = """\
version: 3
directories: {{tmp: [{tmps}], dst: [{dsts}], logs: {logs}}}
plotting: {{plotter: chia, keys: {{farmer: "{key}", pool: "{key}"}}}}
archive:
"""


def main() -> None:
    """Run it and print the table."""
    if sys.argv[1:2] == ["--look"]:
        look(sys.argv[2])
        return
    alone(ME)
    heads = "".join(f"{f'{name} ms':>12}{'power':>7}" for name in COLUMNS)
    print(f"{'jobs':>5}{'others':>8}{'dirs':>6}{'farmers':>9}{heads}{'MiB':>7}{'acts':>6}{'holds':>7}")
    rows: list[tuple[Fraction, Sequence[float]]] = []
    for size in map(Fraction, sys.argv[1:] or SIZES):
        jobs, others, directories, farmers = (round(size * n) for n in (JOBS, OTHERS, DIRECTORIES, FARMERS))
        costs, (memory, acts, holds) = measure(jobs, others, directories // 2, farmers)
        powers = _powers(rows[-1], (size, costs)) if rows else [""] * len(costs)
        shown = "".join(f"{cost:12.1f}{power:>7}" for cost, power in zip(costs, powers, strict=True))
        print(
            f"{jobs:5}{others:8}{directories:6}{farmers:9}{shown}{memory:7.0f}{acts:6.0f}{holds:7.0f}",
            flush=True,
        )
        rows.append((size, costs))
    size, costs = rows[-1]
    if size == 1:
        planning = costs[COLUMNS.index("plan")]
        print(
            f"plan: {planning:.0f} ms, {'within' if planning < LIMIT else 'OVER'} the limit of {LIMIT:.0f} ms"
        )


def _powers(before: tuple[Fraction, Sequence[float]], after: tuple[Fraction, Sequence[float]]) -> list[str]:
    grown = log2(after[0] / before[0])
    return [f"{log2(new / old) / grown:.2f}" for old, new in zip(before[1], after[1], strict=True)]


def measure(jobs: int, others: int, each: int, farmers: int) -> tuple[Sequence[float], Sequence[float]]:
    """(ms of each column, (MiB at its most, actions, holds)). each: tmp directories, and dst directories."""
    here = farmers // 2
    shape = Shape(each, each, here * DISKS, jobs // 2, jobs, tmp_room="2t", dst_room="20t")
    with tempfile.TemporaryDirectory() as root:
        crowd = Crowd(Path(root), jobs, LOG, others, shape)
        try:
            _write_spec(crowd, farmers)
            settle(YOUNG + 1)
            tool = spawn([sys.executable, "-m", ME, "--look", str(crowd.spec)])
            first = _told(tool)
            later = []
            for _ in range(LOOKS):
                crowd.grow(LINES)
                later.append(_told(tool))
            assert tool.stdin is not None
            tool.stdin.close()
            tool.wait()
        finally:
            crowd.close()
    columns = [statistics.median(column) for column in zip(*later, strict=True)]
    return (first[0], *columns[:3]), columns[3:]


def _told(tool: subprocess.Popen[str]) -> Sequence[float]:
    """Have it look once more."""
    assert tool.stdin is not None and tool.stdout is not None
    tool.stdin.write("\n")
    tool.stdin.flush()
    return [float(word) for word in tool.stdout.readline().split()]


def _write_spec(crowd: Crowd, farmers: int) -> None:
    """The farmers: those of this machine, then others."""
    here = [crowd.disks[at : at + DISKS] for at in range(0, len(crowd.disks), DISKS)]
    archive = [f"  - {{name: here{n}, disks: [{', '.join(disks)}]}}" for n, disks in enumerate(here)]
    archive += [f"  - {{name: far{n}, host: far{n}, disks: /farm/*}}" for n in range(farmers - len(here))]
    text = SPEC.format(
        tmps=", ".join(crowd.tmps), dsts=", ".join(crowd.dsts), logs=crowd.root / "logs", key="a" * 96
    )
    crowd.spec.write_text(text + "\n".join(archive) + "\n")


# --- the tool ------------------------------------------------------------------------------------


class Answered:
    """Farmers that have answered just now, as `world.Farmers`."""

    def __init__(self, machine: Machine) -> None:
        self._machine = machine

    def hear(
        self, questions: Sequence[Question], *, wake: str = "", kicked: float = 0.0
    ) -> Mapping[str, Heard]:
        """Each farmer's disks; none of the plots that are sought."""
        now = self._machine.now()
        return {
            each.farmer: Heard(answer=Answer(asked=now, seek=each.seek, volumes=dict(_volumes())))
            for each in questions
        }


def _volumes() -> Sequence[tuple[str, Known[Volume]]]:
    rooms = ((disk // 2) * 9 * PLOT for disk in range(DISKS))
    return [
        (
            f"/farm/{disk}",
            Known(Volume(device=str(disk), free=room, total=200 * PLOT, writable=True, plots=200)),
        )
        for disk, room in enumerate(rooms)
    ]


@dataclass(frozen=True)
class _World:
    machine: Machine
    farmers: Farmers


def look(path: str) -> None:
    """A look for each line that comes in; ms of looking, planning and explaining, MiB, actions and holds as a line."""
    # As every command does.
    gc.set_threshold(RUBBISH)
    machine, plotters, spec = LocalMachine(), Plotters.load(), load(path).spec
    observer = Observer(_World(machine, Answered(machine)), plotters)
    for _ in sys.stdin:
        seen, looking = _cost(partial(observer.look, spec))
        plan, planning = _cost(partial(_planned, spec, seen, plotters))
        _, explaining = _cost(partial(_explained, Facts(spec, seen, plotters)))
        held = sum(hold.count for hold in plan.holds)
        print(looking, planning, explaining, _memory(), len(plan.actions), held, flush=True)


def _planned(spec: Spec, seen: Observation, plotters: Plotters) -> Plan:
    return plan_facts(Facts(spec, seen, plotters))


def _explained(facts: Facts) -> str:
    return ExplainView(facts, desire(facts), ASCII).everything()


def _cost(work: Callable[[], T]) -> tuple[T, float]:
    """What comes of it, and the CPU that it takes; ms."""
    before = time.process_time()
    done = work()
    return done, (time.process_time() - before) * 1000


def _memory() -> float:
    """MiB that this process has taken at its most."""
    status = Path("/proc/self/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) / 1024


if __name__ == "__main__":
    main()
