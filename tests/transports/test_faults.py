"""A source that changes, a target that fails: the source stays, and nothing half gets a plot's name."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable

import pytest

from reconciler.transports.contract import Step
from reconciler.transports.local import Local
from reconciler.transports.source import Source
from tests.transports.farm import MEGABYTE, Farm, content

BEFORE_PUBLISHING = ("reserved", "copied-some", "copied", "synced")


def once(name: str, act: Callable[[], object]) -> Step:
    """A step that does something the first time it comes to that name."""
    left = [act]

    def step(reached: str) -> None:
        if reached == name and left:
            left.pop()()

    return step


@pytest.mark.parametrize("step", BEFORE_PUBLISHING)
def test_a_source_that_grows_stays(farm: Farm, step: str) -> None:
    data = farm.put()

    def grow() -> None:
        with farm.at_source.open("ab") as file:
            file.write(b"more")

    assert farm.move(once(step, grow)).kind == "growing"
    assert farm.untouched(data + b"more")


@pytest.mark.parametrize("step", BEFORE_PUBLISHING)
def test_a_source_that_is_written_in_place_stays(farm: Farm, step: str) -> None:
    data = farm.put()
    os.utime(farm.at_source, (1.7e9, 1.7e9))

    def write() -> None:
        with farm.at_source.open("r+b") as file:
            file.write(b"new!")

    assert farm.move(once(step, write)).kind == "growing"
    assert farm.untouched(b"new!" + data[4:])


@pytest.mark.parametrize("step", BEFORE_PUBLISHING)
def test_a_source_that_is_cut_short_stays(farm: Farm, step: str) -> None:
    data = farm.put()
    assert farm.move(once(step, lambda: os.truncate(farm.at_source, 5 * MEGABYTE))).kind == "growing"
    assert farm.untouched(data[: 5 * MEGABYTE])


@pytest.mark.parametrize("step", BEFORE_PUBLISHING)
def test_a_source_that_is_replaced_stays(farm: Farm, step: str) -> None:
    data = farm.put()
    other = content(len(data), seed=1)

    def put_another() -> None:
        new = farm.logs.parent / "new"
        new.write_bytes(other)
        new.replace(farm.at_source)

    assert farm.move(once(step, put_another)).kind == "growing"
    assert farm.untouched(other)


def test_a_source_replaced_at_the_last_moment_is_not_removed(farm: Farm) -> None:
    data = farm.put()
    other = content(len(data), seed=1)

    def put_another() -> None:
        new = farm.logs.parent / "new"
        new.write_bytes(other)
        new.replace(farm.at_source)

    assert farm.move(once("published", put_another)).kind == "growing"
    assert farm.at_source.read_bytes() == other
    assert farm.at_target.read_bytes() == data
    assert farm.move().kind == "conflict"


@pytest.mark.parametrize("step", BEFORE_PUBLISHING)
def test_a_source_that_vanishes_leaves_nothing_behind(farm: Farm, step: str) -> None:
    farm.put()
    assert farm.move(once(step, farm.at_source.unlink)).kind == "gone"
    assert os.listdir(farm.disk) == []


def test_a_source_that_a_person_removed_after_publishing_is_finished(farm: Farm) -> None:
    data = farm.put()
    assert farm.move(once("published", farm.at_source.unlink)).outcome == "finished"
    assert farm.arrived(data)


@pytest.mark.parametrize("at", [0, 4_500_000, 9_000_076])
def test_a_disk_that_gives_back_other_bytes_is_found_out(farm: Farm, at: int) -> None:
    data = farm.put()

    def spoil() -> None:
        with farm.landing(len(data)).open("r+b") as file:
            file.seek(at)
            file.write(bytes([data[at] ^ 1]))

    assert farm.move(once("synced", spoil)).kind == "corrupt"
    assert farm.untouched(data)


def test_a_name_taken_while_copying_is_not_replaced(parted: Farm) -> None:
    farm, data = parted, parted.put()
    assert farm.move(once("verified", lambda: farm.at_target.write_bytes(b"other"))).kind == "conflict"
    assert farm.at_target.read_bytes() == b"other"
    assert farm.at_source.read_bytes() == data
    assert os.listdir(farm.disk) == [farm.plot]


def test_a_name_taken_while_copying_by_the_same_plot_is_fine(parted: Farm) -> None:
    farm, data = parted, parted.put()
    assert farm.move(once("verified", lambda: farm.at_target.write_bytes(data))).outcome == "finished"
    assert farm.arrived(data)


def test_a_disk_that_vanishes_while_copying_leaves_the_source(farm: Farm) -> None:
    data = farm.put()

    def vanish() -> None:
        farm.landing(len(data)).unlink()
        farm.disk.rmdir()

    told = farm.move(once("synced", vanish))
    assert (told.outcome, told.kind) == ("failed", "missing")
    assert farm.at_source.read_bytes() == data


def test_a_disk_that_vanishes_before_anything_was_reserved_is_missing(
    here: Farm, monkeypatch: pytest.MonkeyPatch
) -> None:
    farm, data = here, here.put()
    reserve = Local.reserve

    def late(target: Local, source: Source) -> None:
        farm.disk.rmdir()
        reserve(target, source)

    monkeypatch.setattr(Local, "reserve", late)
    assert farm.move().kind == "missing"
    assert farm.at_source.read_bytes() == data


def test_a_plot_that_does_not_fit_is_not_begun(small: Farm) -> None:
    data = small.put(12 * MEGABYTE)
    seen: list[str] = []
    told = small.move(seen.append)
    assert (told.outcome, told.kind) == ("failed", "full")
    assert seen == ["locked"]
    assert small.untouched(data)


def test_a_disk_that_fills_while_copying_loses_nothing(small: Farm) -> None:
    data = small.put(5 * MEGABYTE)
    hog = small.disk / "hog"

    def fill() -> None:
        with hog.open("wb", buffering=0) as file:
            try:
                while True:
                    file.write(b"x" * 65536)
            except OSError:
                pass

    told = small.move(once("reserved", fill))
    hog.unlink()
    if told.outcome == "failed":  # where no room could be taken ahead
        assert told.kind == "full"
        assert small.untouched(data)
        told = small.move()
    assert told.outcome == "finished"
    assert small.arrived(data)


def test_a_plot_that_just_fits_moves(small: Farm) -> None:
    found = os.statvfs(small.disk)
    data = small.put(found.f_bavail * found.f_frsize - MEGABYTE // 10)
    assert small.move().outcome == "finished"
    assert small.arrived(data)


def test_a_read_only_disk_is_refused(small: Farm) -> None:
    data = small.put(MEGABYTE)
    subprocess.run(["mount", "-o", "remount,ro", str(small.disk)], check=True, timeout=60)
    told = small.move()
    assert (told.outcome, told.kind) == ("failed", "refused")
    assert small.untouched(data)


def test_a_disk_that_comes_back_read_only_keeps_both_until_it_is_mended(small: Farm) -> None:
    data = small.put(MEGABYTE)
    small.start("verified", "1", "SIGKILL").code()
    subprocess.run(["mount", "-o", "remount,ro", str(small.disk)], check=True, timeout=60)
    assert small.move().kind == "refused"
    assert small.at_source.read_bytes() == data
    subprocess.run(["mount", "-o", "remount,rw", str(small.disk)], check=True, timeout=60)
    assert small.move().outcome == "finished"
    assert small.arrived(data)
