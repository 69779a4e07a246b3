"""Farms out of thin air: a spec and an observation that fit together, from a small world where things collide.

The world has four local disks and three of farmers, a handful of plots and jobs, and sizes in steps that
make jobs of the plotter `steady` (see `tests/cases/plans/README.md`) just fit or just not.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Literal, TypeVar

from hypothesis import strategies as st

from reconciler.farmer import Disk, Farmer, Part, Stored
from reconciler.observation import Observation
from reconciler.spec.judge import judged
from reconciler.spec.models import Spec
from reconciler.spec.week import parse_window
from reconciler.state import (
    Absent,
    Directory,
    Fact,
    Ident,
    Instant,
    Job,
    Known,
    Override,
    Phase,
    Plot,
    Run,
    Space,
    Start,
    Temp,
    Transfer,
    Unknown,
    Verb,
)
from tests.planning.dice import Dice
from tests.planning.shorthand import BOOT, HOST, SIZE, plot_id, plot_name

T = TypeVar("T")

GB = 1_000_000_000
NOW = Instant(1_767_614_400.0, 864_000.0, BOOT)
UNKNOWN = Unknown("did not answer within 2 s")
PLOTS = "abcdef"
PHASES = [Phase(*each) for each in ((5, 0), (3, 1), (2, 1), (2, 0), (1, 5), (1, 1), (1, 0), (4, 0))]
FREE = [gb * GB for gb in (9000, 7000, 5000, 3000, 900, 700, 500, 370, 270, 250, 150, 100, 60, 50, 20, 1, 0)]
MARKS = [gb * GB for gb in (0, 20, 60, 150)]
KINDS = ["broken", "full", "conflict", "stopped", "away", "crowded"]
OLD_TMP, OLD_DST = "/tmp/old", "/dst/old"
"""Directories that the spec names no more."""
AGES = [90_000.0, 7200.0, 3600.0, 600.0, 59.0, 5.0, 1.0, 0.0]


@dataclass(frozen=True, slots=True)
class Farm:
    """What a plan is made from."""

    spec: Spec
    seen: Observation


def farms(*, history: bool = True, shared: bool = True, moving: bool = False) -> st.SearchStrategy[Farm]:
    """history: finished starts tell how long phases take; shared: farm disks may be on devices of others.

    moving: there are farmers and plots to move, and less that stands in their way.
    """
    throws = st.binary(min_size=800, max_size=800)
    return throws.map(lambda drawn: _Maker(drawn, history, shared, moving).farm())


class _Maker:
    def __init__(self, drawn: bytes, history: bool, shared: bool, moving: bool) -> None:
        self.dice = Dice(drawn)
        self.history = history
        self.shared = shared
        self.moving = moving

    def farm(self) -> Farm:
        spec = self.spec()
        roles = spec.directories
        devices = {name: self.space(name) for name in "abcd"}
        farm_devices = {name: self.space(name) for name in "xyz"} | (devices if self.shared else {})
        paths = sorted({d.path for d in roles.tmp} | {d.path for d in (*roles.tmp2, *roles.dst)} | {OLD_TMP})
        landing = {directory.path for directory in roles.landing}
        if spec.archive and self.dice.rarely(6):
            paths, landing = [*paths, OLD_DST], landing | {OLD_DST}
        jobs = tuple(self.job(spec, number) for number in range(self.dice.pick(range(6))))
        seen = Observation(
            host=HOST,
            now=NOW,
            cpus=self.dice.pick([32, 16, 8, 1]),
            memory=64 * GB,
            jobs=self.fact(jobs),
            starts=self.fact(tuple(self.start(spec, number) for number in range(self.dice.pick(range(6))))),
            transfers=self.fact(self.transfers(spec)),
            overrides=self.fact(self.overrides(jobs)),
            directories={
                path: self.directory(path, devices, path in landing) for path in [*paths, roles.logs.path]
            },
            farmers={
                archive.name: self.farmer(archive.name, archive.disks, farm_devices)
                for archive in spec.archive
            },
            finished_before=self.dice.pick([0, 0, 3]),
        )
        return Farm(spec, seen)

    def fact(self, value: T) -> Fact[T]:
        return UNKNOWN if self.dice.rarely(60) else Known(value)

    # the spec

    def spec(self) -> Spec:
        """Every scheduling key in every form, in general and for single directories."""
        pick, some = self.dice.pick, self.dice.some
        tmp = [self.tmp(f"/tmp/{number}") for number in some(range(3), 1, 3)]
        tmp2 = [self.plain(f"/ram/{number}") for number in some(range(2), 0, 2)]
        dst = [self.plain(f"/dst/{number}") for number in some(range(3), 0, 3)]
        if dst and self.dice.rarely(4):
            dst[0]["path"] = tmp[0]["path"]
        archive = [self.archive(name) for name in some(["farm1", "farm2"], int(self.moving), 2)]
        return judged(
            Spec,
            {
                "version": 3,
                "directories": {"tmp": tmp, "tmp2": tmp2, "dst": dst, "logs": "/logs"},
                "plotting": {
                    "plotter": "nobody" if self.dice.rarely(60) else "steady",
                    "state": "drained" if self.dice.rarely(40) else "running",
                    "stop_after": pick([None] * 14 + [1, 9]),
                },
                "scheduling": {
                    "max_jobs": pick(["auto", 12, 8, 7, 6, 5, 4, 3, 2, 1, 0]),
                    "stagger": pick(["auto", 60, 0, 5, 1800]),
                    "tmp": {"max_jobs": self.count(), "stagger": self.stagger()},
                    "start_windows": self.windows(),
                },
                "space": {"floor": pick(MARKS), "resume": pick(MARKS)},
                "archive": archive,
                "archiving": {
                    "transfers": pick([None, None, 3, 2] if self.moving else [None, None, 3, 1, 0]),
                    "links": pick([{}, {"wan": 1}, {"wan": 2}]),
                },
                "clean": pick([None, {"orphans_after": 3600}]),
            },
        )

    def tmp(self, path: str) -> dict[str, Any]:
        own: dict[str, Any] = {
            "max_jobs": self.count(),
            "stagger": self.stagger(),
            "floor": self.mark(),
            "resume": self.mark(),
        }
        own["start_windows"] = tuple(self.windows())
        return {"path": path} | {key: value for key, value in own.items() if self.dice.rarely(3)}

    def plain(self, path: str) -> dict[str, Any]:
        own = {"max_jobs": self.dice.pick([3, 2, 1, 0]), "floor": self.mark()}
        return {"path": path} | {key: value for key, value in own.items() if self.dice.rarely(3)}

    def count(self) -> Any:
        return self.dice.pick(["auto", 4, 3, 2, 1, 0])

    def stagger(self) -> Any:
        return (
            "auto"
            if self.dice.rarely(3)
            else {"until": self.dice.pick(PHASES[1:]), "at_most": self.dice.pick([3, 2, 1])}
        )

    def mark(self) -> int:
        return self.dice.pick(MARKS)

    def windows(self) -> list[Any]:
        return [
            parse_window(w)
            for w in self.dice.pick([[]] * 20 + [["mon"], ["22:00-06:00"], ["sat-sun", "11:00-13:00"]])
        ]

    def archive(self, name: str) -> dict[str, Any]:
        pick = self.dice.pick
        return {
            "name": name,
            "disks": [f"/farm/{number}" for number in self.dice.some(range(3), 1, 3)],
            "floor": pick([0, 50 * GB]),
            "order": pick(["emptiest", "fullest"]),
            "priority": pick([0, 0, 1]),
            "link": pick([None, "wan"]),
            "take": pick([{}] * 6 + [{"k": [33]}, {"contract": "none"}, {"compression": "<7"}]),
            "limits": {
                "transfers": pick([4, 3, 2, 1, "auto"] if self.moving else [4, 3, 2, 1, 0, "auto"]),
                "per_disk": pick([1, 2, "auto"]),
                "per_source": pick([1, 2, "auto"]),
            },
        }

    # what runs

    def since(self) -> Instant:
        age = self.dice.pick(AGES)
        if self.dice.rarely(8):
            return Instant(NOW.at - age, 100.0, "boot0")
        ahead = self.dice.rarely(8)
        return (
            Instant(NOW.at + age + 1, NOW.up + age + 1, BOOT)
            if ahead
            else Instant(NOW.at - age, NOW.up - age, BOOT)
        )

    def job(self, spec: Spec, number: int) -> Job:
        roles, pick = spec.directories, self.dice.pick
        runs: list[Run] = ["running", "running", "running", "suspended", "pending"]
        run = pick(runs)
        tmp = OLD_TMP if self.dice.rarely(12) else pick(roles.tmp).path
        tmp2 = pick(roles.tmp2).path if roles.tmp2 else None
        dst = pick(roles.landing).path
        understood = not self.dice.rarely(5)
        return Job(
            id=f"j{number}",
            plotter="" if self.dice.rarely(10) else "steady",
            run=run,
            since=self.since(),
            ident=None if run == "pending" else Ident(BOOT, number, number),
            tmp=Known(tmp) if understood else UNKNOWN,
            tmp2=Known(tmp2) if tmp2 is not None and understood else Absent("not given"),
            dst=Known(dst) if understood else UNKNOWN,
            touches=() if understood else pick([(), (tmp,), (tmp, dst), None]),
            k=UNKNOWN if self.dice.rarely(8) else Known(32),
            plot_id=Known(plot_id(PLOTS[number])) if self.dice.rarely(2) else UNKNOWN,
            phase=UNKNOWN if self.dice.rarely(6) else Known(pick(PHASES)),
            suspended_by=pick([None, "space", "override"]) if run == "suspended" else None,
            ours=tmp == OLD_TMP,
        )

    def start(self, spec: Spec, number: int) -> Start:
        roles, since = spec.directories, self.since()
        outcomes: list[Literal["finished", "failed", "killed", "unknown"]]
        outcomes = ["finished", "failed", "failed", "failed", "killed", "unknown"]
        outcome = self.dice.pick(outcomes)
        return Start(
            id=f"s{number}",
            since=since,
            plotter="steady",
            k=32,
            tmp=self.dice.pick(roles.tmp).path,
            dst=self.dice.pick(roles.landing).path,
            outcome=outcome,
            ended=self.dice.pick([None, since.at, NOW.at - 1.0]),
            milestones=(1800.0, 3600.0, 5400.0, 7200.0) if self.history and outcome == "finished" else (),
            plot_id=self.dice.pick([None, plot_id("a"), plot_id("f")]),
            log=f"/logs/s{number}.plot.log",
        )

    def transfers(self, spec: Spec) -> tuple[Transfer, ...]:
        """One of each of some plots, and many of one disk that may be bad."""
        if not spec.archive:
            return ()
        found = [self.transfer(spec, plot) for plot in self.dice.some(PLOTS, 0, 2 if self.moving else 4)]
        archive = self.dice.pick(spec.archive)
        disk, kind = self.dice.pick(archive.disks), self.dice.pick(["broken", "broken", "away", "source"])
        ended = NOW.at - self.dice.pick([1.0, 5000.0, 90_000.0])
        for number in range(self.dice.pick([0, 5, 6, 4] if self.moving else [0, 0, 1, 4, 5, 6])):
            found.append(failure(f"y{number}", archive.name, disk, kind, ended))
        return tuple(found)

    def transfer(self, spec: Spec, plot: str) -> Transfer:
        pick = self.dice.pick
        archive = pick(spec.archive)
        outcomes: list[Literal["running", "finished", "failed", "unknown"]]
        outcomes = ["running", "failed", "failed", "finished", "unknown"]
        outcome = pick(outcomes)
        return Transfer(
            id=f"m{plot}",
            plot=plot_name(plot),
            source=pick(spec.directories.landing).path,
            farmer=archive.name,
            disk=pick(archive.disks),
            bytes=SIZE,
            done=pick([0, SIZE // 2, SIZE]),
            outcome=outcome,
            since=self.since(),
            ended=None if outcome == "running" else pick([None, NOW.at - 5000, NOW.at - 1]),
            kind=pick(KINDS) if outcome == "failed" else None,
            entry=pick(["", "", "another"]),
            log=f"/logs/m{plot}.move.log",
        )

    def overrides(self, jobs: tuple[Job, ...]) -> tuple[Override, ...]:
        """One wish a job at most, as the commands leave it; what is said of all work may stand beside it."""
        verbs: list[Verb] = ["suspend", "resume", "kill", "ignore"]
        wishes: list[tuple[Verb, str]] = [
            (self.dice.pick(verbs), target)
            for target in self.dice.some([*(job.id for job in jobs), "gone"], 0, 3)
        ]
        wishes += [("kick", "all")] if self.dice.rarely(3) else []
        wishes += [("pause", self.dice.pick(["archiving", "plotting"]))] if self.dice.rarely(10) else []
        return tuple(self.override(verb, target) for verb, target in wishes)

    def override(self, verb: Verb, target: str) -> Override:
        return Override(
            verb=verb,
            target=target,
            since=self.since(),
            who="ann",
            until=self.dice.pick([None, None, NOW.at + 600, NOW.at - 1]),
            ident=self.dice.pick([None, None, Ident(BOOT, 0, 0)]),
            plot_id=plot_id(self.dice.pick(PLOTS)) if verb == "kill" else None,
        )

    # what lies where

    def space(self, device: str) -> Fact[Space]:
        """The room on a device, as all of its directories tell it."""
        if self.dice.rarely(40):
            return UNKNOWN if self.dice.rarely(2) else Absent("is not mounted")
        return Known(Space(device, self.dice.pick(FREE), FREE[0], not self.dice.rarely(60)))

    def directory(self, path: str, devices: dict[str, Fact[Space]], landing: bool) -> Directory:
        space = self.dice.pick(list(devices.values()))
        plots = tuple(self.plot(path, short) for short in self.dice.some(PLOTS, int(self.moving), 3))
        temps = tuple(self.temp(path, short) for short in self.dice.some(PLOTS, 0, 2))
        answered = isinstance(space, Known)
        return Directory(
            path=path,
            real=path,
            space=space,
            plots=(Known(plots) if answered else UNKNOWN) if landing else Absent("not asked for"),
            temps=Known(temps) if answered else UNKNOWN,
        )

    def plot(self, directory: str, short: str) -> Plot:
        states: list[Literal["ready", "landing", "partial"]]
        states = ["ready", "ready", "ready", "landing", "partial"]
        contracts: list[Fact[str]] = [Known(""), Known("ab" * 32), UNKNOWN]
        return Plot(
            name=plot_name(short),
            directory=directory,
            bytes=SIZE,
            modified=NOW.at - self.dice.pick(AGES),
            k=32,
            plot_id=plot_id(short),
            state=self.dice.pick(states),
            why="thrown",
            compression=self.dice.pick([0, 0, 7]),
            contract=self.dice.pick(contracts),
        )

    def temp(self, directory: str, short: str) -> Temp:
        newest = NOW.at - self.dice.pick([9000.0, 0.0, -60.0])
        return Temp(directory=directory, plot_id=plot_id(short), files=("t.tmp",), bytes=GB, newest=newest)

    def farmer(self, name: str, paths: tuple[str, ...], devices: dict[str, Fact[Space]]) -> Farmer:
        if self.dice.rarely(12):
            return Farmer(name=name, disks=UNKNOWN)
        kept = self.dice.pick([paths, paths, paths, paths[1:]])
        asked = self.dice.pick([None, None, 30.0, 4000.0])
        return Farmer(
            name=name,
            disks=Known(tuple(self.disk(name, path, devices) for path in kept)),
            asked=Instant(NOW.at - asked, NOW.up - asked, BOOT) if asked is not None else None,
            sought=self.dice.pick(
                [None, None, tuple(map(plot_name, PLOTS)), tuple(map(plot_name, PLOTS[2:]))]
            ),
        )

    def disk(self, farmer: str, path: str, devices: dict[str, Fact[Space]]) -> Disk:
        space = self.dice.pick(list(devices.values()))
        if isinstance(space, Known) and not self.shared:
            space = Known(replace(space.value, device=f"{farmer} {space.value.device}"))
        other = self.dice.pick([SIZE, SIZE, SIZE, SIZE - 1])
        return Disk(
            path=path,
            space=space,
            holds=tuple(Stored(plot_name(short), other) for short in self.dice.some(PLOTS, 0, 1)),
            parts=tuple(self.part(short) for short in self.dice.some(PLOTS, 0, 2)),
            boundless=self.dice.rarely(12),
        )

    def part(self, short: str) -> Part:
        return Part(
            plot=plot_name(short),
            bytes=SIZE,
            done=self.dice.pick([SIZE // 2, 0]),
            host=self.dice.pick([HOST, "plotter2"]),
            modified=NOW.at - self.dice.pick(AGES),
        )


def failure(plot: str, farmer: str, disk: str, kind: str, ended: float) -> Transfer:
    """One that failed and left nothing."""
    return Transfer(
        id=f"failed-{plot}",
        plot=plot_name(plot),
        source="/dst/9",
        farmer=farmer,
        disk=disk,
        bytes=SIZE,
        outcome="failed",
        since=Instant(ended - 1.0, NOW.up - (NOW.at - ended) - 1.0, BOOT),
        ended=ended,
        kind=kind,
        log=f"/logs/{plot}.move.log",
    )
