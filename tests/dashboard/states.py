"""Farms that a dashboard may have to show, each as one snapshot."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from reconciler.dashboard.snapshot import Snapshot
from reconciler.desire import desire
from reconciler.facts import Facts
from reconciler.farmer import Disk, Farmer
from reconciler.loop import Work
from reconciler.plan import plan_facts
from reconciler.record import Entry
from reconciler.state import Absent, Ident, Job, Known, Override, Phase, Space, Start, Transfer, Unknown
from reconciler.world import Usage
from tests.views import samples
from tests.views.samples import GB, NOW, ago

HERE: Mapping[Work, str | None] = {"plotting": None, "archiving": None}
ELSEWHERE: Mapping[Work, str | None] = {
    "plotting": "plotting (pid 77, joe, since 2023-11-14T20:00:00Z)",
    "archiving": "archiving (pid 77, joe, since 2023-11-14T20:00:00Z)",
}
PHASES = [Phase(major, minor) for major in (1, 2, 3) for minor in range(1, 7)] + [Phase(4, 0)]


def snapshot(facts: Facts, *, watched: bool = False, trouble: str = "") -> Snapshot:
    jobs = facts.all_jobs
    return Snapshot(
        facts=facts,
        plan=plan_facts(facts),
        wish=desire(facts),
        usage={job.ident: Usage(4 * GB, 3600.0, 60.0, 5.0) for job in jobs if job.ident is not None},
        temps={job.id: 139 * GB for job in jobs[1:]},
        entries=(
            Entry(at=NOW.at - 90000, tick=None, what="condition", kind="LogUnreadable", subject="x.log",
                  result="appeared", text="it cannot be read"),
            Entry(at=NOW.at - 60, tick=NOW.at - 60, what="action", kind="suspend", subject="aaaaaaaaaaaa",
                  result="done", text="3 processes stopped"),
        ),
        here=not watched,
        holders=ELSEWHERE if watched else HERE,
        next_in=14.0,
        trouble=trouble,
    )  # fmt: skip


def job(number: int, tmps: int = 2, dsts: int = 2, **more: object) -> Job:
    told: dict[str, object] = {
        "dst": Known(f"/mnt/dst/{number % dsts:02}"),
        "plot_id": Known(f"{number + 0x1B2C3D4E:08x}" + "0" * 56),
        "ident": Ident("boot", 4321 + number, 99),
        "since": ago(600.0 + 97 * number),
        "phase": Known(PHASES[number % len(PHASES)]),
    }
    return samples.job(f"{number + 1:012x}", f"/mnt/tmp/{number % tmps:02}", **{**told, **more})


def empty() -> Snapshot:
    return snapshot(samples.facts(of=samples.spec(archive=[])))


def one() -> Snapshot:
    return snapshot(samples.facts(job(3), plots=(samples.plot("/mnt/dst/00"),)))


def many() -> Snapshot:
    """200 jobs on 20 tmp directories, 30 disks, and some transfers."""
    tmps, dsts = [f"/mnt/tmp/{n:02}" for n in range(20)], [f"/mnt/dst/{n:02}" for n in range(10)]
    spec = samples.spec(
        directories={"tmp": tmps, "dst": dsts, "logs": "/var/log/plotman"},
        scheduling={"max_jobs": 200, "tmp": {"max_jobs": 10, "stagger": {"until": "2:1", "at_most": 2}}},
    )
    disks = tuple(
        Disk(path=f"/farm/{n:02}", space=Known(Space(f"far {n}", (30 - n) * 500 * GB, 16000 * GB)), count=n)
        for n in range(30)
    )
    facts = samples.facts(
        *(job(n, len(tmps), len(dsts)) for n in range(200)),
        of=spec,
        directories={path: samples.directory(path) for path in (*tmps, *dsts, "/var/log/plotman")},
        farmers={"farmer1": Farmer(name="farmer1", disks=Known(disks), asked=ago(12))},
        transfers=Known(tuple(transfer(n) for n in range(4))),
        starts=Known(tuple(start(n) for n in range(5))),
    )
    return snapshot(facts)


def transfer(number: int) -> Transfer:
    return Transfer(
        id=f"{number:012x}",
        plot=samples.plot("/mnt/dst/00", f"{number:064x}").name,
        source=f"/mnt/dst/{number % 2:02}",
        farmer="farmer1",
        disk=f"/farm/{number:02}",
        bytes=108 * GB,
        done=27 * GB * number,
        outcome="running",
        since=ago(900),
        log=f"/var/log/plotman/{number}.log",
    )


def start(number: int) -> Start:
    return Start(
        id=f"{number + 1000:012x}",
        since=ago(100_000),
        plotter="chia",
        k=32,
        tmp="/mnt/tmp/00",
        dst="/mnt/dst/00",
        outcome="finished",
        ended=NOW.at - 70_000,
        seconds=30_000.0,
        milestones=(12_000.0, 18_000.0, 28_000.0),
        log=f"/var/log/plotman/over{number}.log",
    )


def away() -> Snapshot:
    """The farmer is silent, a transfer to it has failed, and another program runs the loop."""
    failed = replace(transfer(1), outcome="failed", ended=NOW.at - 300, error="no route to host", kind="away")
    farmer = Farmer(
        name="farmer1",
        disks=Unknown("no answer for 4m: no route to host"),
        asked=ago(240),
        trouble="no route to host",
        kind="away",
        next_at=NOW.at + 70,
    )
    facts = samples.facts(
        job(0), job(1), plots=(samples.plot("/mnt/dst/00"),),
        farmers={"farmer1": farmer}, transfers=Known((failed,)),
    )  # fmt: skip
    return snapshot(facts, watched=True)


def held() -> Snapshot:
    """Both kinds of work are paused, a job is stopped, one is stuck, one unknown, and the spec is broken."""
    pauses = tuple(
        Override(verb="pause", target=work, since=ago(300), who="joe", why="disk swap", until=NOW.at + 7200)
        for work in ("plotting", "archiving")
    )
    facts = samples.facts(
        job(0, run="suspended", suspended_by="override"),
        job(1, trouble="Could not copy: No space left on device"),
        job(2, log=Absent("no log"), plot_id=Unknown("no log"), phase=Unknown("no log")),
        overrides=Known(pauses),
        plots=(samples.plot("/mnt/dst/00"),),
    )
    return snapshot(facts, trouble="the spec is not usable, the last good one goes on:\nplotman.yaml:3:1: no")


STATES: Mapping[str, Callable[[], Snapshot]] = {
    "empty": empty, "one": one, "many": many, "away": away, "held": held,
}  # fmt: skip
