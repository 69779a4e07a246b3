"""A directory is listed anew wherever its names can have changed."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from reconciler.machine import listings
from reconciler.machine.listings import Listings
from reconciler.world import Ask

from .conftest import Mount
from .helpers import until


def _dated_as_before(folder: Path) -> None:
    found = os.stat(folder)
    (folder / "new").touch()
    os.utime(folder, ns=(found.st_atime_ns, found.st_mtime_ns))


CHANGES: dict[str, Callable[[Path], object]] = {
    "one comes": lambda folder: (folder / "new").touch(),
    "one goes": lambda folder: (folder / "file").unlink(),
    "one gets another name": lambda folder: (folder / "file").rename(folder / "other"),
    "one takes another's name": lambda folder: (folder / "file").rename(folder / "second"),
    "a folder comes": lambda folder: (folder / "below").mkdir(),
    "one comes, and the date is set back": _dated_as_before,
}


@pytest.fixture(params=["disk of the test", "tmpfs"])
def folder(request: pytest.FixtureRequest, tmp_path: Path, mount: Mount) -> Path:
    found = tmp_path / "folder" if request.param == "disk of the test" else mount("disk") / "folder"
    found.mkdir()
    (found / "file").touch()
    (found / "second").touch()
    return found


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """A tenth of the time, which is still many times a kernel's clock tick."""
    monkeypatch.setattr(listings, "SETTLED", 0.2)


def names(kept: Listings, folder: Path) -> set[str]:
    return {entry.name for entry in kept.of(Ask(str(folder)), os.stat(folder))}


def settled(folder: Path) -> bool:
    found = os.stat(folder)
    return time.time() - max(found.st_mtime, found.st_ctime) > listings.SETTLED


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_what_comes_or_goes_is_seen_at_once(folder: Path, change: Callable[[Path], object]) -> None:
    kept = Listings(lambda _: True)
    until(lambda: settled(folder))
    assert names(kept, folder) == {"file", "second"}
    change(folder)
    assert names(kept, folder) == set(os.listdir(folder))
    assert kept.of(Ask(str(folder)), os.stat(folder)) == listings.listed(str(folder))


def test_a_folder_that_changes_all_the_time_is_never_told_from_memory(folder: Path) -> None:
    kept = Listings(lambda _: True)
    for number in range(300):
        (folder / f"{number}").touch()
        assert f"{number}" in names(kept, folder)
        (folder / f"{number}").unlink()
        assert f"{number}" not in names(kept, folder)


def test_a_folder_in_which_nothing_changes_is_listed_once(folder: Path) -> None:
    kept = Listings(lambda _: True)
    until(lambda: settled(folder))
    first = kept.of(Ask(str(folder)), os.stat(folder))
    assert kept.of(Ask(str(folder)), os.stat(folder)) is first


def test_it_is_listed_each_time_where_its_file_system_may_not_date_changes(folder: Path) -> None:
    kept = Listings(lambda _: False)
    until(lambda: settled(folder))
    first = kept.of(Ask(str(folder)), os.stat(folder))
    assert kept.of(Ask(str(folder)), os.stat(folder)) is not first


def test_another_folder_under_the_same_path_is_listed_anew(folder: Path) -> None:
    kept = Listings(lambda _: True)
    until(lambda: settled(folder))
    assert names(kept, folder) == {"file", "second"}
    folder.rename(folder.parent / "away")
    folder.mkdir()
    assert names(kept, folder) == set()


def test_a_change_dated_after_now_is_not_taken_for_settled(folder: Path) -> None:
    kept = Listings(lambda _: True)
    later = time.time_ns() + 3_600_000_000_000
    os.utime(folder, ns=(later, later))
    first = kept.of(Ask(str(folder)), os.stat(folder))
    assert kept.of(Ask(str(folder)), os.stat(folder)) is not first
