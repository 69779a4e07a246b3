"""`plotman clean` removes what certainly will not become a plot any more, and exactly that."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from reconciler.commands.leftovers import CHANGED, Leftover, remove
from reconciler.spec.farmers import Archive
from reconciler.spec.judge import judged
from reconciler.transports.names import part_name
from tests.commands import sshd
from tests.commands.conftest import Answer
from tests.commands.sshd import Sshd

HOST = os.uname().nodename
HOURS = 3600.0
needs_sshd = pytest.mark.skipif(not os.path.exists(sshd.PROGRAM), reason="needs an ssh server")


def plot(number: int) -> str:
    return f"plot-k25-2026-01-01-00-00-{number:064x}.plot"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sshd]:
    with sshd.running(tmp_path_factory.mktemp("sshd")) as found:
        yield found


class Disk:
    """A farm's one disk with part files, and plotman run on it."""

    def __init__(self, root: Path, plotman: Callable[..., Answer]) -> None:
        self.root = root
        self.disk = root / "farm"
        self._plotman = plotman
        for name in ("tmp", "dst", "logs", "farm"):
            (root / name).mkdir()

    def put(self, number: int, host: str, age: float, size: int = 1000) -> Path:
        path = self.disk / part_name(plot(number), 5000, host)
        path.write_bytes(b"x" * size)
        then = time.time() - age
        os.utime(path, (then, then))
        return path

    def clean(self, farmer: str, *options: str, name: str = "barn") -> Answer:
        spec = self.root / "plotman.yaml"
        roles = ", ".join(f"{role}: {self.root}/{role}" for role in ("tmp", "dst", "logs"))
        spec.write_text(f"version: 3\ndirectories: {{{roles}}}\narchive:\n- {farmer}\n")
        return self._plotman("clean", "--farmer", name, *options, "-f", spec)

    @property
    def here(self) -> str:
        return f"{{name: barn, disks: {self.disk}}}"

    def left(self) -> set[str]:
        return {path.name for path in self.disk.iterdir()}


@pytest.fixture
def disk(tmp_path: Path, plotman: Callable[..., Answer]) -> Disk:
    return Disk(tmp_path, plotman)


def entry(disk: Disk, server: Sshd, way: str) -> str:
    return disk.here if way == "local" else server.entry("barn", str(disk.disk), transport=way)


@needs_sshd
@pytest.mark.parametrize("way", ["local", "rsync", "sftp"])
def test_stale_parts_and_own_ones_without_a_plot_go_and_nothing_else(
    disk: Disk, server: Sshd, way: str
) -> None:
    (disk.root / "dst" / plot(4)).write_bytes(b"x" * 5000)
    stale = disk.put(1, "other.lan", 7 * HOURS)
    orphan = disk.put(2, HOST, 60.0)
    kept = {
        disk.put(3, "other.lan", 5 * HOURS).name,
        disk.put(4, HOST, 9 * HOURS).name,
        f".{plot(5)}.aBc123",
        plot(6),
    }
    for name in (f".{plot(5)}.aBc123", plot(6)):
        (disk.disk / name).write_bytes(b"y")
    answer = disk.clean(entry(disk, server, way), "--yes")
    assert answer.code == 0, answer.err
    assert disk.left() == kept
    assert answer.out == "".join(f"{path} is removed\n" for path in sorted((stale, orphan)))
    assert "of other.lan, untouched for 5h: it may still grow" in answer.err
    assert "its plot is still here" in answer.err
    assert "of another tool" in answer.err


def test_without_leave_nothing_goes(disk: Disk) -> None:
    path = disk.put(1, "other.lan", 7 * HOURS)
    answer = disk.clean(disk.here)
    assert (answer.code, answer.out) == (64, "")
    assert "to be removed" in answer.err
    assert disk.left() == {path.name}


def test_nothing_to_remove_needs_no_leave(disk: Disk) -> None:
    disk.put(1, "other.lan", 60.0)
    assert disk.clean(disk.here).code == 0
    assert len(disk.left()) == 1


def test_a_farmer_that_is_none_or_away_is_told(disk: Disk) -> None:
    assert disk.clean(disk.here, name="bran").code == 64
    answer = disk.clean("{name: barn, host: 127.0.0.1, port: 1, disks: /farm/*}")
    assert answer.code == 4
    assert "barn: " in answer.err


def test_where_only_a_daemon_answers_nothing_can_be_removed(disk: Disk) -> None:
    sink = "{name: barn, disks: /bucket, transport: {kind: command, argv: ['{source}'], verify: ['true']}}"
    answer = disk.clean(sink, "--yes")
    assert answer.code == 64
    assert "do it over there" in answer.err


@needs_sshd
@pytest.mark.parametrize("way", ["local", "rsync", "sftp"])
def test_what_has_changed_meanwhile_stays(disk: Disk, server: Sshd, way: str) -> None:
    path = disk.put(1, "other.lan", 7 * HOURS)
    seen = Leftover(
        folder=str(disk.disk), name=path.name, bytes=1000, host="other.lan", age=7 * HOURS, why="stale"
    )
    archive: dict[str, object] = {"name": "barn", "disks": str(disk.disk)}
    if way != "local":
        archive |= {
            "host": "127.0.0.1",
            "port": server.port,
            "identity": str(server.identity),
            "known_hosts": str(server.known),
            "transport": way,
        }
    farmer = judged(Archive, archive)
    with path.open("ab") as file:
        file.write(b"more")
    assert remove(farmer, [seen]) == {str(path): CHANGED}
    gone = replace(seen, name="gone.part")
    assert gone.path in remove(farmer, [gone])
    # Its size is as it was, but it was touched.
    assert remove(farmer, [replace(seen, bytes=1004)]) == {str(path): CHANGED}
    assert disk.left() == {path.name}
    assert remove(farmer, [replace(seen, bytes=1004, age=60.0)]) == {}
    assert disk.left() == set()
