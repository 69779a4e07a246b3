"""An observer that has looked before sees what a fresh one sees: what it keeps is only a cache."""

from __future__ import annotations

import fcntl
import os
import signal
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler import journal
from reconciler.farmer import Disk, Farmer
from reconciler.journal import Record
from reconciler.machine import LocalMachine
from reconciler.observation import Observation
from reconciler.state import Fact, Instant, Known, Space
from tests.real.conftest import Make
from tests.real.farm import Farm, finish
from tests.real.hand import Idle
from tests.real.sight import PATIENCE, until


class Still(LocalMachine):
    """This machine with its clock held, so that two looks one after the other are at one moment."""

    held_at: Instant | None = None

    def now(self) -> Instant:
        return self.held_at or super().now()


class Pair:
    """A kept observer of a farm, and a fresh one at each look."""

    def __init__(self, farm: Farm) -> None:
        self._farm = farm
        self._spec = farm.spec
        self._machine = Still(deadline=PATIENCE)
        self._kept = farm.observer(self._machine)

    def look(self, later: float = 0.0) -> Observation:
        """Look twice at a world that must not change meanwhile. later: seconds that the clocks are ahead."""
        fresh = Still(deadline=PATIENCE)
        now = LocalMachine().now()
        self._machine.held_at = fresh.held_at = Instant(now.at + later, now.up + later, now.boot)
        warm = self._kept.look(self._spec, temps=True)
        cold = self._farm.observer(fresh).look(self._spec, temps=True)
        assert settled(warm) == settled(cold)
        return warm


def settled(seen: Observation) -> Observation:
    """Without what others change: free room, and the start of foreign jobs as it follows from their age."""
    assert isinstance(seen.jobs, Known)
    jobs = tuple(job if job.ours else replace(job, since=seen.now) for job in seen.jobs.value)
    directories = {path: replace(each, space=_full(each.space)) for path, each in seen.directories.items()}
    farmers = {
        name: Farmer(
            name=name, disks=Known(tuple(replace(disk, space=_full(disk.space)) for disk in _disks(each)))
        )
        for name, each in seen.farmers.items()
    }
    return replace(seen, jobs=Known(jobs), directories=directories, farmers=farmers)


def _full(space: Fact[Space]) -> Fact[Space]:
    return Known(replace(space.value, free=0)) if isinstance(space, Known) else space


def _disks(farmer: Farmer) -> tuple[Disk, ...]:
    assert isinstance(farmer.disks, Known)
    return farmer.disks.value


def stop(pids: Sequence[int]) -> None:
    """Stop processes with all their threads, and wait until they stand."""
    for pid in pids:
        send(pid, signal.SIGSTOP)
    until(lambda: all(stands(pid) for pid in pids))


def send(pid: int, number: int) -> None:
    with suppress(ProcessLookupError):
        os.kill(pid, number)


def stands(pid: int) -> bool:
    try:
        tasks = [
            Path(f"/proc/{pid}/task/{task}/stat").read_bytes() for task in os.listdir(f"/proc/{pid}/task")
        ]
    except OSError:
        return True
    return all(task.rpartition(b")")[2].split()[0] in (b"T", b"Z", b"X") for task in tasks)


def test_while_a_farm_runs_from_its_first_start_to_its_last_transfer(make: Make) -> None:
    farm = make(plotting={"stop_after": 2}, clean={"orphans_after": "1h"})
    elsewhere = farm.root / "elsewhere"
    elsewhere.mkdir()
    hand = farm.by_hand(tmp=farm.tmps[1], dst=elsewhere)
    pair = Pair(farm)
    loop = farm.start()
    assert loop.pid is not None
    phases, running = set(), True
    while running:
        running = loop.is_alive()
        stopped = [loop.pid] if running else []
        stop(stopped)
        # Only once the loop stands are there no new ones.
        others = [each.pid for kind in ("plot", "move") for each in farm.running(kind)]
        others += [hand.pid] if hand.poll() is None else []
        stop(others)
        seen = pair.look()
        assert isinstance(seen.jobs, Known)
        phases |= {str(job.phase.value) for job in seen.jobs.value if isinstance(job.phase, Known)}
        for pid in [*others, *stopped]:
            send(pid, signal.SIGCONT)
        time.sleep(0.03)
    finish(loop)
    assert {phase.partition(":")[0] for phase in phases} & {"1", "2", "3"}
    assert isinstance(seen.starts, Known) and {start.outcome for start in seen.starts.value} == {"finished"}
    assert isinstance(seen.transfers, Known) and len(seen.transfers.value) >= 2


CHUNKS = st.one_of(
    st.sampled_from(["begin", "phase", "end", "error"]).map(lambda name: f"<{name}>".encode()),
    st.binary(max_size=40),
    st.just(b"\n"),
)
"""What is written: parts of a real log by name, or any bytes."""

EDITS = st.one_of(
    st.tuples(st.just("append"), CHUNKS),
    st.tuples(st.just("cut"), st.integers(0, 3000)),
    st.tuples(st.just("replace"), CHUNKS),
    st.tuples(st.just("vanish"), st.just(b"")),
    st.tuples(st.just("link"), st.just(b"")),
    st.tuples(st.just("look"), st.just(b"")),
)
IN_PLACE = ("append", "cut", "look")


