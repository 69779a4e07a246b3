"""An Observation in a few words: what the `observed` part of a plan case may say.

`tests/cases/plans/README.md` describes it. Every fact is either its value, or `{absent: why}`, or
`{unknown: why}`. Whatever is left out is known, and in nobody's way.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Any, TypeVar

from reconciler.busy import Busy
from reconciler.errand import entry_of
from reconciler.farmer import Disk, Farmer, OldPlot, Part, Stored
from reconciler.observation import Observation
from reconciler.spec.models import Spec
from reconciler.spec.units import parse_duration, parse_milestone, parse_size
from reconciler.state import (
    Absent,
    Deletion,
    Directory,
    Fact,
    Ident,
    Instant,
    Job,
    Known,
    Override,
    Plot,
    Removal,
    Space,
    Start,
    Temp,
    Transfer,
    Unknown,
)

T = TypeVar("T")
Short = Mapping[str, Any]

HOST, BOOT = "plotter1", "boot1"
NOON = "2026-01-05T12:00:00Z"
"""A Monday."""
UP = 10 * 86400.0
ROOMY = 10_000_000_000_000
SIZE = 100_000_000_000
"""Bytes of a plot that the case gives no size."""


def plot_id(short: str) -> str:
    """A plot's whole id, of its short one repeated: 64 hex digits."""
    return (short * 64)[:64]


def plot_name(short: str) -> str:
    """A finished plot's file name."""
    return f"plot-k32-2026-01-01-00-00-{plot_id(short)}.plot"


def _busy(row: Short) -> Busy:
    return Busy(row["cpu"], row.get("drives", {}), row.get("memory", 0.0))


def observation(short: Short, spec: Spec) -> Observation:
    """What a case says was observed, for its spec. Raises ValueError for a key that means nothing."""
    return _Reader(short, spec).observation()


def fact(value: Any, read: Callable[[Any], T]) -> Fact[T]:
    """A value, or {absent: why}, or {unknown: why}."""
    if isinstance(value, dict) and len(value) == 1:
        if "absent" in value:
            return Absent(value["absent"])
        if "unknown" in value:
            return Unknown(value["unknown"])
    return Known(read(value))


