"""What can be seen of a machine, and what its logs tell, as a description that can be corrected and read again."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from reconciler.description import MachineDescription, parse_machine
from reconciler.description.writing import to_yaml
from reconciler.errors import UsageError
from reconciler.machine.drives import BlockDrive, drive_of
from reconciler.simulate.building import unfit
from reconciler.spec.loading import parse
from reconciler.spec.models import Spec
from reconciler.tune.describing import describe
from reconciler.views.report import Moved
from tests.planning.shorthand import observation
from tests.simulate.machines import machine, plotters, run

GB, TB = 10**9, 10**12
SPEC = """\
version: 3
directories:
  tmp: [/mnt/tmp/00, /mnt/tmp/01]
  dst: /mnt/dst/00
  logs: /var/log/plotman
plotting: {keys: {farmer: '8d3e', pool: 'aa11'}}
archive:
- {name: farmer1, host: farmer1.lan, disks: /farm/*}
"""
DRIVES = {
    "259:0": BlockDrive(("nvme0n1",), "nvme"),
    "9:0": BlockDrive(("sda", "sdb"), "sata"),
    "8:32": BlockDrive(("sdc",), "hdd"),
}
DIRECTORIES = {
    "/mnt/tmp/00": {"device": "259:0", "free": "1.8TB"},
    "/mnt/tmp/01": {"device": "9:0", "free": "1TB"},
    "/mnt/dst/00": {"device": "8:32", "free": "7TB"},
    "/var/log/plotman": {},
}
FARMERS = {"farmer1": {"/farm/00": {"free": "1TB", "count": 5}, "/farm/01": {"free": "9TB"}}}


def spec() -> Spec:
    return parse(SPEC, "spec.yaml").spec


def described(moved: list[Moved] | None = None, **changes: Any) -> tuple[MachineDescription, tuple[str, ...]]:
    seen = observation({"directories": DIRECTORIES, "farmers": FARMERS, **changes}, spec())
    return describe(seen, spec(), plotters()["chia"], DRIVES.get, [], moved or [])


def test_drives_are_told_apart_by_what_the_directories_lie_on() -> None:
    found, notes = described()
    assert unfit(found, spec()) == []
    assert {drive.name: (drive.kind, drive.tmp, drive.dst) for drive in found.drives} == {
        "nvme0n1": ("nvme", ("/mnt/tmp/00",), ()),
        "sda-sdb": ("sata", ("/mnt/tmp/01",), ()),
        "sdc": ("hdd", (), ("/mnt/dst/00",)),
    }
    assert found.drives[0].bytes == 1.8 * TB
    assert any("array of 2" in line for line in notes)
    assert found.drives[1].write == 2 * 480_000_000


def test_plots_that_stand_there_and_temporary_files_count_as_room_for_plotting() -> None:
    here = {"plots": [{"plot": "aa"}, {"plot": "bb"}], "temps": [{"plot": "cc", "bytes": "50GB"}]}
    found, _ = described(directories={**DIRECTORIES, "/mnt/dst/00": {**DIRECTORIES["/mnt/dst/00"], **here}})
    (dst,) = (drive for drive in found.drives if drive.dst)
    assert dst.bytes == 7 * TB + 250 * GB
    first, second = found.farmers[0].disks
    size = plotters()["chia"].final_bytes(32)
    assert (first.bytes, second.bytes) == (TB + 5 * size // 10**6 * 10**6, 9 * TB)


def test_every_assumption_about_speed_is_told() -> None:
    found, notes = described()
    told = "\n".join(notes)
    assert all(drive.name in told for drive in found.drives)
    for words in ("no transfer has told", "no finished job of chia", "farmer1: 2 disks"):
        assert words in told


def test_a_person_can_correct_what_was_written_down() -> None:
    found, notes = described()
    text = to_yaml(found, notes)
    assert parse_machine(text, "machine.yaml") == found
    assert all(f"# {line}" in text for line in notes)


def _moved(began: float, rate: float) -> Moved:
    return Moved(
        source="/mnt/dst/00",
        farmer="farmer1",
        disk="/farm/00",
        bytes=100 * GB,
        began=began,
        ended=began + 100 * GB / rate,
        finished=True,
        error="",
    )


@pytest.mark.parametrize(
    ("moved", "carries"),
    [
        ([], 110e6),
        ([_moved(0, 95e6)], 110e6),
        ([_moved(0, 40e6), _moved(1, 40e6)], 110e6),
        ([_moved(0, 20e6), _moved(9000, 20e6)], 20e6),
        ([_moved(0, 150e6), _moved(0, 150e6)], 300e6),
        ([_moved(0, 700e6)], 1.1e9),
    ],
)
def test_a_link_carries_what_transfers_reached_together_or_the_usual_above(
    moved: list[Moved], carries: float
) -> None:
    found, _ = described(moved)
    assert dict(found.links) == {"farmer1.lan": carries}


def test_a_farmer_that_has_told_nothing_is_told_of() -> None:
    found, notes = described(farmers={"farmer1": {"unknown": "no answer"}})
    assert unfit(found, spec()) == []
    assert [disk.path for disk in found.farmers[0].disks] == ["/farm/00"]
    assert any("farmer1 has told nothing" in line for line in notes)


def test_a_directory_that_does_not_tell_its_room_is_refused() -> None:
    gone = {**DIRECTORIES, "/mnt/tmp/01": {"unknown": "no answer in 2 s"}}
    with pytest.raises(UsageError, match="/mnt/tmp/01: no answer in 2 s"):
        described(directories=gone)


def test_what_a_plot_takes_is_fitted_to_finished_logs() -> None:
    over = run(machine(), {"max_jobs": 1, "stagger": 0}, days=1.2)
    chia = plotters()["chia"]
    logs = [file for _, file in over.computer.disks.listing("/var/lib/plotman/logs") if file is not None]
    plots = [plot for file in logs for plot in chia.fold(chia.begin(), bytes(file.data)).plots]
    seen = observation({"directories": DIRECTORIES, "farmers": FARMERS}, spec())
    found, notes = describe(seen, spec(), chia, DRIVES.get, plots, [])
    (work,) = found.work
    took = [sum(seconds for seconds in plot.phase_seconds if seconds) for plot in plots if plot.plotting_done]
    assert sum(each.cpu_seconds / each.threads for each in work.phases) == pytest.approx(min(took), rel=0.01)
    assert any(f"the fastest tenth of {len(took)} finished" in line for line in notes)


def test_sysfs_tells_partitions_arrays_and_disks_that_turn(tmp_path: Path) -> None:
    def block(name: str, rotational: str, *parts: str) -> Path:
        folder = tmp_path / "devices" / name
        (folder / "queue").mkdir(parents=True)
        (folder / "queue" / "rotational").write_text(f"{rotational}\n")
        for part in parts:
            (folder / part).mkdir()
            (folder / part / "partition").write_text("1\n")
        return folder

    def number(device: str, folder: Path) -> None:
        (tmp_path / "dev" / "block").mkdir(parents=True, exist_ok=True)
        (tmp_path / "dev" / "block" / device).symlink_to(folder)

    nvme, hdd, ssd = block("nvme0n1", "0", "nvme0n1p1"), block("sda", "1"), block("sdb", "0", "sdb1")
    array = tmp_path / "devices" / "md0"
    (array / "slaves").mkdir(parents=True)
    (array / "slaves" / "sda").symlink_to(hdd)
    (array / "slaves" / "sdb1").symlink_to(ssd / "sdb1")
    number("259:1", nvme / "nvme0n1p1")
    number("8:17", ssd / "sdb1")
    number("9:0", array)
    root = str(tmp_path)
    assert drive_of("259:1", root) == BlockDrive(("nvme0n1",), "nvme")
    assert drive_of("8:17", root) == BlockDrive(("sdb",), "sata")
    assert drive_of("9:0", root) == BlockDrive(("sda", "sdb"), "hdd")
    assert drive_of("0:31", root) is None
