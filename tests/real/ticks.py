"""How long a loop's ticks take, in a process that has imported nothing yet.

``python -m tests.real.ticks SPEC SECONDS`` prints the seconds of each tick, one a line.
"""

from __future__ import annotations

import sys
import time

from tests.real.driver import loop

PAUSE = 0.03
"""Seconds between two ticks."""


def main(spec: str, seconds: float) -> None:
    """Tick for so long."""
    here = loop(spec, ("archiving",))
    end = time.monotonic() + seconds
    with here.locks():
        while time.monotonic() < end:
            began = time.monotonic()
            here.tick()
            print(time.monotonic() - began)
            time.sleep(PAUSE)


if __name__ == "__main__":
    main(sys.argv[1], float(sys.argv[2]))
