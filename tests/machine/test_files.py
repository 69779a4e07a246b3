"""What directories and files answer, hostile ones too."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from reconciler.machine import LocalMachine
from reconciler.state import Absent, Known, Unknown
from reconciler.world import Ask, Entry, Survey

from .conftest import Mount

NOBODY = 65534


@contextmanager
def unprivileged() -> Iterator[None]:
    """As somebody whom permissions bind."""
    if os.geteuid():
        yield
        return
    os.seteuid(NOBODY)
    try:
        yield
    finally:
        os.seteuid(0)


def survey(machine: LocalMachine, path: Path) -> Survey:
    fact = machine.survey([Ask(str(path), names=True)])[str(path)]
    assert isinstance(fact, Known)
    return fact.value


def test_a_directory_tells_its_disk_its_room_and_its_names(machine: LocalMachine, mount: Mount) -> None:
    disk = mount("disk", "size=1m")
    (disk / "plot").write_bytes(bytes(200_000))
    (disk / "folder").mkdir()
    found = survey(machine, disk)
    room = os.statvfs(disk)
    assert (found.total, found.free) == (1 << 20, room.f_bavail * room.f_frsize)
    assert found.free <= found.total - 200_000
    assert found.writable
    assert set(found.entries) == {
        Entry("plot", (disk / "plot").stat().st_ino),
        Entry("folder", (disk / "folder").stat().st_ino, folder=True),
    }
    assert machine.survey([Ask(str(disk))])[str(disk)] != Known(found), "not listed unless asked for"


def test_links_and_bind_mounts_of_one_disk_are_one_device(
    machine: LocalMachine, mount: Mount, tmp_path: Path
) -> None:
    disk, other = mount("disk"), mount("other")
    bound = mount("bound", source=str(disk))
    link = tmp_path / "link"
    link.symlink_to(disk)
    found = {path: survey(machine, path) for path in (disk, other, bound, link)}
    assert found[disk].device == found[bound].device == found[link].device != found[other].device
    assert (found[link].real, found[bound].real) == (str(disk), str(bound))


def test_a_read_only_disk_is_not_writable(machine: LocalMachine, mount: Mount) -> None:
    assert not survey(machine, mount("disk", "ro")).writable


@pytest.mark.skipif(os.geteuid() == 0, reason="permissions do not bind root")
def test_nor_is_a_folder_without_the_right(machine: LocalMachine, tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    folder.mkdir(mode=0o555)
    assert not survey(machine, folder).writable


def test_a_path_asked_for_twice_answers_all_that_was_asked(machine: LocalMachine, tmp_path: Path) -> None:
    (tmp_path / "plot").touch()
    path = str(tmp_path)
    for asks in ([Ask(path, names=True), Ask(path)], [Ask(path), Ask(path, names=True)]):
        fact = machine.survey(asks)[path]
        assert isinstance(fact, Known)
        assert len(fact.value.entries) == 1


def test_what_is_no_directory_is_absent(machine: LocalMachine, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "dangling").symlink_to("nowhere")
    reasons = {"file": "is not a directory", "none": "does not exist", "dangling": "does not exist"}
    for name, why in reasons.items():
        assert machine.survey([Ask(str(tmp_path / name))])[str(tmp_path / name)] == Absent(why)


def test_a_disk_of_its_own_can_be_demanded(machine: LocalMachine, mount: Mount, tmp_path: Path) -> None:
    disk = mount("disk")
    (disk / "plots").mkdir()
    assert isinstance(machine.survey([Ask(str(disk / "plots"), mount=True)])[str(disk / "plots")], Known)
    assert machine.survey([Ask("/etc", mount=True)])["/etc"] == Absent("is not a mount point of its own")


def test_what_may_not_be_seen_is_unknown(machine: LocalMachine) -> None:
    with TemporaryDirectory() as place:
        os.chmod(place, 0o755)  # pytest's own folders bar others already on the way
        folder, file = Path(place, "folder"), Path(place, "file")
        folder.mkdir(mode=0o700 if os.geteuid() == 0 else 0)
        file.touch(mode=0o600 if os.geteuid() == 0 else 0)
        denied = Unknown("permission denied")
        with unprivileged():
            assert machine.survey([Ask(str(folder), names=True)])[str(folder)] == denied
            assert machine.stat([str(folder / "inner")])[str(folder / "inner")] == denied
            assert machine.read([(str(file), 0, 10)])[str(file)] == denied
            assert machine.held(str(file)) == denied
            assert machine.glob(f"{folder}/*") == Unknown(f"{folder} permission denied")


def test_names_of_any_bytes_can_be_shown(machine: LocalMachine, tmp_path: Path) -> None:
    names = [b"\xff\xfe", "ä".encode(), b"new\nline", b"-rf"]
    for name in names:
        (tmp_path / os.fsdecode(name)).touch()
    found = survey(machine, tmp_path)
    assert {entry.name for entry in found.entries} == {"\\xff\\xfe", "ä", "new\nline", "-rf"}
    assert all(entry.name.encode() for entry in found.entries)


def test_stat_tells_regular_files_only(machine: LocalMachine, tmp_path: Path) -> None:
    plot = tmp_path / "plot"
    plot.write_bytes(b"12345")
    (tmp_path / "link").symlink_to(plot)
    os.mkfifo(tmp_path / "fifo")
    paths = [str(tmp_path / name) for name in ("plot", "link", "fifo", "none")] + [str(tmp_path)]
    facts = machine.stat(paths)
    found = facts[paths[0]]
    assert isinstance(found, Known)
    real = plot.stat()
    assert (found.value.bytes, found.value.modified, found.value.inode) == (5, real.st_mtime, real.st_ino)
    assert found.value.device == survey(machine, tmp_path).device
    none = Absent("is not a regular file")
    assert [facts[path] for path in paths[1:]] == [none, none, Absent("does not exist"), none]


@pytest.mark.parametrize(
    ("offset", "limit", "data"),
    [(0, 100, b"0123456789"), (3, 4, b"3456"), (8, 4, b"89"), (10, 4, b""), (99, 4, b""), (0, 0, b"")],
)
def test_reading_gives_what_stands_between(
    machine: LocalMachine, tmp_path: Path, offset: int, limit: int, data: bytes
) -> None:
    log = tmp_path / "log"
    log.write_bytes(b"0123456789")
    fact = machine.read([(str(log), offset, limit)])[str(log)]
    assert isinstance(fact, Known)
    assert (fact.value.data, fact.value.size, fact.value.inode) == (data, 10, log.stat().st_ino)


def test_reading_never_follows_a_link_nor_waits_for_a_fifo(machine: LocalMachine, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to("/etc/passwd")
    os.mkfifo(tmp_path / "fifo")
    paths = [str(tmp_path / name) for name in ("link", "fifo", "none")] + [str(tmp_path)]
    facts = machine.read([(path, 0, 10) for path in paths])
    irregular = Unknown("is not a regular file")
    assert [facts[path] for path in paths] == [
        Unknown("is a symbolic link"),
        irregular,
        Absent("does not exist"),
        irregular,
    ]
    assert machine.held(paths[0]) == Unknown("is a symbolic link")


def test_glob_finds_folders_level_by_level(machine: LocalMachine, tmp_path: Path) -> None:
    for name in ("farm/07/plots", "farm/08/other", "farm/.hidden/plots"):
        (tmp_path / name).mkdir(parents=True)
    (tmp_path / "farm/file").touch()
    (tmp_path / "farm/09").symlink_to(tmp_path / "farm/07")
    (tmp_path / "farm/gone").symlink_to("nowhere")
    cases = {
        "farm/*": ["farm/07", "farm/08", "farm/09"],
        "farm/0[78]": ["farm/07", "farm/08"],
        "farm/*/plots": ["farm/07/plots", "farm/09/plots"],
        "farm/.*/plots": ["farm/.hidden/plots"],
        "f?rm/07": ["farm/07"],
        "farm/file/*": [],
        "none/*": [],
        "none/literal": ["none/literal"],
    }
    for pattern, names in cases.items():
        assert machine.glob(f"{tmp_path}/{pattern}") == Known(tuple(f"{tmp_path}/{name}" for name in names))
