"""Plotman's loop as the main process of a container, whose end is the end of all that runs in it.

``entrypoint.py apply ...`` runs `plotman apply ...`, again and again should it end by itself. The first SIGTERM or
SIGINT lets what runs finish: nothing new is started, and once no job and no transfer is left, the loop is ended. The
second ends it at once. SIGHUP makes it look now. Any other verb is simply run.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from types import FrameType
from typing import Any

PLOTMAN = (sys.executable, "-m", "reconciler")
LOOPS = ("apply", "plot", "archive")
WORKS = ("plotting", "archiving")
PAUSE = 5.0
"""Seconds between two looks at what runs, and before the loop is run again."""
WHY = "the container is being stopped"


def main(arguments: Sequence[str]) -> int:
    """Exit code: 0 once all is over."""
    if not arguments or arguments[0] not in LOOPS:
        os.execv(PLOTMAN[0], [*PLOTMAN, *arguments])
    told = 0
    loop: subprocess.Popen[bytes] | None = None

    def stop(_number: int, _frame: FrameType | None) -> None:
        nonlocal told
        told += 1

    def look(number: int, _frame: FrameType | None) -> None:
        if loop is not None:
            loop.send_signal(number)

    for number, handler in {signal.SIGTERM: stop, signal.SIGINT: stop, signal.SIGHUP: look}.items():
        signal.signal(number, handler)
    withdraw()
    draining = False
    while not (told > 1 or (draining and idle())):
        if loop is None:
            # In a session of its own: Ctrl-C is for this process alone, which passes on what it means.
            loop = subprocess.Popen([*PLOTMAN, *arguments], start_new_session=True)
        if told and not draining:
            say("stopping: waits for the jobs and transfers that run; once more ends them")
            pause()
            draining = True
        time.sleep(PAUSE if told < 2 else 0)
        if loop.poll() is not None:
            # Were this process to end too, so would the jobs.
            say(f"the loop has ended with {loop.returncode}; it is run again")
            loop = None
    if loop is not None:
        loop.terminate()
        loop.wait()
    return 0


def idle() -> bool:
    """Is nothing left that would end with this container? Where that cannot be told: no."""
    told = asked("status", "--json")
    if told is None:
        return False
    return not told["transfers"] and not any(job["pid"] is None or inside(job["pid"]) for job in told["jobs"])


def inside(pid: int) -> bool:
    """Does that process run in this container, and not elsewhere on the host?"""
    try:
        return Path(f"/proc/{pid}/cgroup").read_text() == Path("/proc/self/cgroup").read_text()
    except OSError:
        return Path(f"/proc/{pid}").exists()


def pauses() -> dict[str, str] | None:
    """Which kinds of work are paused, and why; None: it cannot be told."""
    told = asked("observe", "--json")
    if told is None or told["overrides"]["fact"] != "known":
        return None
    return {wish["target"]: wish["why"] for wish in told["overrides"]["value"] if wish["verb"] == "pause"}


def pause() -> None:
    """Have nothing new started. What a person has paused stays that person's."""
    standing = pauses() or {}
    for work in WORKS:
        if work not in standing:
            subprocess.run([*PLOTMAN, "pause", work, "--why", WHY], check=False)


def withdraw() -> None:
    """Take back what `pause` asked for before the last end."""
    for work, why in (pauses() or {}).items():
        if why == WHY:
            subprocess.run([*PLOTMAN, "unpause", work], check=False)


def asked(*arguments: str) -> dict[str, Any] | None:
    """What plotman answers; None: nothing of use."""
    told = subprocess.run([*PLOTMAN, *arguments], stdout=subprocess.PIPE, check=False)
    found: dict[str, Any] | None = json.loads(told.stdout) if told.returncode == 0 else None
    return found


def say(text: str) -> None:
    """Tell whoever reads the container's log."""
    print(f"entrypoint: {text}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
