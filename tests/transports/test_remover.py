"""Removers, here and at a real OpenSSH server: exactly one file goes, and only if it is what was meant."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from reconciler.errand import Farewell, Way, to_argv
from reconciler.transports.arguments import farewell_from_argv
from reconciler.transports.mover import Log
from reconciler.transports.record import TransferLog, fold
from reconciler.transports.remover import run
from tests.heads import CONTRACT, format_1, format_2
from tests.sshd import Server, serve

ROOT = Path(__file__).parents[2]
DIE = """
import os, sys
from reconciler.transports.remover import main
step = sys.argv.pop(1)
main(lambda name: os.kill(os.getpid(), 9) if name == step else None)
"""
ID = "5a" * 32
PLOT = f"plot-k18-c07-2020-03-01-12-00-{ID}.plot"
SIZE = 100_000
OLD = 90 * 86400.0


@dataclass(frozen=True)
class Site:
    """A farmer's disk, and the way to remove from it."""

    disk: Path
    log: Path
    way: Way
    transport: str

    @property
    def plot(self) -> Path:
        return self.disk / PLOT

    @property
    def farewell(self) -> Farewell:
        return Farewell(
            plot=PLOT, bytes=SIZE, modified=time.time() - OLD, k=18, compression=7, contract=CONTRACT,
            farmer="farmer", disk=str(self.disk), transport=self.transport, id="0" * 12, way=self.way,
        )  # fmt: skip

    def put(self, head: bytes = format_2(ID, 18, 7), *, size: int = SIZE, age: float = OLD) -> None:
        self.plot.write_bytes(head.ljust(size, b"\7"))
        os.utime(self.plot, (time.time() - age, time.time() - age))

    def remove(self, step: Callable[[str], None] = lambda _: None, **other: object) -> TransferLog:
        """One removal within this process, as its log tells."""
        with self.log.open("wb") as out:
            code = run(replace(self.farewell, **other), Log(out.fileno()), step)  # type: ignore[arg-type]
        told = self.told()
        assert code == (0 if told.outcome == "finished" else 1)
        return told

    def told(self) -> TransferLog:
        return fold(TransferLog(), self.log.read_bytes())


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with serve(tmp_path_factory.mktemp("sshd")) as server:
        yield server


@pytest.fixture(params=["local", "rsync", "sftp"])
def site(request: pytest.FixtureRequest, tmp_path: Path) -> Site:
    """One with a neighbour that must stay, whatever happens, in a folder with an awkward name."""
    disk = tmp_path / "a disk's"
    disk.mkdir()
    (disk / f"{PLOT}.old").write_bytes(b"neighbour")
    way = Way() if request.param == "local" else Way(login=request.getfixturevalue("server").login)
    return Site(disk, tmp_path / "log", way, request.param)


def left(site: Site) -> list[str]:
    return sorted(os.listdir(site.disk))


ALONE = [f"{PLOT}.old"]
BOTH = [PLOT, f"{PLOT}.old"]


def test_the_plot_that_was_meant_goes_and_nothing_else(site: Site) -> None:
    site.put()
    seen: list[str] = []
    assert site.remove(seen.append).outcome == "finished"
    assert left(site) == ALONE
    assert seen == ["proven", "removing", "removed"]


def test_a_plot_that_is_gone_already_is_no_failure(site: Site) -> None:
    told = site.remove()
    assert (told.outcome, told.step) == ("finished", "gone")
    assert left(site) == ALONE


OTHERS: dict[str, tuple[Callable[[Site], None], str]] = {
    "another plot": (lambda site: site.put(format_2("1e" * 32, 18, 7)), "its head is not"),
    "no plot": (lambda site: site.put(b"\0" * 200), "its head is not"),
    "empty": (lambda site: site.put(b"", size=0), "its head is not"),
    "not compressed": (lambda site: site.put(format_1(ID, 18)), "another k, compression or contract"),
    "another k": (lambda site: site.put(format_2(ID, 19, 7)), "another k, compression or contract"),
    "another contract": (
        lambda site: site.put(format_2(ID, 18, 7, b"\1" * 112)),
        "another k, compression or contract",
    ),
    "another size": (lambda site: site.put(size=SIZE + 1), "100001 bytes, not 100000"),
}


