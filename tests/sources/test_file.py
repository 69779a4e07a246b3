"""A spec on disk is followed: a change to any of its files counts, and what is wrong changes nothing."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from reconciler.errors import SpecError
from reconciler.sources import file
from reconciler.sources.file import FileSource
from reconciler.spec.files import Files, read_text
from reconciler.spec.loaded import Loaded
from reconciler.spec.loading import load
from tests.real.sight import until

HOST = "extends: base.yaml\nscheduling: {tick: 5s}\n"
BASE = "version: 3\ndirectories: {tmp: /mnt/tmp/00, logs: /logs}\nscheduling: {max_jobs: 1}\n"


class Followed:
    """A repository of two files, what follows the upper one, and how often it has been loaded."""

    def __init__(self, folder: Path, sure: Callable[[str], bool] = lambda _: False) -> None:
        self.host = folder / "h.yaml"
        self.base = folder / "base.yaml"
        self.host.write_text(HOST)
        self.base.write_text(BASE)
        self.loads = 0
        self.answers = threading.Event()
        self.answers.set()
        self.source = FileSource(str(self.host), self._load, sure)

    def _load(self, files: Files, path: str) -> Loaded:
        self.loads += 1
        self.answers.wait()
        return load(path, files=files)

    def max_jobs(self) -> object:
        return self.source.current().spec.scheduling.max_jobs


@pytest.fixture(params=["may hang", "hangs only with all", "one of them may hang"])
def followed(request: pytest.FixtureRequest, tmp_path: Path) -> Followed:
    sure = {"may hang": (), "one of them may hang": ("h.yaml",)}.get(request.param, ("h.yaml", "base.yaml"))
    return Followed(tmp_path, lambda path: path.endswith(sure) if sure else False)


@pytest.fixture
def pipe(tmp_path: Path) -> Iterator[Path]:
    """A named pipe. Whoever still waits for a writer after 5 s has waited for it, and gets one."""
    path = tmp_path / "pipe"
    os.mkfifo(path)
    timer = threading.Timer(5.0, lambda: os.close(os.open(path, os.O_RDWR)))
    timer.start()
    yield path
    timer.cancel()


def test_a_pipe_that_nobody_writes_to_is_not_waited_for(followed: Followed, pipe: Path) -> None:
    assert followed.max_jobs() == 1
    began = time.monotonic()
    pipe.replace(followed.host)
    assert followed.max_jobs() == 1
    assert "is empty" in str(followed.source.problem())
    assert time.monotonic() - began < 5.0
    followed.host.unlink()
    followed.host.write_text(HOST.replace("tick: 5s", "max_jobs: 7"))
    assert followed.max_jobs() == 7


def test_a_pipe_is_read_to_its_end() -> None:
    reading, writing = os.pipe()
    text = "a: 1\n" * 30_000

    def write() -> None:
        with open(writing, "w") as stream:
            stream.write(text)

    thread = threading.Thread(target=write)
    thread.start()
    assert read_text(f"/dev/fd/{reading}") == text
    thread.join()
    os.close(reading)


def test_a_change_to_any_of_the_files_is_followed(followed: Followed) -> None:
    assert followed.max_jobs() == 1
    followed.base.write_text(BASE.replace("max_jobs: 1", "max_jobs: 22"))
    assert followed.max_jobs() == 22
    followed.host.write_text(HOST.replace("tick: 5s", "max_jobs: 7"))
    assert followed.max_jobs() == 7
    assert followed.source.problem() is None


def test_files_that_hang_only_with_the_program_are_looked_at_without_another_thread(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    followed = Followed(tmp_path, lambda path: path.startswith(str(tmp_path)))
    assert followed.max_jobs() == 1
    monkeypatch.setattr(followed.source._probes, "ask", None)
    assert followed.max_jobs() == 1


def test_files_that_stay_are_read_once(followed: Followed) -> None:
    assert [followed.max_jobs() for _ in range(5)] == [1] * 5
    assert followed.loads == 1


def test_a_file_that_is_replaced_by_one_like_it_is_read_again(followed: Followed, tmp_path: Path) -> None:
    """As git and editors do: same name, same size, another file."""
    assert followed.max_jobs() == 1
    stat = followed.base.stat()
    new = tmp_path / "new"
    new.write_text(BASE.replace("max_jobs: 1", "max_jobs: 2"))
    os.utime(new, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    new.rename(followed.base)
    assert followed.max_jobs() == 2


@pytest.mark.parametrize("wrong", ["version: 3\nscheduling: {max_jobs: many}\n", "a: [", None])
def test_a_base_that_is_wrong_changes_nothing_until_it_is_right(
    followed: Followed, wrong: str | None
) -> None:
    followed.max_jobs()
    followed.base.unlink() if wrong is None else followed.base.write_text(wrong)
    assert followed.max_jobs() == 1
    told = followed.source.problem()
    assert told is not None
    assert "base.yaml" in told
    loads = followed.loads
    assert followed.max_jobs() == 1
    assert followed.source.problem() == told
    assert followed.loads == loads, "what is wrong is not read again and again"
    followed.base.write_text(BASE.replace("max_jobs: 1", "max_jobs: 3"))
    assert followed.max_jobs() == 3
    assert followed.source.problem() is None


@pytest.mark.parametrize("sure", [False, True])
def test_a_file_system_that_hangs_is_waited_for_once_and_told_in_the_same_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sure: bool
) -> None:
    monkeypatch.setattr(file, "DEADLINE", 0.1)
    followed = Followed(tmp_path, lambda _: sure)
    assert followed.max_jobs() == 1
    followed.answers.clear()
    followed.base.write_text(BASE.replace("max_jobs: 1", "max_jobs: 2"))
    assert followed.max_jobs() == 1
    told = followed.source.problem()
    assert told is not None and "h.yaml" in told and "has not answered" in told
    loads = followed.loads
    for _ in range(100):
        assert followed.max_jobs() == 1
        assert followed.source.problem() == told
    assert followed.loads == loads
    followed.answers.set()
    until(lambda: followed.max_jobs() == 2)
    assert followed.source.problem() is None


def test_a_file_that_is_extended_no_more_counts_no_more(followed: Followed) -> None:
    followed.max_jobs()
    followed.host.write_text(BASE)
    followed.max_jobs()
    loads = followed.loads
    followed.base.write_text("a: [")
    assert followed.max_jobs() == 1
    assert (followed.loads, followed.source.problem()) == (loads, None)


def test_without_a_good_spec_there_is_none(followed: Followed) -> None:
    followed.base.unlink()
    for _ in range(2):
        with pytest.raises(SpecError, match=r"h\.yaml:1:10: extends: .*base\.yaml cannot be read"):
            followed.source.current()
    followed.base.write_text(BASE)
    assert followed.max_jobs() == 1


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_becomes_readable_is_read(followed: Followed) -> None:
    followed.base.chmod(0)
    with pytest.raises(SpecError):
        followed.source.current()
    followed.base.chmod(0o600)
    assert followed.max_jobs() == 1
