"""Backlogs of real plots that real loops move to farmers behind real servers."""

from __future__ import annotations

import os
import random
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from reconciler.state import Unknown

from .conftest import Make
from .farm import Farm
from .farmers import (
    Farmer,
    Watcher,
    assert_never_overfilled,
    assert_stored,
    backlog,
    farmers,
)
from .hosts import two_hosts
from .sight import until

pytestmark = pytest.mark.timeout(300)

COUNT = 20
SLOW = ["sftp", "rsync", "rsync with sha256", "rsyncd", "command", "rsyncd alone", "command alone"]
KINDS = ["local", *(pytest.param(kind, marks=pytest.mark.slow) for kind in SLOW)]
PATIENCE = 100.0
PULLED = 4.0
"""Seconds that a cable is out."""


@pytest.fixture
def two(request: pytest.FixtureRequest, tmp_path: Path, plot: Path) -> Iterator[list[Farmer]]:
    """Two farmers whose four disks just hold a backlog; each of them does where nobody knows their room."""
    kind = getattr(request.node, "callspec", None)
    boundless = kind is not None and kind.params.get("kind") == "command alone"
    with farmers(tmp_path, ["one", "two"], plot=plot, each=COUNT if boundless else COUNT // 4) as made:
        yield made


def disks_of(made: list[Farmer]) -> list[Path]:
    return [disk for farmer in made for disk in farmer.disks]


def archiving(make: Make, made: list[Farmer], kind: str, name: str = "plotter") -> Farm:
    """A machine with nothing but plots for these farmers."""
    return make(name, plotting=None, archive=[farmer.entry(kind) for farmer in made])


@pytest.mark.parametrize("kind", KINDS)
def test_a_backlog_goes_to_the_farmers_whole_and_one_by_one_on_each_disk(
    make: Make, two: list[Farmer], plot: Path, kind: str
) -> None:
    farm = archiving(make, two, kind)
    plots = backlog(plot, farm.dsts, COUNT)
    watcher = Watcher(plots, [farm], disks_of(two))
    with watcher.watching():
        farm.start(works=("archiving",), for_ever=True)
        watcher.wait(PATIENCE)
    assert watcher.lost == []
    assert_stored(plots, disks_of(two))
    assert watcher.most == 1
    assert_never_overfilled(farm)


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["rsync", "rsyncd", "sftp", "command", "local", "rsyncd alone"])
def test_whatever_is_killed_meanwhile_every_plot_comes_to_a_farmer_once(
    make: Make, two: list[Farmer], plot: Path, kind: str
) -> None:
    farm = archiving(make, two, kind)
    plots = backlog(plot, farm.dsts, COUNT)
    watcher = Watcher(plots, [farm], disks_of(two))
    chance = random.Random(kind)
    with watcher.watching():
        for _ in range(8):
            loop = farm.start(works=("archiving",), for_ever=True)
            for _ in range(2):
                time.sleep(chance.uniform(0.2, 1.0))
                for mover in chance.sample(running := farm.running("move"), min(1, len(running))):
                    with suppress(ProcessLookupError):
                        os.kill(mover.pid, signal.SIGKILL)
            loop.kill()
            loop.join()
            farm.kick()
        farm.start(works=("archiving",), for_ever=True)
        watcher.wait(PATIENCE)
    assert watcher.lost == []
    assert_stored(plots, disks_of(two))
    if kind != "rsyncd alone":  # there nothing can be reserved, and a full disk is met and left
        assert_never_overfilled(farm)


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["rsync", "rsyncd", "sftp", "command"])
def test_two_plotters_never_overfill_a_farmers_disk(
    make: Make, two: list[Farmer], plot: Path, kind: str
) -> None:
    pair = [archiving(make, two, kind, name) for name in ("first", "second")]
    dsts = [dst for farm in pair for dst in farm.dsts]
    plots = backlog(plot, dsts, COUNT)
    watcher = Watcher(plots, pair, disks_of(two))
    with watcher.watching():
        for farm in pair:
            farm.start(works=("archiving",), for_ever=True, host=f"{farm.root.name}.lan")
        watcher.wait(PATIENCE)
    assert watcher.lost == []
    assert_stored(plots, disks_of(two))
    for farm in pair:
        assert_never_overfilled(farm)


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["rsync", "sftp"])
def test_a_cable_that_is_pulled_while_plots_are_copied_costs_only_time(
    make: Make, tmp_path: Path, plot: Path, kind: str
) -> None:
    with (
        two_hosts() as hosts,
        farmers(
            tmp_path, ["far"], plot=plot, each=2, address=hosts.address, prefix=hosts.at(hosts.far)
        ) as made,
    ):
        entry = made[0].entry(kind)
        entry["transport"]["bandwidth"] = "1MB/s"
        farm = make("plotter", plotting=None, archive=[entry])
        plots = backlog(plot, farm.dsts, 4)
        disks, size = disks_of(made), plot.stat().st_size
        watcher = Watcher(plots, [farm], disks)
        with watcher.watching():
            farm.command("archive", prefix=hosts.at(hosts.near))
            until(
                lambda: any(0 < part.stat().st_size < size for disk in disks for part in disk.glob(".*.part"))
            )
            hosts.cable("down")
            time.sleep(PULLED)
            assert not any(path for disk in disks for path in disk.glob("*.plot"))
            hosts.cable("up")
            watcher.wait(PATIENCE)
        assert watcher.lost == []
        assert_stored(plots, disks)


def test_a_farmer_that_takes_connections_and_says_nothing_delays_no_tick(make: Make, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as mute:
        port = mute.getsockname()[1]
        key = tmp_path / "key"
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(key)], check=True)
        entry = {"name": "mute", "host": "127.0.0.1", "port": port, "disks": "/farm/*", "identity": str(key)}
        farm = make(plotting=None, archive=[entry])
        loop = farm.loop(("archiving",))
        with loop.locks():
            seen = [loop.tick().facts.seen.farmers["mute"] for _ in range(10)]
    # A tick that had waited for it would know that it was given up.
    assert all(isinstance(each.disks, Unknown) and each.trouble is None for each in seen)
