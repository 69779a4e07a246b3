"""How busy processors and drives have been: shares of the last minutes, and nothing before a minute has passed."""

from __future__ import annotations

import os
import time
from collections import namedtuple
from functools import lru_cache

import psutil
import pytest

from reconciler.busy import SPAN, Busy
from reconciler.machine import load
from reconciler.machine.load import Load
from reconciler.state import Known, Unknown

Times = namedtuple("Times", "user system idle iowait guest guest_nice")
Disk = namedtuple("Disk", "busy_time read_time write_time")


class Kernel:
    """The counters of a machine with two processors and a drive, whose load is set by hand."""

    def __init__(self) -> None:
        self.up = 1000.0
        self.busy = self.drive = 0.0
        self.names: tuple[str, ...] = ("sda",)

    def run(self, seconds: float, *, cpu: float, drive: float) -> None:
        self.up += seconds
        self.busy += 2 * seconds * cpu
        self.drive += seconds * drive

    def times(self) -> Times:
        return Times(self.busy, 0.0, 2 * self.up - self.busy - 50.0, 50.0, 0.0, 0.0)

    def disks(self, perdisk: bool, nowrap: bool) -> dict[str, Disk]:
        return dict.fromkeys(self.names, Disk(self.drive * 1000, self.drive * 4000, self.drive * 12000))


@pytest.fixture
def kernel(monkeypatch: pytest.MonkeyPatch) -> Kernel:
    made = Kernel()
    monkeypatch.setattr(psutil, "cpu_times", made.times)
    monkeypatch.setattr(psutil, "disk_io_counters", made.disks)
    monkeypatch.setattr(load, "_turns", lru_cache(lambda _: True))
    monkeypatch.setattr(load, "_devices", lambda name: {"sda": ("8:0", "8:1")}[name])
    return made


def shares(meter: Load, kernel: Kernel) -> Busy:
    seen = meter.look(kernel.up)
    assert isinstance(seen, Known)
    return seen.value


def test_a_short_look_tells_nothing(kernel: Kernel) -> None:
    meter = Load()
    assert isinstance(meter.look(kernel.up), Unknown)
    kernel.run(59.0, cpu=1.0, drive=1.0)
    assert isinstance(meter.look(kernel.up), Unknown)


def test_shares_are_those_of_the_time_between(kernel: Kernel) -> None:
    meter = Load()
    meter.look(kernel.up)
    kernel.run(100.0, cpu=0.75, drive=0.5)
    seen = shares(meter, kernel)
    assert seen.cpu == pytest.approx(0.75)
    assert seen.drives == pytest.approx({"8:0": 0.5, "8:1": 0.5})


def test_a_partition_that_is_made_meanwhile_has_its_drives_share(
    kernel: Kernel, monkeypatch: pytest.MonkeyPatch
) -> None:
    partitions = ["8:0"]
    monkeypatch.setattr(load, "_devices", lru_cache(lambda name: tuple(partitions) if name == "sda" else ()))
    meter = Load()
    meter.look(kernel.up)
    kernel.run(100.0, cpu=0.0, drive=0.5)
    assert shares(meter, kernel).drives == pytest.approx({"8:0": 0.5})
    partitions.append("8:1")
    kernel.names = ("sda", "sda1")
    kernel.run(100.0, cpu=0.0, drive=0.5)
    assert shares(meter, kernel).drives == pytest.approx({"8:0": 0.5, "8:1": 0.5})


def test_what_is_long_ago_counts_no_more(kernel: Kernel) -> None:
    meter = Load()
    for _ in range(60):
        meter.look(kernel.up)
        kernel.run(20.0, cpu=1.0, drive=1.0)
    for _ in range(int(SPAN // 20) + 1):
        meter.look(kernel.up)
        kernel.run(20.0, cpu=0.0, drive=0.0)
    assert shares(meter, kernel).cpu == pytest.approx(0.0)


def test_a_real_machine_is_between_idle_and_busy_and_names_its_drives_as_stat_does(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(load, "LEAST", 0.2)
    monkeypatch.setattr(load, "APART", 0.0)
    meter, end = Load(), time.monotonic() + 10
    seen = meter.look(time.monotonic())
    while not isinstance(seen, Known):
        assert time.monotonic() < end
        seen = meter.look(time.monotonic())
    assert 0 <= seen.value.cpu <= 1
    assert all(0 <= share <= 1 for share in seen.value.drives.values())
    for number in seen.value.drives:
        assert os.path.exists(f"/sys/dev/block/{number}")


def test_a_drive_that_serves_many_at_once_is_full_only_when_many_wait(
    kernel: Kernel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(load, "_turns", lambda _: False)
    meter = Load()
    meter.look(kernel.up)
    kernel.run(100.0, cpu=0.5, drive=1.0)
    assert shares(meter, kernel).drives["8:0"] == pytest.approx(16 / load.DEPTH)


def test_memory_is_taken_as_far_as_nobody_could_have_it(
    kernel: Kernel, monkeypatch: pytest.MonkeyPatch
) -> None:
    Memory = namedtuple("Memory", "total available")
    monkeypatch.setattr(psutil, "virtual_memory", lambda: Memory(64, 16))
    meter = Load()
    meter.look(kernel.up)
    kernel.run(100.0, cpu=0.5, drive=1.0)
    assert shares(meter, kernel).memory == pytest.approx(0.75)
