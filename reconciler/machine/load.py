"""How busy processors and drives have been and how full memory is, from the kernel's own counters."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from reconciler.busy import SPAN, Busy
from reconciler.noun import noun
from reconciler.state import Fact, Known, Unknown

LEAST = 60.0
"""Seconds over which they are reckoned at least: a shorter look is chance."""
APART = 10.0
"""Seconds between two readings of the counters."""

DEPTH = 32
"""Requests that a drive without moving parts serves side by side: it has no more to give when so many are under way."""


@noun
class _Reading:
    """The counters at one moment. busy, whole: seconds of all processors; drives: busy seconds, by kernel name."""

    up: float
    busy: float
    whole: float
    drives: Mapping[str, float]


class Load:
    """Reads the counters now and then, and keeps what is needed to tell shares."""

    def __init__(self) -> None:
        self._readings: deque[_Reading] = deque()

    def look(self, up: float) -> Fact[Busy]:
        """The shares until now. up: the boot clock. Unknown until it has looked for a while."""
        if not self._readings or up - self._readings[-1].up >= APART:
            reading = _reading(up)
            if self._readings and reading.drives.keys() != self._readings[-1].drives.keys():
                # A drive came or went, or has other partitions.
                _turns.cache_clear()
                _devices.cache_clear()
            self._readings.append(reading)
        while len(self._readings) > 1 and up - self._readings[1].up >= SPAN:
            self._readings.popleft()
        first, last = self._readings[0], self._readings[-1]
        if last.up - first.up < LEAST:
            return Unknown("it has not been looked at for a minute yet")
        whole = last.whole - first.whole
        cpu = (last.busy - first.busy) / whole if whole > 0 else 0.0
        passed = last.up - first.up
        drives = {
            device: _share((busy - first.drives[name]) / passed)
            for name, busy in last.drives.items()
            if name in first.drives
            for device in _devices(name)
        }
        return Known(Busy(_share(cpu), drives, _memory()))


def _reading(up: float) -> _Reading:
    import psutil

    times = psutil.cpu_times()
    idle = times.idle + getattr(times, "iowait", 0.0)
    # Time of guests is counted in user time, too.
    whole = sum(times) - getattr(times, "guest", 0.0) - getattr(times, "guest_nice", 0.0)
    counters = psutil.disk_io_counters(perdisk=True, nowrap=False) or {}
    drives = {
        name: _busy(name, counter)
        for name, counter in counters.items()
        if getattr(counter, "busy_time", None) is not None
    }
    return _Reading(up, whole - idle, whole, drives)


def _busy(name: str, counter: Any) -> float:
    """Seconds that a drive has been busy; one that serves many requests side by side counts each for its part."""
    if _turns(name):
        return float(counter.busy_time / 1000)
    return float((counter.read_time + counter.write_time) / 1000 / DEPTH)


@lru_cache(maxsize=256)
def _turns(name: str) -> bool:
    """Is it a hard disk? Also where that cannot be told."""
    try:
        with open(f"/sys/class/block/{name}/queue/rotational", encoding="ascii") as file:
            return file.read().strip() != "0"
    except OSError:
        return True


def _memory() -> float:
    import psutil

    memory = psutil.virtual_memory()
    return _share(1.0 - memory.available / memory.total)


def _share(part: float) -> float:
    return min(1.0, max(0.0, part))


@lru_cache(maxsize=256)
def _devices(name: str) -> tuple[str, ...]:
    """The numbers of a drive and of its partitions, which share its time; none where there is no /sys."""
    folder = f"/sys/class/block/{name}"
    if os.path.exists(f"{folder}/partition"):
        return ()
    try:
        parts = [entry for entry in os.listdir(folder) if os.path.exists(f"{folder}/{entry}/partition")]
        return tuple(_number(path) for path in (folder, *(f"{folder}/{part}" for part in parts)))
    except OSError:
        return ()


def _number(folder: str) -> str:
    with open(f"{folder}/dev", encoding="ascii") as file:
        return file.read().strip()
