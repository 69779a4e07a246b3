"""Left to the tool, a machine with far more processors than room on tmp loses no job, whatever jobs differ by."""

from __future__ import annotations

import random
from dataclasses import replace
from typing import Any

import pytest

from reconciler.simulate.outcome import Result, result
from tests.simulate.machines import machine, run


def crowded(seed: int, days: float) -> Result:
    """Jobs that differ by up to a tenth, on one or two drives of a terabyte or more; sometimes it is harsh there."""
    draw = random.Random(seed)
    drives: list[dict[str, Any]] = [
        {
            "name": f"tmp{number}",
            "kind": draw.choice(("nvme", "sata")),
            "bytes": f"{draw.randint(8, 24)}00GB",
            "read": "2GB/s",
            "write": f"{draw.choice((500, 1500))}MB/s",
            "tmp": [f"/mnt/tmp/{number:02}"],
        }
        for number in range(draw.randint(1, 2))
    ]
    drives.append(
        {
            "name": "d",
            "kind": "hdd",
            "bytes": "8TB",
            "read": "200MB/s",
            "write": "200MB/s",
            "dst": ["/mnt/dst/00"],
        }
    )
    described = machine(cpus=32, memory="256GB", drives=drives, spread=draw.choice((0.02, 0.05, 0.1)))
    if draw.random() < 0.5:
        described = replace(described, contention=described.contention.harsh)
    return result(run(described, {}, days=days, seed=seed, faults=draw.random() < 0.5))


@pytest.mark.parametrize("seed", range(3))
def test_no_job_is_lost(seed: int) -> None:
    found = crowded(seed, 1.5)
    assert found.lost == 0
    assert found.started > 10


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(3, 33))
def test_no_job_is_lost_in_many_days(seed: int) -> None:
    assert crowded(seed, 6.0).lost == 0


def test_a_slow_line_is_never_idle_and_no_heap_of_plots_piles_up() -> None:
    """While a plot lands on the only drive, what leaves it is slowed: two at once are not, and fewer land."""
    described = machine(cpus=8, links={"lan": "20MB/s"})
    found = result(run(described, {}, days=4.0))
    assert found.binds == "network"
    assert found.busy["lan"] > 0.99
    assert found.waiting < 40
    assert found.lost == 0
