"""Directories are told by their disks, and one that is ill costs its own row only."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from reconciler.facts import Facts
from reconciler.machine import LocalMachine
from reconciler.machine.files import Filesystem
from reconciler.machine.listings import Listings
from reconciler.machine.mounts import Mounts
from reconciler.observation import Observation
from reconciler.state import Absent, Fact, Known, Space, Unknown
from reconciler.world import Ask, Survey
from tests.real import driver
from tests.real.conftest import Make
from tests.real.farm import Farm
from tests.real.hand import Idle
from tests.real.sight import until

from .conftest import Mount


def conditions(seen: Observation, path: Path) -> dict[str, str]:
    return {each.type: each.message for each in seen.conditions if each.subject == str(path)}


def space(seen: Observation, path: Path) -> Fact[Space]:
    return seen.directories[str(path)].space


def tmps_of(farm: Farm, *tmps: Path) -> None:
    """Give the farm these tmp directories."""
    places = {"tmp": [str(path) for path in tmps], "dst": str(farm.dsts[0]), "logs": str(farm.logs)}
    farm.write(directories=places, archive=None)


def test_a_bind_mount_and_a_link_are_the_disk_that_they_lead_to(make: Make, mount: Mount) -> None:
    farm = make()
    disk = mount(farm.root / "disk", "-t", "tmpfs", "-o", "size=8m", "tmpfs")
    bound = mount(farm.root / "bound", "--bind", str(disk))
    link = farm.root / "link"
    link.symlink_to(disk)
    tmps_of(farm, disk, bound, link, farm.tmps[0])
    seen = farm.look()
    facts = Facts(farm.spec, seen, driver.plotters())
    device = facts.device(str(disk))
    assert device is not None
    assert facts.devices[device] == tuple(sorted(map(str, (disk, bound, link))))
    assert facts.device(str(farm.tmps[0])) != device
    assert seen.directories[str(link)].real == str(disk)


def test_a_job_on_a_link_of_a_directory_counts_there(make: Make) -> None:
    farm = make()
    link = farm.root / "link"
    link.symlink_to(farm.tmps[0])
    tmps_of(farm, link)
    Idle(farm)
    assert farm.jobs()[0].tmp == Known(str(link))


def test_room_is_what_the_disk_says(make: Make, mount: Mount) -> None:
    farm = make()
    disk = mount(farm.root / "disk", "-t", "tmpfs", "-o", "size=8m", "tmpfs")
    tmps_of(farm, disk)
    before = space(farm.look(), disk)
    (disk / "file").write_bytes(bytes(1 << 20))
    after = space(farm.look(), disk)
    assert isinstance(before, Known) and isinstance(after, Known)
    assert before.value.total == after.value.total == 8 << 20
    assert before.value.free - after.value.free == 1 << 20


def missing(path: Path) -> None:
    path.rmdir()


def a_file(path: Path) -> None:
    path.rmdir()
    path.write_bytes(b"")


def dangling(path: Path) -> None:
    path.rmdir()
    path.symlink_to("/nowhere")


def below_a_file(path: Path) -> None:
    path.rmdir()
    a_file(path.parent)


@pytest.mark.parametrize(
    ("spoil", "why"),
    [
        (missing, "does not exist"),
        (a_file, "is not a directory"),
        (dangling, "does not exist"),
        (below_a_file, "is not a directory"),
    ],
)
def test_a_directory_that_is_none_is_absent_and_named(
    make: Make, spoil: Callable[[Path], None], why: str
) -> None:
    farm = make()
    path = farm.root / "above" / "tmp"
    path.mkdir(parents=True)
    tmps_of(farm, path, farm.tmps[0])
    spoil(path)
    seen = farm.look()
    found = space(seen, path)
    assert isinstance(found, Absent) and why in found.why
    assert why in conditions(seen, path)["DirectoryAbsent"]
    assert isinstance(space(seen, farm.tmps[0]), Known)


def test_a_loop_of_links_is_unknown_and_not_absent(make: Make) -> None:
    farm = make()
    path = farm.root / "loop"
    path.symlink_to(path)
    tmps_of(farm, path)
    assert isinstance(space(farm.look(), path), Unknown)


def test_a_read_only_disk_is_not_writable_and_named(make: Make, mount: Mount) -> None:
    farm = make()
    disk = mount(farm.root / "disk", "-t", "tmpfs", "-o", "ro", "tmpfs")
    tmps_of(farm, disk)
    seen = farm.look()
    found = space(seen, disk)
    assert isinstance(found, Known) and not found.value.writable
    assert conditions(seen, disk) == {"DirectoryReadOnly": "it is not writable"}


def test_a_directory_whose_disk_did_not_come_up_is_absent(make: Make) -> None:
    farm = make()
    fstab = farm.root / "fstab"
    fstab.write_text(f"UUID=1 {farm.tmps[0]} ext4 defaults 0 0\n")
    machine = LocalMachine(mounts=Mounts(fstab=str(fstab), units=str(farm.root / "none")))
    seen = farm.observer(machine).look(farm.spec)
    assert space(seen, farm.tmps[0]) == Absent("is not mounted")
    assert isinstance(space(seen, farm.tmps[1]), Known)


def test_a_log_directory_that_is_yet_to_be_made_is_an_empty_journal_with_its_parents_room(make: Make) -> None:
    farm = make()
    farm.logs.rmdir()
    seen = farm.look()
    assert seen.starts == Known(())
    assert isinstance(space(seen, farm.logs), Known)


def test_a_log_directory_whose_disk_is_away_is_an_unknown_journal(make: Make) -> None:
    farm = make()
    fstab = farm.root / "fstab"
    fstab.write_text(f"UUID=1 {farm.logs} ext4 defaults 0 0\n")
    machine = LocalMachine(mounts=Mounts(fstab=str(fstab), units=str(farm.root / "none")))
    seen = farm.observer(machine).look(farm.spec)
    assert isinstance(seen.starts, Unknown) and "not mounted" in seen.starts.why
    assert "JournalUnknown" in conditions(seen, farm.logs)


class Hung(Filesystem):
    """Whatever is asked below a path first reads a FIFO that nobody writes, as on a disk that hangs."""

    def __init__(self, below: Path, fifo: Path) -> None:
        super().__init__(Listings(lambda _: False))
        self._below, self._fifo = str(below), fifo

    def survey(self, ask: Ask) -> Fact[Survey]:
        if ask.path.startswith(self._below):
            self._fifo.read_bytes()
        return super().survey(ask)


def test_a_directory_that_hangs_costs_one_deadline_once_and_its_own_row_alone(make: Make) -> None:
    farm = make()
    fifo = farm.root / "fifo"
    os.mkfifo(fifo)
    table = farm.root / "mountinfo"
    table.write_text("".join(f"1 0 0:1 / {path} rw - ext4 /dev/vda rw\n" for path in ("/", farm.dsts[1])))
    none = str(farm.root / "none")
    machine = LocalMachine(
        deadline=0.3,
        mounts=Mounts(mountinfo=str(table), fstab=none, units=none),
        filesystem=Hung(farm.dsts[1], fifo),
    )
    observer = farm.observer(machine)
    Idle(farm)
    try:
        observer.look(farm.spec, temps=True)
        machine._probes._deadline = 3600.0  # It is not waited for again.
        well = (*farm.tmps, farm.dsts[0], farm.logs)
        until(lambda: all(isinstance(space(observer.look(farm.spec), path), Known) for path in well))
        for _ in range(2):
            seen = observer.look(farm.spec, temps=True)
            assert isinstance(space(seen, farm.dsts[1]), Unknown)
            assert "not answered" in conditions(seen, farm.dsts[1])["DirectoryUnknown"]
            assert isinstance(seen.directories[str(farm.dsts[1])].plots, Unknown)
            assert all(isinstance(space(seen, path), Known) for path in well)
            assert isinstance(seen.jobs, Known) and len(seen.jobs.value) == 1
    finally:
        fifo.write_bytes(b"")
