"""SFTP against a real OpenSSH server, with a shell beside it and without."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from reconciler.errand import Way
from reconciler.remote.shell import Shell
from reconciler.transports import giving_way, sftp
from reconciler.transports.names import part_name
from reconciler.transports.source import BLOCK
from reconciler.transports.wire import CREATE, READ, Wire
from tests.sshd import Server, serve
from tests.transports.conftest import make
from tests.transports.farm import MEGABYTE, PLOT, Farm
from tests.transports.ways import Servers


@pytest.fixture(scope="session")
def mute(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server that gives nobody a shell."""
    with serve(tmp_path_factory.mktemp("mute"), lines=["ForceCommand internal-sftp"]) as server:
        yield server


@pytest.fixture(params=["a shell", "no shell"])
def farm(request: pytest.FixtureRequest, tmp_path: Path, far: Servers, mute: Server) -> Farm:
    made = make(tmp_path, "sftp", far)
    return made if request.param == "a shell" else replace(made, way=Way(login=mute.login))


@pytest.fixture
def wire(mute: Server) -> Iterator[Wire]:
    with Shell(mute.login) as shell:
        yield Wire(shell.sftp())


def test_a_plot_moves_whole_and_is_compared_where_it_stands_already(farm: Farm) -> None:
    data = farm.put()
    assert farm.move().outcome == "finished"
    assert farm.arrived(data)
    farm.put()
    assert farm.move().outcome == "finished"
    assert farm.arrived(data)
    farm.at_target.write_bytes(data[:-1] + b"!")
    farm.put()
    assert farm.move().kind == "conflict"
    assert farm.at_source.read_bytes() == data


def test_bytes_that_change_on_the_disk_are_found(farm: Farm) -> None:
    data = farm.put()

    def spoil(step: str) -> None:
        if step == "synced":
            with farm.part(len(data)).open("r+b") as file:
                file.write(b"spoilt")

    assert farm.move(spoil).kind == "corrupt"
    assert farm.untouched(data)


def test_what_stands_in_the_part_file_is_not_sent_again(farm: Farm, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sftp, "TAIL", 1000)
    data = farm.put(3 * BLOCK)
    farm.part(len(data)).write_bytes(data[: BLOCK + 77])
    sent: list[int] = []
    write = Wire.write

    def count(wire: Wire, handle: bytes, offset: int, block: bytes) -> None:
        sent.append(offset)
        write(wire, handle, offset, block)

    monkeypatch.setattr(Wire, "write", count)
    assert farm.move().outcome == "finished"
    assert sent[0] == BLOCK + 77
    assert farm.arrived(data)


def test_a_part_file_with_another_end_is_begun_anew(farm: Farm, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sftp, "TAIL", 1000)
    data = farm.put(BLOCK)
    farm.part(len(data)).write_bytes(data[:5000] + b"\0")
    assert farm.move().outcome == "finished"
    assert farm.arrived(data)


@pytest.mark.parametrize("why", [errno.EOPNOTSUPP, errno.EIO, errno.EACCES])
def test_without_links_a_plot_gets_its_name_by_a_rename_that_replaces_nothing(
    farm: Farm, monkeypatch: pytest.MonkeyPatch, why: int
) -> None:
    def refuse(_wire: Wire, _old: str, _new: str) -> None:
        raise OSError(why, os.strerror(why))

    monkeypatch.setattr(Wire, "link", refuse)
    data = farm.put()
    assert farm.move().outcome == "finished"
    assert farm.arrived(data)
    farm.at_target.unlink()
    farm.put()

    def take_the_name(step: str) -> None:
        if step == "verified":
            farm.at_target.write_bytes(b"other")

    assert farm.move(take_the_name).kind == "conflict"
    assert farm.at_target.read_bytes() == b"other"


def test_openssh_renames_and_links_to_free_names_only(wire: Wire, tmp_path: Path) -> None:
    old, new = tmp_path / "old", tmp_path / "new"
    for act in (wire.rename, wire.link):
        old.write_bytes(b"old")
        new.write_bytes(b"new")
        with pytest.raises(OSError, match="Failure"):
            act(str(old), str(new))
        assert new.read_bytes() == b"new"
        new.unlink()
        act(str(old), str(new))
        assert new.read_bytes() == b"old"


