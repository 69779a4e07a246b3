"""Notes are whole or not there; nothing is replaced or removed that was not meant."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from reconciler.errors import MachineError
from reconciler.machine import LocalMachine
from reconciler.state import Absent, Known, Unknown

from .conftest import Mount


class Death(BaseException):
    """The world ends here."""


def dying(place: str) -> LocalMachine:
    """A machine on which everything ends at that step."""

    def step(name: str) -> None:
        if name == place:
            raise Death

    return LocalMachine(step=step)


def test_a_note_replaces_and_makes_its_folder(machine: LocalMachine, tmp_path: Path) -> None:
    note = tmp_path / "state" / "note"
    machine.note(str(note), "one")
    machine.note(str(note), "zwei ä")
    assert note.read_text("utf-8") == "zwei ä"
    assert os.listdir(note.parent) == ["note"]


@pytest.mark.parametrize(("place", "text"), [("note: flushed", "old"), ("note: written", "new")])
def test_a_note_is_the_old_or_the_new_at_every_step(tmp_path: Path, place: str, text: str) -> None:
    note = tmp_path / "note"
    note.write_text("old")
    with pytest.raises(Death):
        dying(place).note(str(note), "new")
    assert note.read_text() == text


def test_a_note_on_a_full_disk_leaves_the_old_one(machine: LocalMachine, mount: Mount) -> None:
    disk = mount("disk", "size=64k")
    note = disk / "note"
    note.write_text("old")
    with pytest.raises(MachineError, match=r"cannot write .*/note: no space left"):
        machine.note(str(note), "x" * 100_000)
    assert note.read_text() == "old"
    assert os.listdir(disk) == ["note"]


def test_only_the_file_that_was_meant_is_removed(machine: LocalMachine, tmp_path: Path) -> None:
    file, folder, link = tmp_path / "file", tmp_path / "folder", tmp_path / "link"
    file.touch()
    folder.mkdir()
    link.symlink_to(file)
    inode = file.stat().st_ino
    assert machine.remove(str(file), inode + 1) == Absent("is another file by now")
    assert machine.remove(str(folder)) == Absent("is not a regular file")
    assert machine.remove(str(link)) == Absent("is not a regular file")
    assert {*os.listdir(tmp_path)} == {"file", "folder", "link"}
    assert machine.remove(str(file), inode) == Known(None)
    assert machine.remove(str(file), inode) == Absent("does not exist")


def test_what_cannot_be_removed_is_unknown(machine: LocalMachine, mount: Mount) -> None:
    disk = mount("disk")
    (disk / "file").touch()
    os.system(f"mount -o remount,ro {disk}")
    assert machine.remove(str(disk / "file")) == Unknown("read-only file system")


def test_shelving_moves_and_never_replaces(machine: LocalMachine, tmp_path: Path) -> None:
    log, shelf = tmp_path / "log", tmp_path / "2026-11" / "log"
    log.write_text("old")
    assert machine.shelve(str(log), str(shelf)) == Known(None)
    assert (shelf.read_text(), os.path.exists(log)) == ("old", False)
    log.write_text("new")
    assert machine.shelve(str(log), str(shelf)) == Unknown(f"{shelf} exists")
    assert (shelf.read_text(), log.read_text()) == ("old", "new")
    log.unlink()
    assert machine.shelve(str(log), str(shelf)) == Absent("does not exist")


def test_shelving_goes_on_where_it_was_killed(machine: LocalMachine, tmp_path: Path) -> None:
    log, shelf = tmp_path / "log", tmp_path / "2026-11" / "log"
    log.write_text("old")
    with pytest.raises(Death):
        dying("shelve: linked").shelve(str(log), str(shelf))
    assert log.read_text() == shelf.read_text() == "old"
    assert machine.shelve(str(log), str(shelf)) == Known(None)
    assert (shelf.read_text(), os.path.exists(log)) == ("old", False)


def test_shelving_does_without_hard_links(
    machine: LocalMachine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "link", refuse)
    log, shelf = tmp_path / "log", tmp_path / "2026-11" / "log"
    log.write_text("old")
    assert machine.shelve(str(log), str(shelf)) == Known(None)
    assert (shelf.read_text(), os.path.exists(log)) == ("old", False)
    log.write_text("new")
    assert machine.shelve(str(log), str(shelf)) == Unknown(f"{shelf} exists")


def test_a_shelf_on_another_disk_is_refused(machine: LocalMachine, mount: Mount, tmp_path: Path) -> None:
    disk = mount("disk")
    (tmp_path / "log").write_text("old")
    assert isinstance(machine.shelve(str(tmp_path / "log"), str(disk / "log")), Unknown)
    assert ((tmp_path / "log").read_text(), os.listdir(disk)) == ("old", [])


def test_a_folder_is_made_with_those_above_or_refused_by_name(machine: LocalMachine, tmp_path: Path) -> None:
    machine.folder(str(tmp_path / "a" / "b"))
    machine.folder(str(tmp_path / "a" / "b"))
    assert (tmp_path / "a" / "b").is_dir()
    (tmp_path / "file").touch()
    with pytest.raises(MachineError, match=r"cannot make the folder .*/file: file exists"):
        machine.folder(str(tmp_path / "file"))
