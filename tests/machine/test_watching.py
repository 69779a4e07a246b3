"""File events: they ring, in time and not too often, and a folder that comes later counts, too."""

from __future__ import annotations

import itertools
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from reconciler.machine import watching
from reconciler.machine.watching import Watcher

pytestmark = pytest.mark.skipif(not watching.AVAILABLE, reason="this system has no inotify")

DEADLINE = 60.0


class Rings(list[float]):
    """When it was rung."""

    def ring(self) -> None:
        self.append(time.monotonic())

    def expect(self, count: int) -> None:
        until = time.monotonic() + DEADLINE
        while len(self) < count:
            assert time.monotonic() < until, f"rung {len(self)} times, not {count}"
            time.sleep(0.005)


@pytest.fixture
def rings(monkeypatch: pytest.MonkeyPatch) -> Rings:
    monkeypatch.setattr(watching, "APART", 0.3)
    return Rings()


@pytest.fixture
def watcher(rings: Rings) -> Iterator[Watcher]:
    watcher = Watcher(rings.ring)
    yield watcher
    watcher.close()


def write(folder: Path) -> None:
    (folder / "written").write_text("once")


def move_in(folder: Path) -> None:
    source = folder.parent / "elsewhere"
    source.touch()
    source.rename(folder / "moved")


def remove(folder: Path) -> None:
    (folder / "old").unlink()


def move_out(folder: Path) -> None:
    (folder / "old").rename(folder.parent / "gone")


def begin(watcher: Watcher, rings: Rings, folder: Path) -> None:
    """Watch a folder, until events are seen to come from there."""
    watcher.watch([str(folder)])
    until = time.monotonic() + DEADLINE
    while not rings:
        assert time.monotonic() < until
        (folder / "probe").write_text("")
        time.sleep(0.02)
    quiet = rings[-1]
    while time.monotonic() - quiet < 5 * watching.APART:
        quiet = max(quiet, rings[-1])
        time.sleep(0.01)
    rings.clear()


@pytest.mark.parametrize("happens", [write, move_in, remove, move_out])
def test_what_happens_in_a_folder_rings(
    watcher: Watcher, rings: Rings, tmp_path: Path, happens: Callable[[Path], None]
) -> None:
    folder = tmp_path / "dst"
    folder.mkdir()
    (folder / "old").touch()
    begin(watcher, rings, folder)
    happens(folder)
    rings.expect(1)


def test_however_much_happens_it_rings_now_and_then_only_and_once_more_after_the_last(
    watcher: Watcher, rings: Rings, tmp_path: Path
) -> None:
    begin(watcher, rings, tmp_path)
    until = time.monotonic() + DEADLINE
    while len(rings) < 4:
        assert time.monotonic() < until
        (tmp_path / "busy").write_text("again")
    last = time.monotonic()
    (tmp_path / "busy").write_text("once more")
    assert all(after - before >= watching.APART for before, after in itertools.pairwise(rings))
    while rings[-1] < last:
        assert time.monotonic() < last + DEADLINE
        time.sleep(0.005)


def test_reading_and_growing_do_not_ring(watcher: Watcher, rings: Rings, tmp_path: Path) -> None:
    """A log that its job goes on writing, and a look at it, must not keep the loop awake."""
    with (tmp_path / "log").open("w") as log:
        begin(watcher, rings, tmp_path)
        log.write("a line\n")
        log.flush()
        (tmp_path / "log").read_text()
        os.listdir(tmp_path)
        assert not rings
        (tmp_path / "end").touch()
        rings.expect(1)
    assert len(rings) == 1


def test_a_folder_that_was_made_anew_is_watched_when_asked_again_and_one_that_is_not_wanted_no_more(
    watcher: Watcher, rings: Rings, tmp_path: Path
) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    first.mkdir()
    begin(watcher, rings, first)
    watcher.watch([str(second), str(tmp_path / "missing")])
    second.mkdir()
    begin(watcher, rings, second)
    write(first)
    time.sleep(2 * watching.APART)
    assert not rings
    write(second)
    rings.expect(1)


def test_once_closed_it_is_silent(watcher: Watcher, rings: Rings, tmp_path: Path) -> None:
    begin(watcher, rings, tmp_path)
    watcher.close()
    assert watcher._thread is not None
    watcher._thread.join(DEADLINE)
    assert not watcher._thread.is_alive()
    write(tmp_path)
    assert not rings
