"""Movers that are killed, stopped or meet each other: every plot ends exactly once at its target."""

from __future__ import annotations

import random
import signal
import time
from dataclasses import replace

import pytest

from tests.transports.farm import MEGABYTE, Farm
from tests.transports.ways import SETUPS

STEPS = (
    "locked",
    "reserved",
    "copied-some",
    "copied",
    "synced",
    "verified",
    "linked",
    "published",
    "removed",
)
OWN = {"copied-some", "linked"}
"""Those that a transport may not come to."""

KILLED = [
    *(
        (name, step, 1)
        for name, setup in SETUPS.items()
        for step in STEPS
        if step in setup.steps or step not in OWN
    ),
    *((name, "copied-some", 3) for name, setup in SETUPS.items() if setup.often),
]


def test_these_are_all_the_steps(farm: Farm) -> None:
    farm.put()
    seen: list[str] = []
    farm.move(seen.append)
    assert tuple(dict.fromkeys(seen)) == tuple(
        step for step in STEPS if step in farm.setup.steps or step not in OWN
    )
    assert seen.count("copied-some") > 2 or not farm.setup.often


@pytest.mark.parametrize(("farm", "step", "count"), KILLED, indirect=["farm"])
def test_after_a_kill_at_any_step_the_next_mover_finishes(farm: Farm, step: str, count: int) -> None:
    data = farm.put()
    killed = farm.start(step, str(count), "SIGKILL")
    assert killed.code() == -signal.SIGKILL
    assert killed.ended().outcome is None
    assert _safe(farm, data)
    farm.settled()
    assert farm.start().ended().outcome == "finished"
    assert farm.arrived(data)


@pytest.mark.parametrize("seed", range(2))
def test_after_kills_at_any_moment_the_next_mover_finishes(farm: Farm, seed: int) -> None:
    chance = random.Random(seed)
    data = farm.put(24 * MEGABYTE)
    for _ in range(3):
        mover = farm.start()
        deadline = time.monotonic() + 60
        while b"locked" not in mover.log.read_bytes() and mover.process.is_alive():
            assert time.monotonic() < deadline
        time.sleep(chance.uniform(0, 0.15))
        mover.process.kill()
        mover.code()
        farm.settled()
        assert _safe(farm, data)
    assert farm.start().ended().outcome == "finished"
    assert farm.arrived(data)


@pytest.mark.parametrize("step", ["locked", "reserved", "copied-some", "copied", "synced", "verified"])
def test_a_mover_asked_to_stop_keeps_what_it_copied(parted: Farm, step: str) -> None:
    farm, data = parted, parted.put()
    stopped = farm.start(step, "1", "SIGTERM")
    told = stopped.ended()
    assert (stopped.code(), told.outcome, told.kind) == (1, "failed", "stopped")
    assert farm.at_source.read_bytes() == data
    # Over a network it may be asked before it has come so far.
    assert farm.part(len(data)).exists() or step == "locked"
    told = farm.start().ended()
    assert told.outcome == "finished", told.error
    assert farm.arrived(data)


@pytest.mark.parametrize("step", ["linked", "published", "removed"])
def test_a_mover_asked_to_stop_once_it_has_published_finishes(parted: Farm, step: str) -> None:
    farm, data = parted, parted.put()
    assert farm.start(step, "1", "SIGTERM").ended().outcome == "finished"
    assert farm.arrived(data)


@pytest.mark.parametrize("step", ["locked", "published"])
def test_of_two_movers_for_one_plot_one_is_busy(farm: Farm, step: str) -> None:
    data = farm.put()
    first = farm.start(step, "1", "SIGSTOP")
    first.stopped()
    second = farm.start()
    told = second.ended()
    assert (second.code(), told.outcome, told.kind) == (1, "failed", "busy")
    first.signal(signal.SIGCONT)
    assert first.ended().outcome == "finished"
    assert farm.arrived(data)


def test_of_two_movers_to_two_disks_one_is_busy(farm: Farm) -> None:
    data = farm.put()
    other = replace(farm, disk=farm.logs.parent / "disk2")
    other.disk.mkdir()
    first = farm.start("copied-some", "1", "SIGSTOP")
    first.stopped()
    assert other.start().ended().kind == "busy"
    assert other.untouched(data)
    first.signal(signal.SIGCONT)
    assert first.ended().outcome == "finished"
    assert farm.arrived(data)


def test_of_two_movers_with_one_part_file_one_is_busy(parted: Farm) -> None:
    farm, data = parted, parted.put()
    twin = replace(farm, source=farm.logs.parent / "dst2")
    twin.source.mkdir()
    twin.put()
    first = farm.start("copied-some", "1", "SIGSTOP")
    first.stopped()
    assert twin.start().ended().kind == "busy"
    first.signal(signal.SIGCONT)
    assert first.ended().outcome == "finished"
    assert farm.arrived(data)
    assert twin.at_source.read_bytes() == data
    assert twin.start().ended().outcome == "finished"
    assert twin.arrived(data)


def test_many_movers_at_once_move_a_plot_once(farm: Farm) -> None:
    data = farm.put(24 * MEGABYTE)
    movers = [farm.start() for _ in range(5)]
    told = [mover.ended() for mover in movers]
    assert "finished" in {each.outcome for each in told}
    assert {each.kind for each in told if each.outcome == "failed"} <= {"busy"}
    assert farm.arrived(data)


def _safe(farm: Farm, data: bytes) -> bool:
    """The whole plot stands at the source or at the target or at both; at neither it is half."""
    there = [path.read_bytes() == data for path in (farm.at_source, farm.at_target) if path.exists()]
    return bool(there) and all(there)
