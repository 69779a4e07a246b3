"""Both clocks, and the boot that they belong to."""

from __future__ import annotations

import time

from reconciler.state import Instant

BOOT_ID = "/proc/sys/kernel/random/boot_id"
# Linux has a clock that runs on during sleep under a name of its own; macOS' plain one does so.
UP_CLOCK: int = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)


class Clock:
    """What time it is, by the wall and since the boot."""

    def __init__(self) -> None:
        self.boot = _boot()

    def now(self) -> Instant:
        """Both clocks, read together."""
        return Instant(at=time.time(), up=self.up(), boot=self.boot)

    def up(self) -> float:
        """Seconds since the machine came up, sleep included."""
        return time.clock_gettime(UP_CLOCK)

    def utc_offset(self) -> int:
        """Seconds that local time is ahead of UTC, now."""
        return time.localtime().tm_gmtoff


def _boot() -> str:
    """The kernel's id of this boot."""
    try:
        with open(BOOT_ID, encoding="ascii") as file:
            return file.read().strip()
    except OSError:
        import subprocess

        answer = subprocess.run(
            ["sysctl", "-n", "kern.bootsessionuuid"], capture_output=True, text=True, check=False, timeout=5
        )
        return answer.stdout.strip() or "unknown"