class Log:
    """A log that things happen to. text: a whole real log."""

    def __init__(self, path: Path, text: bytes) -> None:
        self.path = path
        lines = text.splitlines(keepends=True)
        fourth = len(lines) // 4
        self._parts = {
            b"<begin>": b"".join(lines[:fourth]),
            b"<phase>": b"".join(lines[fourth : 3 * fourth]),
            b"<end>": b"".join(lines[3 * fourth :]),
            b"<error>": b"Caught plotting error: no room\n",
        }

    def edit(self, what: str, how: bytes | int) -> None:
        chunk = self._parts.get(how, how) if isinstance(how, bytes) else b""
        if what == "append" and self.path.is_file() and not self.path.is_symlink():
            with self.path.open("ab") as log:
                log.write(chunk)
        elif what == "cut" and self.path.is_file() and not self.path.is_symlink():
            assert isinstance(how, int)
            os.truncate(self.path, min(how, self.path.stat().st_size))
        elif what in ("replace", "vanish", "link"):
            self.path.unlink(missing_ok=True)
            if what == "replace":
                self.path.write_bytes(chunk)
            elif what == "link":
                self.path.symlink_to("/etc/passwd")


def test_whatever_happens_to_the_logs_between_two_looks(make: Make, plot: Path) -> None:
    text = (plot.parent / "log").read_bytes()
    farm = make(archive=None)
    theirs = farm.root / "hand.log"
    idle = Idle(farm, log=theirs)
    when = LocalMachine().now()
    record = Record(
        id="0123456789ab",
        kind="plot",
        host="here",
        when=when,
        body={
            "plotter": "chiapos",
            "k": 18,
            "tmp": str(farm.tmps[0]),
            "tmp2": None,
            "dst": str(farm.dsts[0]),
        },
    )
    ours = Path(journal.log_path(str(farm.logs), when.at, record.id, "plot"))

    @settings(max_examples=60, deadline=None)
    @given(st.lists(st.tuples(st.booleans(), EDITS), max_size=12))
    def check(edits: list[tuple[bool, tuple[str, bytes | int]]]) -> None:
        ours.write_bytes(record.line() + b"\n")
        theirs.unlink(missing_ok=True)
        theirs.write_bytes(b"")
        pair = Pair(farm)
        with ours.open("rb") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            for mine, (what, how) in edits:
                if what == "look":
                    pair.look()
                # Nobody replaces a log of the journal, whose lock would be lost with it.
                elif not mine or what in IN_PLACE:
                    Log(ours if mine else theirs, text).edit(what, how)
            pair.look()

    check()
    assert idle.pid


AGES = st.sampled_from([-100.0, 0.0, 30.0, 59.5, 3600.0])
"""Seconds since a plot was changed, or since the looks before."""

HAPPENINGS = st.one_of(
    st.tuples(st.sampled_from(["land", "touch", "cut", "garble", "move", "vanish"]), AGES),
    st.tuples(st.just("land"), AGES),
    st.tuples(st.just("look"), AGES),
    st.tuples(st.just("look"), AGES),
)


class Landed:
    """A plot that things happen to, in one of two directories."""

    def __init__(self, places: Sequence[Path], whole: Path, name: str) -> None:
        self._places = [place / name for place in places]
        self._size = whole.stat().st_size
        with whole.open("rb") as plot:
            self._head = plot.read(1024)
        self.vanish()

    def vanish(self) -> None:
        for path in self._places:
            path.unlink(missing_ok=True)

    def happen(self, what: str, age: float) -> None:
        here, there = self._places if self._places[0].exists() else reversed(self._places)
        if what == "vanish":
            self.vanish()
        elif what == "land":
            self._write(here, self._head, self._size, age)
        elif here.exists():
            match what:
                case "touch":
                    os.utime(here, (time.time() - age, time.time() - age))
                case "cut":
                    self._write(here, self._head, self._size // 2, age)
                case "garble":
                    self._write(here, self._head[::-1], self._size, age)
                case "move":
                    here.rename(there)

    @staticmethod
    def _write(path: Path, head: bytes, size: int, age: float) -> None:
        with path.open("wb") as plot:
            plot.write(head)
            plot.truncate(size)
        os.utime(path, (time.time() - age, time.time() - age))


def test_whatever_happens_to_the_plots_between_two_looks(make: Make, plot: Path) -> None:
    farm = make(archive=None)
    other = plot.name.removesuffix(".plot")[:-8] + "01234567.plot"
    landed = [Landed(farm.dsts, plot, name) for name in (plot.name, other)]

    @settings(max_examples=80, deadline=None)
    @given(st.lists(st.tuples(st.integers(0, 1), HAPPENINGS), max_size=12))
    def check(happenings: list[tuple[int, tuple[str, float]]]) -> None:
        pair = Pair(farm)
        for each in landed:
            each.vanish()
        for number, (what, age) in happenings:
            if what == "look":
                pair.look(later=max(0.0, age))
            else:
                landed[number].happen(what, age)
        pair.look()

    check()
