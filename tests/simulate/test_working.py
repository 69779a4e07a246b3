"""A job on described hardware takes what its work says, as fast as the others let it, and says so in its log."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from reconciler.description import MachineDescription
from reconciler.description.work import CHIAPOS
from reconciler.plotters import Order, PlotLog
from reconciler.simulate import Computer
from reconciler.simulate.building import build
from reconciler.simulate.hardware import Hardware
from reconciler.simulate.plotting import PlotJob
from reconciler.simulate.processes import Process
from reconciler.state import Phase

from .machines import DST, TMP, machine, plotters, spec

ALONE = 18380.426
"""Seconds of the measured job, without its copy."""
COPY = 108_840_000_000 / 200e6


def _farm(**changes: Any) -> tuple[Computer, Hardware]:
    described = machine(**changes)
    return build(described, spec(described).spec, plotters(), 0)


def _start(computer: Computer, *, k: int = 32, tmp2: str | None = None, dst: str = DST) -> Process:
    order = Order(k=k, tmp=TMP, tmp2=tmp2, dst=dst, farmer_key="8d3e", pool_key="aa11")
    log = computer.disks.create(f"/{len(computer.disks.listing('/'))}.log")
    return computer.run(plotters()["chia"].build(order), output=log)


def _took(computer: Computer, process: Process) -> float:
    """Seconds until a process is over."""
    began = computer.clock.time
    computer.clock.advance(1e7, lambda: computer.processes.get(process.ident) is None)
    return computer.clock.time - began


def _told(process: Process) -> PlotLog:
    assert process.output is not None
    chia = plotters()["chia"]
    (plot,) = chia.fold(chia.begin(), bytes(process.output.data)).plots
    return plot


def test_alone_a_job_takes_exactly_as_long_as_the_measured_one() -> None:
    computer, _ = _farm()
    process = _start(computer)
    assert _took(computer, process) == pytest.approx(ALONE + COPY, abs=1.0)
    told = _told(process)
    assert told.phase_seconds == pytest.approx((8134.66, 3304.86, 6515.266, 425.637), abs=0.01)
    assert told.total_seconds == pytest.approx(ALONE, abs=0.1)
    assert told.copy_seconds == pytest.approx(COPY, abs=0.1)
    assert told.delivered


def test_another_k_takes_as_many_times_as_long_as_it_has_entries_times_their_width() -> None:
    computer, _ = _farm()
    factor = 67 / 65 * 2
    told = _start(computer, k=33, dst=TMP)
    assert _took(computer, told) == pytest.approx(ALONE * factor, abs=1.0)


def test_a_slow_drive_makes_an_idle_machine_take_as_long_as_the_bytes() -> None:
    drives = [
        {
            "name": "ssd",
            "kind": "sata",
            "bytes": "2TB",
            "read": "100MB/s",
            "write": "100MB/s",
            "tmp": [TMP],
            "dst": [DST],
        }
    ]
    computer, _ = _farm(drives=drives)
    process = _start(computer)
    slowest = [max(p.cpu_seconds / p.threads, (p.read + p.written) / 100e6) for p in CHIAPOS.phases]
    assert _took(computer, process) == pytest.approx(sum(slowest), rel=1e-6)


def test_two_jobs_on_one_drive_that_is_full_take_twice_as_long_and_their_loss() -> None:
    drives = [
        {
            "name": "hdd",
            "kind": "hdd",
            "bytes": "2TB",
            "read": "100MB/s",
            "write": "100MB/s",
            "tmp": [TMP],
            "dst": [DST],
        }
    ]
    computer, hardware = _farm(drives=drives)
    first, _second = _start(computer), _start(computer)
    slowest = [
        max(p.cpu_seconds / p.threads, 2 * 1.15 * (p.read + p.written) / 100e6) for p in CHIAPOS.phases
    ]
    assert _took(computer, first) == pytest.approx(sum(slowest), rel=1e-6)
    computer.fluid.measure()
    assert hardware.drives["hdd"].resource.spent == pytest.approx(2 * 29_900, rel=1e-6)


def test_more_jobs_than_processors_get_all_of_these_and_no_more() -> None:
    computer, hardware = _farm(cpus=2)
    jobs = [_start(computer, dst=TMP) for _ in range(4)]
    seconds = max(_took(computer, job) for job in jobs[:1])
    work = 4 * sum(phase.cpu_seconds for phase in CHIAPOS.phases)
    assert seconds == pytest.approx(work / 2, rel=0.1)
    assert computer.clock.time >= work / 2 * (1 - 1e-9)
    computer.fluid.measure()
    assert hardware.cpu.spent == pytest.approx(work, rel=1e-6)


@pytest.mark.parametrize("tmp2", [None, "/mnt/second"])
def test_a_job_never_takes_more_than_its_definition_said_that_it_still_may(tmp2: str | None) -> None:
    computer, _ = _farm()
    second = computer.disks.mount("/mnt/second", 10**13)
    process = _start(computer, tmp2=tmp2)
    chia, device = plotters()["chia"], computer.disks.device(TMP)
    most, seen = chia.peak(32, tmp2 is not None), []
    promised: list[tuple[int, int]] = []
    while computer.processes.get(process.ident) is not None:
        (_, job), *_ = computer.jobs
        used = device.total - device.free, second.total - second.free
        rest = chia.growth(32, job.phase, tmp2 is not None)
        promised.append((used[0] + rest.tmp, used[1] + rest.tmp2))
        # A few bytes are rounded away.
        assert all(used[0] <= tmp + 9 and used[1] <= tmp2 + 9 for tmp, tmp2 in promised)
        assert min(used) >= 0
        seen.append(used[0])
        computer.clock.advance(300.0)
    assert 0.95 * most.tmp <= max(seen) <= most.tmp + 9


def test_its_room_follows_the_course_of_its_definition() -> None:
    computer, _ = _farm()
    process, device = _start(computer), computer.disks.device(TMP)
    held = {leg.phase: leg.held for leg in plotters()["chia"].course(32)}
    computer.clock.advance(1.0)
    most: dict[Phase, int] = {}
    while computer.processes.get(process.ident) is not None:
        (_, job), *_ = computer.jobs
        assert job.phase is not None
        most[job.phase] = max(most.get(job.phase, 0), device.total - device.free)
        computer.clock.advance(20.0)
    assert {phase: used for phase, used in most.items() if used > held[phase] + 9} == {}
    assert all(most[phase] >= 0.9 * held[phase] for phase in most if phase > Phase(1, 1))


def test_a_stopped_job_stands_still_and_the_others_are_the_faster() -> None:
    computer, _ = _farm(cpus=1)
    first, second = _start(computer, dst=TMP), _start(computer, dst=TMP)
    computer.clock.advance(1000.0)
    computer.processes.stop(second)
    assert second.flow is not None
    left = second.flow.left
    alone = sum(phase.cpu_seconds / min(1.0, phase.threads) for phase in CHIAPOS.phases)
    assert _took(computer, first) == pytest.approx(alone - 500.0, rel=1e-6)
    assert second.flow.left == left
    computer.processes.go_on(second)
    assert _took(computer, second) == pytest.approx(alone - 500.0, rel=1e-6)


def _tight(when_full: str) -> tuple[Computer, Hardware, list[Process]]:
    """Two jobs on a drive that has room for one and a half."""
    drives = [
        {"name": "nvme", "kind": "nvme", "bytes": "400GB", "read": "3GB/s", "write": "2GB/s", "tmp": [TMP]},
        {"name": "hdd", "kind": "hdd", "bytes": "8TB", "read": "200MB/s", "write": "200MB/s", "dst": [DST]},
    ]
    computer, hardware = _farm(drives=drives, when_full=when_full)
    first = _start(computer)
    computer.clock.advance(600.0)
    return computer, hardware, [first, _start(computer)]


def test_a_full_drive_costs_the_youngest_writer_its_life_and_frees_its_room() -> None:
    computer, hardware, (first, second) = _tight("lose")
    _took(computer, second)
    assert hardware.lost == 1
    assert not _told(second).plotting_done
    (_, job), *_ = computer.jobs
    assert [name for name, _ in computer.disks.listing(TMP)] == [job.temps[0].rpartition("/")[2]]
    _took(computer, first)
    assert _told(first).delivered
    assert computer.disks.device(TMP).used == 0


def test_or_all_writers_wait_until_there_is_room_again() -> None:
    computer, hardware, jobs = _tight("wait")
    computer.clock.advance(30_000.0)
    assert not [job for job in jobs if _told(job).plotting_done]
    assert (hardware.lost, hardware.stalled > 2) == (0, True)
    computer.disks.device(TMP).total *= 2
    for job in jobs:
        _took(computer, job)
        assert _told(job).delivered
    assert computer.clock.time < 30_600.0 + 2 * ALONE


def test_memory_for_one_job_is_not_enough_for_two() -> None:
    computer, hardware = _farm(memory="5GB")
    first, second = _start(computer), _start(computer)
    computer.clock.advance(60.0)
    assert computer.processes.get(first.ident) is first
    assert computer.processes.get(second.ident) is None
    assert hardware.lost == 1


def test_jobs_differ_as_far_as_the_machine_says_and_the_same_ones_ever_again() -> None:
    def seconds(spread: float) -> list[float]:
        computer, _ = _farm(spread=spread, cpus=64)
        jobs = [_start(computer, dst=TMP) for _ in range(4)]
        return [computer.clock.time + _took(computer, job) for job in jobs]

    assert len({round(each, 3) for each in seconds(0.0)}) == 1
    spread = seconds(0.05)
    assert len(set(spread)) > 1
    assert all(ALONE * 0.95 <= each <= ALONE * 1.05 + 1 for each in spread)
    assert spread == seconds(0.05)


def test_phases_that_are_heeded_are_noticed_when_they_begin() -> None:
    computer, _ = _farm()
    computer.heed = frozenset({Phase(2, 1)})
    _start(computer)
    computer.clock.advance(1e5, lambda: computer.noticed)
    assert computer.clock.time == pytest.approx(8134.66, abs=1.0)


def test_a_plotter_whose_work_is_unknown_is_refused_and_one_that_is_told_is_not() -> None:
    from reconciler.errors import UsageError

    described = machine()
    hardware = Hardware(described)
    madmax = plotters()["madmax"]
    with pytest.raises(UsageError, match="a plot of madmax takes is not known"):
        hardware.work(madmax)
    told = replace(described, work=(replace(CHIAPOS, plotter="madmax"),))
    assert isinstance(told, MachineDescription)
    assert Hardware(told).work(madmax).plotter == "madmax"


def test_every_job_is_one_that_the_table_of_jobs_shows() -> None:
    computer, _ = _farm()
    process = _start(computer)
    assert [(each, isinstance(job, PlotJob)) for each, job in computer.jobs] == [(process, True)]
