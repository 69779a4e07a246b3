"""What the dashboard costs: ``python -m tests.benchmarks.dashboard [SECONDS]``

refresh: 200 jobs, 20 tmp, 10 dst, 30 disks; every second a look in which each job has gone on. Its share of one core is
the CPU time of the process by the seconds that passed, everything but making the looks; still: the same without looks.

key: from a key's bytes to the first bytes of the screen's answer, on a real terminal, while the program runs a loop
whose farmer takes connections and never says a word.
"""

from __future__ import annotations

import asyncio
import os
import select
import socket
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from reconciler.dashboard.app import Dashboard
from reconciler.dashboard.snapshot import Snapshot
from reconciler.facts import Facts
from reconciler.state import Instant, Known
from reconciler.views.symbols import UNICODE
from reconciler.world import Usage
from tests.benchmarks.alone import alone
from tests.dashboard.screens import FakeFeed
from tests.dashboard.states import PHASES, many
from tests.dashboard.test_terminal import terminal

SIZES = ((80, 24), (250, 80))
KEYS = "2345671"
SPEC = """\
version: 3
directories: {{tmp: [{root}/tmp], dst: [{root}/dst], logs: {root}/logs}}
archive: [{{name: far, host: 127.0.0.1, port: {port}, disks: /farm/*}}]
"""


def main() -> None:
    """Run it and print the figures."""
    alone("tests.benchmarks.dashboard")
    seconds = int(sys.argv[1]) if sys.argv[1:] else 20
    looks = [later(many(), number) for number in range(seconds)]
    for size in SIZES:
        busy = asyncio.run(share(looks, size, seconds))
        still = asyncio.run(share(looks[:1], size, seconds))
        print(f"{size[0]:>4}x{size[1]}  refresh {busy:6.2%} of a core   still {still:6.2%}", flush=True)
    times = sorted(latencies(100))
    print(
        f"key: median {statistics.median(times):.1f} ms, 99 of 100 within {times[-2]:.1f} ms, most {times[-1]:.1f} ms"
    )


def later(snapshot: Snapshot, number: int) -> Snapshot:
    """The same farm, some time later: every job is older, further, and has used more."""
    seen = snapshot.facts.seen
    passed = 61.0 * number
    now = Instant(seen.now.at + passed, seen.now.up + passed, seen.now.boot)
    jobs = tuple(
        replace(job, phase=Known(PHASES[(at + number) % len(PHASES)]))
        for at, job in enumerate(snapshot.facts.all_jobs)
    )
    facts = Facts(snapshot.facts.spec, replace(seen, now=now, jobs=Known(jobs)), snapshot.facts.plotters)
    usage = {ident: Usage(used.memory + 10**7 * number, used.user + passed, used.system, used.io)
             for ident, used in snapshot.usage.items()}  # fmt: skip
    return replace(snapshot, facts=facts, usage=usage)


async def share(looks: Sequence[Snapshot], size: tuple[int, int], seconds: int) -> float:
    """The part of one core that showing these takes, one a second."""
    feed = FakeFeed(looks[0])
    app = Dashboard(feed, UNICODE)
    async with app.run_test(size=size):
        await asyncio.sleep(2.0)
        before, began = time.process_time(), time.monotonic()
        for second in range(seconds):
            feed.snapshot = looks[second % len(looks)]
            await asyncio.sleep(max(0.0, began + second + 1 - time.monotonic()))
        return (time.process_time() - before) / (time.monotonic() - began)


def latencies(count: int) -> list[float]:
    """Milliseconds from a key to the answer."""
    found = []
    with tempfile.TemporaryDirectory() as root, socket.create_server(("127.0.0.1", 0)) as silent:
        for name in ("tmp", "dst", "logs"):
            (Path(root) / name).mkdir()
        spec = Path(root) / "plotman.yaml"
        spec.write_text(SPEC.format(root=root, port=silent.getsockname()[1]))
        with terminal("interactive", "-f", str(spec)) as shown:
            until = time.monotonic() + 30
            while not shown.sees("has not answered yet") and not shown.sees("next tick"):
                assert time.monotonic() < until, shown.shown
                time.sleep(0.05)
            for number in range(count):
                time.sleep(0.15)
                shown.sees("")  # what came without a key
                began = time.monotonic()
                shown.types(KEYS[number % len(KEYS)])
                assert select.select([shown.leader], [], [], 5.0)[0]
                found.append((time.monotonic() - began) * 1000)
                os.read(shown.leader, 65536)
            shown.types("q")
            while shown.process.poll() is None:
                shown.sees("")
                time.sleep(0.05)
    return found


if __name__ == "__main__":
    main()
