"""What is kept of documents that were read: believed only where nothing has changed, and never needed."""

from __future__ import annotations

import hashlib
import io
import os
import pickle
import stat
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler.errors import Problem
from reconciler.plotters import Definition, Plotters
from reconciler.spec import cache
from reconciler.spec.cache import Entry
from reconciler.spec.files import DISK, Noted, Texts
from reconciler.spec.judge import judged, plain
from reconciler.spec.loaded import Loaded
from reconciler.spec.loading import load
from tests.spec.cases import cases

VALID = {name: case for name, case in cases("spec").items() if "gives" in case}
EXAMPLES = Path(__file__).parents[2] / "examples"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where entries lie."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    return tmp_path / "plotman" / "read"


def file_of(folder: Path) -> Path:
    """The only entry's."""
    (file,) = folder.iterdir()
    return file


@pytest.mark.parametrize("name", VALID)
def test_a_spec_comes_out_as_it_went_in_with_its_warnings_and_places(name: str, folder: Path) -> None:
    case = VALID[name]
    files = case.get("files") or {"plotman.yaml": case["document"]}
    noted = Noted(Texts(files))
    loaded = load(next(iter(files)), home="/home/me", files=noted)
    cache.keep(name, Entry.of(noted.texts, loaded))
    known = cache.recall(name, Loaded)
    assert known is not None
    assert known.value == loaded
    assert repr(known.value) == repr(loaded)
    assert known.holds(Texts(files))


def test_what_comes_out_can_all_that_what_was_judged_can(folder: Path) -> None:
    path = str(EXAMPLES / "06-transports.yaml")
    loaded = load(path, home="/home/me")
    cache.keep("a", Entry.of({}, loaded))
    known = cache.recall("a", Loaded)
    assert known is not None
    spec = known.value.spec
    assert plain(spec) == plain(loaded.spec)
    assert replace(spec, approve=("kill",)).approve == ("kill",)
    assert judged(type(spec), plain(spec)) == loaded.spec


def test_definitions_of_plotters_come_out_as_they_went_in(folder: Path) -> None:
    definitions: tuple[Definition, ...] = tuple(each.definition for each in Plotters.load().values())
    cache.keep("plotters", Entry.of({}, definitions))
    known = cache.recall("plotters", tuple)
    assert known is not None
    assert known.value == definitions


def test_an_entry_holds_while_each_text_is_the_same() -> None:
    entry = Entry.of({"a": "1", "b": "2"}, None)
    assert entry.holds(Texts({"a": "1", "b": "2", "c": "3"}))
    assert not entry.holds(Texts({"a": "1", "b": "2 "}))
    assert not entry.holds(Texts({"a": "1"}))


def test_only_its_user_reads_it_and_only_the_newest_stays(folder: Path) -> None:
    cache.keep("a", Entry.of({}, "the old secret"))
    cache.keep("a", Entry.of({}, "new"))
    assert stat.S_IMODE(file_of(folder).stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert b"old secret" not in file_of(folder).read_bytes()


def test_the_oldest_give_way(folder: Path) -> None:
    for number in range(cache.MOST + 3):
        cache.keep(str(number), Entry.of({}, number))
        os.utime(max(folder.iterdir(), key=lambda file: file.stat().st_mtime_ns), (number, number))
    assert len(list(folder.iterdir())) == cache.MOST
    assert cache.recall(str(cache.MOST + 2), int) is not None
    assert cache.recall("0", int) is None


@settings(deadline=None)
@given(st.data())
def test_no_damage_is_believed(tmp_path_factory: pytest.TempPathFactory, data: st.DataObject) -> None:
    with pytest.MonkeyPatch.context() as patch:
        root = tmp_path_factory.mktemp("cache")
        patch.setenv("XDG_CACHE_HOME", str(root))
        cache.keep("a", Entry.of({"path": "text"}, Problem("a", 1, 2, "b", "c", "d")))
        file = file_of(root / "plotman" / "read")
        whole = file.read_bytes()
        at = data.draw(st.integers(0, len(whole) - 1))
        spoilt = data.draw(
            st.just(whole[:at])
            | st.just(whole + b"x")
            | st.just(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])
        )
        file.write_bytes(spoilt)
        assert cache.recall("a", Problem) is None


def test_what_other_code_kept_is_not_believed(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cache.keep("a", Entry.of({}, 1))
    assert cache.recall("a", int) is not None
    monkeypatch.setattr(cache, "_code", lambda: b"another version")
    assert cache.recall("a", int) is None


def test_another_kind_of_value_is_none(folder: Path) -> None:
    cache.keep("a", Entry.of({}, 1))
    assert cache.recall("a", Loaded) is None
    assert cache.recall("b", int) is None


def _open_to_others(file: Path) -> None:
    file.chmod(0o620)


def _of_another_user(file: Path) -> None:
    if os.geteuid() != 0:
        pytest.skip("only root gives files away")
    os.chown(file, 12345, -1)


def _a_link(file: Path) -> None:
    target = file.rename(file.with_suffix(".real"))
    file.symlink_to(target)


def _a_pipe(file: Path) -> None:
    file.unlink()
    os.mkfifo(file, 0o600)


@pytest.mark.parametrize("spoil", [_open_to_others, _of_another_user, _a_link, _a_pipe])
def test_what_another_could_have_written_is_not_believed(folder: Path, spoil: Callable[[Path], None]) -> None:
    cache.keep("a", Entry.of({}, 1))
    spoil(file_of(folder))
    assert cache.recall("a", int) is None


def _nothing_can_be_made(root: Path) -> None:
    (root / "plotman").write_text("a file in the folder's place")


def _nothing_is_there(root: Path) -> None:
    root.rmdir()


@pytest.mark.parametrize("spoil", [_nothing_can_be_made, _nothing_is_there])
def test_without_a_place_nothing_is_lost_but_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, spoil: Callable[[Path], None]
) -> None:
    root = tmp_path / "home"
    root.mkdir()
    spoil(root)
    monkeypatch.setenv("XDG_CACHE_HOME", str(root))
    cache.keep("a", Entry.of({}, 1))
    assert cache.recall("a", int) is None or root.is_dir()


class Forged:
    """Unpickled, it calls whatever it names."""

    def __init__(self, called: Callable[..., object], *arguments: object) -> None:
        self.told = called, arguments

    def __reduce__(self) -> tuple[Callable[..., object], tuple[object, ...]]:
        return self.told


@pytest.mark.parametrize("called", [os.mkdir, Path, hashlib.sha256, load])
def test_a_forged_one_calls_nothing(folder: Path, tmp_path: Path, called: Callable[..., object]) -> None:
    cache.keep("a", Entry.of({}, 1))
    body = pickle.dumps(Forged(called, str(tmp_path / "made")))
    file_of(folder).write_bytes(cache._sum(body) + body)
    assert cache.recall("a", object) is None
    assert not (tmp_path / "made").exists()


def test_a_forged_one_reaches_nothing_through_a_noun_s_module() -> None:
    through = b"\x80\x04\x8c\x15reconciler.spec.cache\x8c\x07os.name\x93."
    with pytest.raises(pickle.UnpicklingError, match="no noun"):
        cache._Nouns(io.BytesIO(through)).load()


def test_reading_tells_all_that_was_read() -> None:
    noted = Noted(DISK)
    path = str(EXAMPLES / "01-one-disk.yaml")
    load(path, home="/home/me", files=noted)
    assert noted.texts == {path: Path(path).read_text("utf-8")}