class _Reader:
    def __init__(self, short: Short, spec: Spec) -> None:
        self.short = dict(short)
        self.spec = spec
        self.now = Instant(datetime.fromisoformat(self.short.pop("now", NOON)).timestamp(), UP, BOOT)
        self.k = spec.plotting.k if spec.plotting is not None else 32
        self.plotter = spec.plotting.plotter if spec.plotting is not None else "chia"
        landing = spec.directories.landing
        self.dst = landing[0].path if landing else "/dst"
        self.number = 0

    def observation(self) -> Observation:
        take = self.short.pop
        found = Observation(
            host=HOST,
            now=self.now,
            cpus=take("cpus", 64),
            memory=parse_size(take("memory", "64GB")),
            utc_offset=int(parse_duration(take("utc_offset", 0))),
            jobs=fact(take("jobs", []), lambda rows: tuple(map(self.job, rows))),
            starts=fact(take("starts", []), lambda rows: tuple(map(self.start, rows))),
            transfers=fact(take("transfers", []), lambda rows: tuple(map(self.transfer, _repeated(rows)))),
            removals=fact(take("removals", []), lambda rows: tuple(map(self.removal, _repeated(rows)))),
            deletions=fact(take("deletions", []), lambda rows: tuple(map(self.deletion, _repeated(rows)))),
            overrides=fact(take("overrides", []), lambda rows: tuple(map(self.override, rows))),
            directories=self.directories(take("directories", {})),
            farmers=self.farmers(take("farmers", {})),
            finished_before=take("finished_before", 0),
            busy=fact(take("busy", {"unknown": "not looked at yet"}), _busy),
        )
        _nothing_left(self.short, "observed")
        return found

    # time

    def ago(self, row: dict[str, Any], key: str = "age", otherwise: str | int = "1h") -> Instant:
        """So long ago; `ahead` in its place: in the future; `boot: other`: before this boot."""
        age = parse_duration(row.pop(key, otherwise))
        ahead = parse_duration(row.pop("ahead", 0))
        boot = row.pop("boot", BOOT)
        passed = -ahead if ahead else age
        up = self.now.up - passed if boot == BOOT else 5.0
        return Instant(self.now.at - passed, up, boot)

    def wall(self, row: dict[str, Any], key: str) -> float | None:
        """Wall clock of a moment given as the time since; None where it is not given."""
        return self.now.at - parse_duration(row.pop(key)) if key in row else None

    # what runs

    def job(self, short: Short) -> Job:
        row = dict(short)
        name = str(row.pop("id"))
        run = row.pop("run", "running")
        pid = row.pop("pid", 100 + sum(map(ord, name)))
        tmp = fact(row.pop("tmp", {"unknown": "its arguments do not tell"}), str)
        found = Job(
            id=name,
            plotter=row.pop("plotter", self.plotter),
            run=run,
            since=self.ago(row),
            ident=None if run == "pending" else Ident(BOOT, pid, pid),
            leads=True,
            tmp=tmp,
            tmp2=fact(row.pop("tmp2", {"absent": "not given"}), str),
            dst=fact(row.pop("dst", self.dst), str),
            touches=_tuple(row.pop("touches", ())),
            k=fact(row.pop("k", self.k), int),
            plot_id=fact(row.pop("plot", {"unknown": "the log does not name it yet"}), plot_id),
            phase=fact(row.pop("phase", {"unknown": "no log"}), parse_milestone),
            ours=row.pop("ours", True),
            suspended_by=row.pop("suspended_by", None),
        )
        _nothing_left(row, f"job {name}")
        return found

    def start(self, short: Short) -> Start:
        row = dict(short)
        since = self.ago(row)
        name = str(row.pop("id", f"{len(row)}:{since.at}"))
        found = Start(
            id=name,
            since=since,
            plotter=row.pop("plotter", self.plotter),
            k=row.pop("k", self.k),
            tmp=row.pop("tmp"),
            dst=row.pop("dst", self.dst),
            outcome=row.pop("outcome"),
            ended=self.wall(row, "ended"),
            milestones=tuple(map(parse_duration, row.pop("milestones", ()))),
            plot_id=plot_id(row.pop("plot")) if "plot" in row else None,
            error=row.pop("error", None),
            log=f"/logs/{name}.plot.log",
        )
        _nothing_left(row, f"start {name}")
        return found

    def transfer(self, row: dict[str, Any]) -> Transfer:
        plot = row.pop("plot")
        farmer, _, disk = row.pop("to").partition(":")
        self.number += 1
        found = Transfer(
            id=f"move-{plot}-{self.number:03}",
            plot=plot_name(plot),
            source=row.pop("source", self.dst),
            farmer=farmer,
            disk=disk,
            bytes=parse_size(row.pop("bytes", f"{SIZE}B")),
            done=parse_size(row.pop("done", 0)),
            outcome=row.pop("outcome"),
            since=self.ago(row),
            ended=self.wall(row, "ended"),
            step=row.pop("step", ""),
            kind=row.pop("kind", None),
            error=row.pop("error", None),
            entry=self.entry(farmer, row.pop("entry", "")),
            log=f"/logs/{plot}.move.log",
        )
        _nothing_left(row, f"transfer {plot}")
        return found

    def removal(self, row: dict[str, Any]) -> Removal:
        plot = row.pop("plot")
        farmer, _, disk = row.pop("from").partition(":")
        self.number += 1
        found = Removal(
            id=f"retire-{plot}-{self.number:03}",
            plot=plot_name(plot),
            bytes=parse_size(row.pop("bytes", f"{SIZE}B")),
            farmer=farmer,
            disk=disk,
            heir=plot_name(row.pop("heir", "f")),
            outcome=row.pop("outcome"),
            since=self.ago(row),
            ended=self.wall(row, "ended"),
            kind=row.pop("kind", None),
            error=row.pop("error", None),
            step=row.pop("step", ""),
            entry=self.entry(farmer, row.pop("entry", "present")),
            log=f"/logs/{plot}.retire.log",
        )
        _nothing_left(row, f"removal of {plot}")
        return found

    def deletion(self, row: dict[str, Any]) -> Deletion:
        kind = row.pop("kind")
        self.number += 1
        found = Deletion(
            id=f"{kind}-{self.number:03}",
            kind=kind,
            subject=row.pop("subject", "a"),
            since=self.ago(row),
            log=f"/logs/{self.number:03}.{kind}.log",
        )
        _nothing_left(row, f"deletion {kind}")
        return found

    def entry(self, farmer: str, word: str) -> str:
        """``present``: the digest of the farmer's part of the spec as it is; any other text is itself."""
        return entry_of(self.spec.archiver(farmer)) if word == "present" else word

    def override(self, short: Short) -> Override:
        row = dict(short)
        verb = row.pop("verb")
        pid = row.pop("pid", None)
        lasts = row.pop("for", None)
        found = Override(
            verb=verb,
            target=row.pop("target", "all"),
            who=row.pop("who", "ann"),
            why=row.pop("why", ""),
            since=self.ago(row),
            until=self.now.at + parse_duration(lasts) if lasts is not None else None,
            ident=Ident(BOOT, pid, pid) if pid is not None else None,
            plot_id=plot_id(row.pop("plot")) if "plot" in row else None,
        )
        _nothing_left(row, f"override {verb}")
        return found

    # what lies where

    def directories(self, given: Short) -> dict[str, Directory]:
        """Those that the case gives, and the rest of the spec's, each on a roomy disk of its own."""
        roles = self.spec.directories
        named = [d.path for d in roles.tmp] + [d.path for d in (*roles.tmp2, *roles.dst)]
        rows = {path: {} for path in [*named, roles.logs.path]} | dict(given)
        return {path: self.directory(path, row) for path, row in rows.items()}

    def directory(self, path: str, short: Short) -> Directory:
        row = dict(short)
        plots = row.pop("plots", [])
        temps = row.pop("temps", [])
        return Directory(
            path=path,
            real=path,
            space=_space(path, row),
            plots=fact(plots, lambda rows: tuple(self.plot(path, each) for each in _all(rows))),
            temps=fact(temps, lambda rows: tuple(self.temp(path, dict(each)) for each in rows)),
        )

    def plot(self, directory: str, row: dict[str, Any]) -> Plot:
        short = row.pop("plot")
        found = Plot(
            name=plot_name(short),
            directory=directory,
            bytes=parse_size(row.pop("bytes", f"{SIZE}B")),
            modified=self.ago(row).at,
            k=row.pop("k", 32),
            plot_id=plot_id(short),
            state=row.pop("state", "ready"),
            why="the case says so",
            compression=row.pop("compression", 0),
            contract=fact(row.pop("contract", ""), str),
        )
        _nothing_left(row, f"plot {short}")
        return found

    def temp(self, directory: str, row: dict[str, Any]) -> Temp:
        short = row.pop("plot", None)
        found = Temp(
            directory=directory,
            plot_id=plot_id(short) if short is not None else None,
            files=_tuple(row.pop("files", ("x.tmp",))) or (),
            bytes=parse_size(row.pop("bytes", "1GB")),
            newest=self.ago(row).at,
        )
        _nothing_left(row, f"temp {short}")
        return found

    def farmers(self, given: Short) -> dict[str, Farmer]:
        """Those that the case gives, and the rest of the spec's, with one roomy disk a path."""
        rows: dict[str, Any] = {a.name: {disk: {} for disk in a.disks} for a in self.spec.archive} | dict(
            given
        )
        return {name: self.farmer(name, row) for name, row in rows.items()}

    def farmer(self, name: str, short: Short) -> Farmer:
        row = dict(short)
        asked, sought, next_in = row.pop("asked", None), row.pop("sought", None), row.pop("next_in", None)
        return Farmer(
            name=name,
            asked=self.ago({"age": asked}) if asked is not None else None,
            sought=tuple(map(plot_name, sought)) if sought is not None else None,
            next_at=self.now.at + parse_duration(next_in) if next_in is not None else None,
            disks=fact(row, lambda disks: tuple(self.disk(path, dict(d)) for path, d in disks.items())),
        )

    def disk(self, path: str, row: dict[str, Any]) -> Disk:
        holds = row.pop("holds", [])
        parts = row.pop("parts", [])
        return Disk(
            path=path,
            count=row.pop("count", len(holds)),
            holds=tuple(Stored(plot_name(h["plot"]), parse_size(h.get("bytes", f"{SIZE}B"))) for h in holds),
            parts=tuple(self.part(dict(part)) for part in parts),
            boundless=row.pop("boundless", False),
            old=fact(
                row.pop("old", {"absent": "not asked for"}),
                lambda rows: tuple(self.old(each) for each in _all(rows)),
            ),
            space=_space(path, row),
        )

    def old(self, row: dict[str, Any]) -> OldPlot:
        short = row.pop("plot")
        found = OldPlot(
            name=plot_name(short),
            bytes=parse_size(row.pop("bytes", f"{SIZE}B")),
            modified=self.ago(row, otherwise="300d").at,
            k=row.pop("k", 32),
            compression=row.pop("compression", 0),
            contract=row.pop("contract", ""),
        )
        _nothing_left(row, f"old plot {short}")
        return found

    def part(self, row: dict[str, Any]) -> Part:
        found = Part(
            plot=plot_name(row.pop("plot")),
            bytes=parse_size(row.pop("bytes", f"{SIZE}B")),
            done=parse_size(row.pop("done", 0)),
            host=row.pop("host", HOST),
            modified=self.ago(row, otherwise=0).at,
        )
        _nothing_left(row, "part")
        return found


def _repeated(rows: list[Short]) -> Iterator[dict[str, Any]]:
    """Each row, and one with `times` so many times, all alike."""
    for short in rows:
        row = dict(short)
        yield from (dict(row) for _ in range(row.pop("times", 1)))


def _all(rows: list[Short]) -> Iterator[dict[str, Any]]:
    """Each row, and one with `times` so many times, its plot numbered."""
    for short in rows:
        row = dict(short)
        if "times" not in row:
            yield row
            continue
        times = row.pop("times")
        yield from ({**row, "plot": f"{row['plot']}{number:03}"} for number in range(times))


def _space(path: str, row: dict[str, Any]) -> Fact[Space]:
    def read(row: dict[str, Any]) -> Space:
        space = Space(
            device=row.pop("device", path),
            free=parse_size(row.pop("free", f"{ROOMY}B")),
            total=ROOMY,
            writable=not row.pop("read_only", False),
        )
        _nothing_left(row, path)
        return space

    return fact(row, read)


def _tuple(value: Any) -> tuple[str, ...] | None:
    return None if value is None else tuple(value)


def _nothing_left(row: Short, where: str) -> None:
    if row:
        raise ValueError(f"{where}: {', '.join(row)} means nothing here; README.md lists the keys")