@pytest.mark.parametrize(
    ("site", "what"),
    [*(("local", what) for what in OTHERS), *(("rsync", what) for what in ("empty", "another contract")),
     *(("sftp", what) for what in ("empty", "another contract"))],
    indirect=["site"],
)  # fmt: skip
def test_any_other_file_under_its_name_stays(site: Site, what: str) -> None:
    put, says = OTHERS[what]
    put(site)
    told = site.remove()
    assert (told.outcome, told.kind) == ("failed", "conflict")
    assert told.error is not None and says in told.error
    assert left(site) == BOTH


def test_what_was_changed_since_stays_where_its_farmer_has_a_clock(site: Site) -> None:
    site.put(age=60)
    told = site.remove()
    assert (told.outcome == "failed") == (site.transport != "sftp")
    assert left(site) == (BOTH if told.outcome == "failed" else ALONE)


@pytest.mark.parametrize(
    ("site", "kind"),
    [("local", "link"), ("local", "folder"), ("local", "pipe"), ("rsync", "link"), ("sftp", "link")],
    indirect=["site"],
)
def test_what_is_no_regular_file_stays(site: Site, kind: str) -> None:
    if kind == "link":
        (site.disk.parent / "elsewhere").write_bytes(format_2(ID, 18, 7).ljust(SIZE, b"\7"))
        site.plot.symlink_to(site.disk.parent / "elsewhere")
    elif kind == "folder":
        site.plot.mkdir()
    else:
        os.mkfifo(site.plot)
    told = site.remove()
    assert (told.outcome, told.kind) == ("failed", "conflict")
    assert left(site) == BOTH


def test_a_file_that_takes_its_place_at_the_last_moment_stays(site: Site) -> None:
    site.put()

    def swap(name: str) -> None:
        if name == "removing":
            site.plot.rename(site.disk.parent / "was")
            site.put(format_1(ID, 18))

    told = site.remove(swap)
    assert (told.outcome, told.kind, told.step) == ("failed", "conflict", "removing")
    assert left(site) == BOTH


def test_a_disk_that_is_away_is_told(site: Site) -> None:
    told = site.remove(disk=str(site.disk / "away"))
    assert (told.outcome, told.kind) == ("failed", "missing")


@pytest.mark.skipif(os.geteuid() != 0, reason="mounts")
def test_a_disk_that_may_not_be_written_keeps_its_plot(site: Site) -> None:
    site.put()
    mount = ("mount", "--bind", "-o", "ro", str(site.disk), str(site.disk))
    if subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("nothing can be mounted here")
    try:
        told = site.remove()
    finally:
        subprocess.run(("umount", str(site.disk)), check=True)
    assert (told.outcome, left(site)) == ("failed", BOTH)
    assert told.kind == "refused" or site.transport == "sftp"


@pytest.mark.parametrize(
    ("site", "step"),
    [
        ("local", "proven"),
        ("local", "removing"),
        ("local", "removed"),
        ("rsync", "removing"),
        ("rsync", "removed"),
    ],
    indirect=["site"],
)
def test_after_a_kill_at_any_step_the_next_one_finds_its_work_done_or_does_it(site: Site, step: str) -> None:
    site.put()
    argv = [sys.executable, "-c", DIE, step, *to_argv(site.farewell)]
    with site.log.open("wb") as out:
        assert subprocess.run(argv, stdout=out, cwd=ROOT, check=False, timeout=60).returncode == -9
    assert site.told().outcome is None
    assert left(site) == (ALONE if step == "removed" else BOTH)
    assert site.remove().outcome == "finished"
    assert left(site) == ALONE


@pytest.mark.parametrize("site", ["rsync", "sftp"], indirect=True)
def test_a_farmer_that_is_away_is_told_as_that(site: Site) -> None:
    assert site.way.login is not None
    told = site.remove(way=replace(site.way, login=replace(site.way.login, port=1)))
    assert (told.outcome, told.kind, told.step) == ("failed", "away", "")


@pytest.mark.parametrize("site", ["local", "rsync"], indirect=True)
def test_it_runs_as_the_loop_starts_it(site: Site) -> None:
    site.put()
    argv = [sys.executable, "-m", "reconciler.transports.remover", *to_argv(site.farewell)]
    with site.log.open("wb") as out:
        done = subprocess.run(argv, stdout=out, stderr=out, cwd=ROOT, check=False, timeout=60)
    assert (done.returncode, site.told().outcome) == (0, "finished"), site.log.read_text()
    assert left(site) == ALONE


@pytest.mark.parametrize("site", ["local"], indirect=True)
def test_what_is_ordered_is_read_back_from_the_command_line(site: Site) -> None:
    farewell = replace(site.farewell, contract="", logs="/-logs")
    assert farewell_from_argv(to_argv(farewell)) == farewell