def test_the_wire_tells_what_is_there(wire: Wire, tmp_path: Path) -> None:
    name = os.fsdecode(b"\xff name\n")
    path = str(tmp_path / name)
    handle = wire.open(path, CREATE)
    with pytest.raises(OSError, match="Failure"):
        wire.open(path, CREATE)
    data = os.urandom(300_000)
    for offset in range(0, len(data), 30_000):
        wire.write(handle, offset, data[offset : offset + 30_000])
    wire.settle()
    assert b"".join(wire.read(handle, 5, 10**9)) == data[5:]
    wire.cut(handle, 7)
    wire.flush(handle, 20)
    wire.close(handle)
    assert {found: (stat.bytes, stat.regular) for found, stat in wire.names(str(tmp_path))}[name] == (7, True)
    assert wire.look(str(tmp_path / "none")) is None
    with pytest.raises(FileNotFoundError):
        wire.open(str(tmp_path / "none"), READ)
    room, there = wire.room(str(tmp_path)), os.statvfs(tmp_path)
    assert room.writable
    assert abs(room.free - there.f_bavail * there.f_frsize) < 1 << 30


def test_a_failed_write_is_told_also_when_it_is_the_last(wire: Wire, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    handle = wire.open(str(tmp_path / "file"), READ)
    wire.write(handle, 0, b"not allowed")
    with pytest.raises(OSError, match=r"Failure|Permission|No such file"):
        wire.settle()


@contextmanager
def mounted(disk: Path) -> Iterator[None]:
    argv = ["mount", "-t", "tmpfs", "-o", "size=1m", "none", str(disk)]
    if os.geteuid() != 0 or subprocess.run(argv, capture_output=True, check=False).returncode:
        pytest.skip("cannot mount here")
    try:
        yield
    finally:
        subprocess.run(["umount", "-l", str(disk)], check=True)


def test_a_disk_that_is_not_mounted_is_missing(farm: Farm) -> None:
    farm = replace(farm, way=replace(farm.way, beyond=str(farm.disk.parent)))
    data = farm.put(1000)
    told = farm.move()
    assert told.kind == "missing"
    assert "is not mounted" in (told.error or "")
    assert farm.untouched(data)
    with mounted(farm.disk):
        assert farm.move().outcome == "finished"


def test_the_folder_is_made_on_the_disk_and_never_the_disk(farm: Farm) -> None:
    folder = replace(farm, disk=farm.disk / "a" / "b", way=replace(farm.way, folder="a/b"))
    data = folder.put(1000)
    assert folder.move().outcome == "finished"
    assert folder.arrived(data)
    gone = replace(folder, disk=farm.disk / "none" / "a", way=replace(farm.way, folder="a"))
    gone.put(1000)
    assert gone.move().kind == "missing"
    assert not (farm.disk / "none").exists()


def test_room_is_what_others_and_the_floor_leave(farm: Farm, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(giving_way, "PAUSE", 0.01)
    with mounted(farm.disk):
        data = farm.put(600_000)
        other = farm.disk / part_name(f"a{PLOT}", 600_000, "other")
        other.touch()
        told = farm.move()
        assert told.kind == "crowded"
        assert farm.at_source.read_bytes() == data
        assert not farm.part(len(data)).exists()
        os.utime(other, (1.7e9, 1.7e9))
        assert replace(farm, way=replace(farm.way, floor=500_000)).move().kind == "full"
        assert farm.move().outcome == "finished"


def test_a_disk_that_fills_meanwhile_is_full_though_the_server_says_failure(farm: Farm) -> None:
    with mounted(farm.disk):
        data = farm.put(800_000)

        def fill(step: str) -> None:
            if step == "reserved":
                (farm.disk / "hog").write_bytes(bytes(700_000))

        told = farm.move(fill)
        assert (told.kind, told.step) == ("full", "copying")
        assert farm.at_source.read_bytes() == data
        assert not farm.part(len(data)).exists()


def test_a_server_that_breaks_off_keeps_what_it_got(tmp_path: Path, far: Servers) -> None:
    with serve(tmp_path / "sshd") as server:
        farm = replace(make(tmp_path, "sftp", far), way=Way(login=server.login))
        data = farm.put(12 * MEGABYTE)

        def break_off(step: str) -> None:
            if step == "copied-some" and server.process.poll() is None:
                for pid in children(server.process.pid):
                    os.kill(pid, signal.SIGKILL)
                server.process.kill()
                server.process.wait(60)

        assert farm.move(break_off).kind == "away"
        assert farm.at_source.read_bytes() == data
        assert 0 < farm.part(len(data)).stat().st_size < len(data)
        told = farm.move()
        assert (told.kind, told.step) == ("away", "locked")
    assert replace(farm, way=Way(login=far.ssh.login)).move().outcome == "finished"
    assert farm.arrived(data)


def children(pid: int) -> list[int]:
    """All processes below one."""
    below = [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    return [*below, *(each for child in below for each in children(child))]
