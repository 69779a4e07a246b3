"""A month of a farm by hand, to report on; drawn from a seed, so that it is always the same."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import replace

from reconciler.facts import Facts
from reconciler.farmer import Disk, Farmer
from reconciler.journal import LogName, Record
from reconciler.observe.logbook import Log
from reconciler.plotters import LogState, PlotLog
from reconciler.record import Entry
from reconciler.state import Instant, Known, Outcome, Space
from reconciler.views.export import Over
from reconciler.views.report import DAY, Moved, Report
from reconciler.views.report_sums import report

from .samples import GB, NOW, directory, observation, plotters, spec

SIZE = 108_800_000_000


def job(
    ended: float,
    outcome: Outcome = "finished",
    *,
    tmp: str = "/mnt/tmp/00",
    before: int = 0,
    **told: object,
) -> Over:
    """A job that ended so many seconds ago, and took ten hours. before: plots that it had finished already."""
    at = NOW.at - ended
    body: Mapping[str, str | int | None] = {
        "plotter": "chia", "k": 32, "tmp": tmp, "tmp2": None, "dst": "/mnt/dst/00",
    }  # fmt: skip
    when = Instant(at - 36000.0, NOW.up, "boot")
    record = Record(id="0123456789ab", kind="plot", host="plotter1", when=when, body=body)
    whole = PlotLog(
        plotting_done=True, delivered=True, k=32, total_seconds=35000.0, copy_seconds=600.0,
        phase_seconds=(15000.0, 6000.0, 13000.0, 1000.0),
    )  # fmt: skip
    plot = whole if outcome == "finished" else PlotLog(k=32, phase_seconds=(15000.0, None, None, None))
    plots = (*(whole for _ in range(before)), replace(plot, **told))  # type: ignore[arg-type]
    log = Log(record, LogState(plots=plots), at)
    return Over(LogName("20260102T030405", "0123456789ab", "plot"), outcome, log)


def moved(ended: float, *, finished: bool = True, disk: str = "/farm/07", rate: float = 110e6) -> Moved:
    at = NOW.at - ended
    return Moved(
        source="/mnt/dst/00", farmer="farmer1", disk=disk, bytes=SIZE, began=at - SIZE / rate, ended=at,
        finished=finished, error="rsync: [sender] write error: Broken pipe (32) after 73400320 bytes",
    )  # fmt: skip


def facts() -> Facts:
    disks = tuple(
        Disk(path=f"/farm/{n:02}", space=Known(Space(f"far {n}", free * GB, 16_000 * GB)), count=9)
        for n, free in enumerate((120, 3_400, 15_800, 15_900), start=6)
    )
    seen = observation(farmers={"farmer1": Farmer(name="farmer1", disks=Known(disks))})
    places = {
        **seen.directories,
        "/mnt/dst/00": directory("/mnt/dst/00", 420 * GB),
        "/mnt/dst/01": directory("/mnt/dst/01", 3_100 * GB),
    }
    return Facts(spec(), replace(seen, directories=places), plotters())


def month() -> Report:
    """Thirty busy days."""
    chance = random.Random(7)
    jobs, transfers = [], []
    for day in range(30):
        for number in range(chance.randint(5, 14)):
            ended = day * DAY + number * 5000 + chance.uniform(0, 3000)
            failed = chance.random() < 0.06
            tmp = f"/mnt/tmp/{chance.randint(0, 2):02}"
            if failed:
                error = chance.choice(
                    ("No space left on device", f"Bad block at {chance.randint(10**6, 10**7)}")
                )
                jobs.append(job(ended, "failed", tmp=tmp, error=error))
            else:
                jobs.append(job(ended, tmp=tmp, total_seconds=35000.0 * chance.uniform(0.8, 1.4)))
                disk = f"/farm/{chance.choice((7, 8, 8, 9)):02}"
                transfers.append(moved(ended, disk=disk, rate=chance.uniform(70e6, 118e6)))
    transfers += [moved(hours * 3600.0, finished=False) for hours in (5, 50)]
    known = [
        Entry(
            at=NOW.at - hours * 3600,
            tick=None,
            what="condition",
            kind=kind,
            subject="x",
            result="appeared",
            text="",
        )
        for hours, kind in ((1, "JobStuck"), (70, "JobStuck"), (300, "DirectoryReadOnly"))
    ]
    return report(facts(), jobs, transfers, known, NOW.at - 30 * DAY)


def nothing() -> Report:
    """A farm that has done nothing yet."""
    return report(facts(), [], [], [], NOW.at - 30 * DAY)
