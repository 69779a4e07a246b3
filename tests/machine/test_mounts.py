"""Which mount answers for a path, and which one should be there."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from reconciler.machine import LocalMachine
from reconciler.machine.mounts import Mounts
from reconciler.state import Absent, Known
from reconciler.world import Ask

FSTAB = """\
# a comment /mnt/comment
UUID=1 / ext4 defaults 0 1
UUID=2 none swap sw 0 0
UUID=3 /mnt/up ext4 defaults 0 2
UUID=4 /mnt/down/ ext4 noauto 0 2
UUID=5\t/mnt/with\\040blank\text4 defaults 0 2
short

"""
MOUNTINFO = """\
21 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda rw
22 21 254:1 / /mnt/up rw - ext4 /dev/vdb rw
23 22 254:2 / /mnt/up/inner rw - ext4 /dev/vdc rw
24 21 254:3 / /mnt/odd\\040name rw - ext4 /dev/vdd rw
25 21 0:40 / /mnt/pool rw shared:7 master:2 - fuse.mergerfs a:b rw
26 21 0:41 / /mnt/far rw - nfs4 farmer:/plots rw
27 21 0:42 / /mnt/quick rw - tmpfs tmpfs rw
"""


@pytest.fixture
def mounts(tmp_path: Path) -> Mounts:
    (tmp_path / "mountinfo").write_text(MOUNTINFO)
    (tmp_path / "fstab").write_text(FSTAB)
    units = tmp_path / "units"
    units.mkdir()
    for name in ("mnt-by-unit.mount", "mnt-with\\x2ddash.mount", "mnt-none.service", "mnt-none.mount.wants"):
        (units / name).touch()
    return Mounts(
        mountinfo=str(tmp_path / "mountinfo"), fstab=str(tmp_path / "fstab"), units=str(tmp_path / "units")
    )


@pytest.mark.parametrize(
    ("path", "point"),
    [
        ("/", "/"),
        ("/mnt/upper", "/"),
        ("/mnt/up", "/mnt/up"),
        ("/mnt/up/a/b", "/mnt/up"),
        ("/mnt/up/inner/a", "/mnt/up/inner"),
        ("/mnt/odd name/a", "/mnt/odd name"),
        ("/mnt/down/../up/./a", "/mnt/up"),
    ],
)
def test_the_longest_mount_point_above_answers(mounts: Mounts, path: str, point: str) -> None:
    assert mounts.of(path) == point


@pytest.mark.parametrize(
    ("path", "missing"),
    [
        ("/mnt/up/a", None),
        ("/mnt/none", None),
        ("/mnt/comment", None),
        ("/mnt/down", "/mnt/down"),
        ("/mnt/down/a/b", "/mnt/down"),
        ("/mnt/downer", None),
        ("/mnt/with blank/a", "/mnt/with blank"),
        ("/mnt/by/unit/a", "/mnt/by/unit"),
        ("/mnt/with-dash", "/mnt/with-dash"),
    ],
)
def test_a_promised_mount_that_is_not_there_is_missing(
    mounts: Mounts, path: str, missing: str | None
) -> None:
    assert mounts.missing(path) == missing


def test_links_on_the_root_file_system_are_followed(mounts: Mounts, tmp_path: Path) -> None:
    (tmp_path / "plots").symlink_to("/mnt/up/plots")
    (tmp_path / "again").symlink_to("plots/a")
    (tmp_path / "lost").symlink_to("/mnt/down/a")
    (tmp_path / "round").symlink_to("round")
    assert mounts.of(str(tmp_path / "plots/a")) == "/mnt/up"
    assert mounts.of(str(tmp_path / "again/b")) == "/mnt/up"
    assert mounts.missing(str(tmp_path / "lost/b")) == "/mnt/down"
    assert mounts.of(str(tmp_path / "round")) == "/"


def test_nothing_below_a_missing_mount_is_there(tmp_path: Path) -> None:
    """Though its folder is: a plot written to it would land on the root disk."""
    place = tmp_path / "disk"
    (place / "plots").mkdir(parents=True)
    (tmp_path / "fstab").write_text(f"UUID=1 {place} ext4 defaults 0 2\n")
    machine = LocalMachine(mounts=Mounts(fstab=str(tmp_path / "fstab"), trust=0))
    found = machine.survey([Ask(str(place)), Ask(str(place / "plots")), Ask(str(tmp_path))])
    assert found[str(place)] == Absent("is not mounted")
    assert found[str(place / "plots")] == Absent(f"{place} is not mounted")
    assert isinstance(found[str(tmp_path)], Known)
    (tmp_path / "fstab").write_text("")
    assert isinstance(machine.survey([Ask(str(place))])[str(place)], Known)


def test_without_any_table_everything_is_on_the_root(tmp_path: Path) -> None:
    nothing = str(tmp_path / "nothing")
    mounts = Mounts(mountinfo=nothing, fstab=nothing, units=nothing)
    assert (mounts.of("/mnt/up/a"), mounts.missing("/mnt/up/a")) == ("/", None)


@pytest.mark.parametrize(
    ("device", "dates"),
    [((254, 2), True), ((0, 42), True), ((0, 40), False), ((0, 41), False), ((9, 9), False)],
)
def test_only_local_file_systems_are_taken_to_date_every_change_of_a_directory(
    mounts: Mounts, device: tuple[int, int], dates: bool
) -> None:
    assert mounts.dates(os.makedev(*device)) is dates


@pytest.mark.parametrize(
    ("point", "ours"),
    [("/", True), ("/mnt/quick", True), ("/mnt/up", False), ("/mnt/far", False), ("/mnt", False)],
)
def test_the_roots_mount_and_those_in_memory_hang_only_where_the_program_does(
    mounts: Mounts, point: str, ours: bool
) -> None:
    assert mounts.ours(point) is ours


def test_a_link_in_memory_is_asked_of_the_mount_that_it_leads_to(tmp_path: Path) -> None:
    memory, far, none = tmp_path / "memory", tmp_path / "far", str(tmp_path / "none")
    memory.mkdir()
    far.mkdir()
    (memory / "link").symlink_to("../far/plots")
    (memory / "folder").mkdir()
    table = tmp_path / "mountinfo"
    table.write_text(
        f"1 0 0:50 / {memory} rw - tmpfs tmpfs rw\n2 0 0:51 / {far} rw - nfs4 farmer:/ rw\n"
        f"3 0 8:1 / {memory}/folder/disk rw - ext4 /dev/sda1 rw\n"
    )
    found = Mounts(mountinfo=str(table), fstab=none, units=none)
    assert found.of(f"{memory}/link/a") == str(far)
    assert not found.ours(found.of(f"{memory}/link/a"))
    assert found.of(f"{memory}/folder/disk/a") == f"{memory}/folder/disk"
    assert found.ours(found.of(f"{memory}/folder"))


def test_of_two_mounts_at_one_place_the_upper_one_counts(tmp_path: Path) -> None:
    table = tmp_path / "mountinfo"
    lines = ["1 0 0:50 / /mnt/a rw - tmpfs tmpfs rw", "2 0 0:51 / /mnt/a rw - nfs4 farmer:/ rw"]
    none = str(tmp_path / "none")

    def ours(order: list[str]) -> bool:
        table.write_text("".join(f"{line}\n" for line in order))
        return Mounts(mountinfo=str(table), fstab=none, units=none).ours("/mnt/a")

    assert not ours(lines)
    assert ours(lines[::-1])


def test_what_is_no_line_of_mountinfo_is_passed_over(tmp_path: Path) -> None:
    table = tmp_path / "mountinfo"
    table.write_text("nonsense\n\n1 0 x:y / /mnt/b rw - ext4 a rw\n3 0 8:1 / /mnt/c rw - ext4 a rw")
    found = Mounts(mountinfo=str(table), fstab=str(table), units=str(tmp_path / "none"))
    assert found.of("/mnt/c/d") == "/mnt/c"
    assert found.dates(os.makedev(8, 1))
