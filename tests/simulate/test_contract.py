"""What the waist promises, asked of both worlds: the simulated machine answers as the real one does."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from reconciler.errors import AlreadyStarted, LockHeld, MachineError
from reconciler.machine import LocalMachine, LocalWorld
from reconciler.plotters import Order, Plotters
from reconciler.simulate import Computer, SimulatedMachine, SimulatedWorld
from reconciler.state import Absent, Ident, Known, Unknown
from reconciler.world import EVERY, Ask, Command, Machine, World

PATIENCE = 10.0


@dataclass(frozen=True)
class Place:
    """A machine with a folder to play in. command: a process that lasts until it is killed."""

    world: World
    root: str
    command: Command

    @property
    def machine(self) -> Machine:
        return self.world.machine

    def path(self, name: str) -> str:
        return f"{self.root}/{name}"

    def end(self, ident: Ident) -> None:
        self.machine.signal([ident], "kill")
        deadline = time.monotonic() + PATIENCE
        while self.machine.alive([ident]):
            assert time.monotonic() < deadline
            self.machine.wait([ident], 0.1, "")


@pytest.fixture(params=["real", "simulated"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Place]:
    if request.param == "real":
        sleeper = Command(argv=(sys.executable, "-c", "import time; time.sleep(600)"), env={})
        yield Place(LocalWorld(LocalMachine()), str(tmp_path), sleeper)
        return
    plotters = Plotters.load()
    computer = Computer(plotters)
    computer.disks.make_folder("/play")
    order = Order(k=32, tmp="/play", tmp2=None, dst="/play", farmer_key="8d3e", pool_key="aa11")
    job = Command(argv=plotters["chia"].build(order), env={})
    yield Place(SimulatedWorld(SimulatedMachine(computer)), "/play", job)


def test_a_note_can_be_read_back_and_replaced(place: Place) -> None:
    path = place.path("below/here/note")
    for text in ("first", "the second"):
        place.machine.note(path, text)
        chunk = place.machine.read([(path, 0, 100)])[path]
        assert isinstance(chunk, Known)
        assert (chunk.value.data, chunk.value.size) == (text.encode(), len(text))
        stat = place.machine.stat([path])[path]
        assert isinstance(stat, Known)
        assert (stat.value.bytes, stat.value.inode) == (len(text), chunk.value.inode)
    part = place.machine.read([(path, 4, 3)])[path]
    assert isinstance(part, Known)
    assert part.value.data == b"sec"
    beyond = place.machine.read([(path, 99, 3)])[path]
    assert isinstance(beyond, Known)
    assert beyond.value.data == b""


def test_what_is_not_there_is_absent(place: Place) -> None:
    path = place.path("missing")
    assert isinstance(place.machine.stat([path])[path], Absent)
    assert isinstance(place.machine.read([(path, 0, 9)])[path], Absent)
    assert isinstance(place.machine.remove(path), Absent)
    assert isinstance(place.machine.shelve(path, place.path("x/missing")), Absent)
    assert isinstance(place.machine.held(path), Absent)
    assert place.machine.survey([Ask(path)])[path] == Absent("does not exist")


def test_a_folder_lists_its_names(place: Place) -> None:
    place.machine.note(place.path("file"), "x")
    place.machine.folder(place.path("folder/deep"))
    survey = place.machine.survey([Ask(place.root, names=True)])[place.root]
    assert isinstance(survey, Known)
    assert {(entry.name, entry.folder) for entry in survey.value.entries} == {
        ("file", False),
        ("folder", True),
    }
    assert survey.value.writable
    assert 0 < survey.value.free <= survey.value.total
    plain = place.machine.survey([Ask(place.root)])[place.root]
    assert isinstance(plain, Known)
    assert plain.value.entries == ()
    file = place.path("file")
    assert place.machine.survey([Ask(file)])[file] == Absent("is not a directory")


def test_a_listing_tells_of_each_file_what_stat_tells_where_that_is_asked_for(place: Place) -> None:
    place.machine.note(place.path("file"), "text")
    place.machine.folder(place.path("folder"))
    survey = place.machine.survey([Ask(place.root, stats=(EVERY,)), Ask(place.root)])[place.root]
    stat = place.machine.stat([place.path("file")])[place.path("file")]
    assert isinstance(survey, Known)
    assert isinstance(stat, Known)
    assert {entry.name: entry.stat for entry in survey.value.entries} == {"file": stat.value, "folder": None}


@pytest.mark.parametrize(
    ("pattern", "found"),
    [
        ("a", ["a"]),
        ("missing", ["missing"]),
        ("*", ["a", "b1", "b2"]),
        ("b?", ["b1", "b2"]),
        ("b[2-9]", ["b2"]),
        ("*/c", ["a/c", "b2/c"]),
        ("x*", []),
    ],
)
def test_patterns_match_folders_only(place: Place, pattern: str, found: list[str]) -> None:
    for name in ("a/c", "b1", "b2/c", ".hidden"):
        place.machine.folder(place.path(name))
    place.machine.note(place.path("bx"), "a file")
    assert place.machine.glob(place.path(pattern)) == Known(tuple(place.path(name) for name in found))


def test_only_the_file_that_was_meant_is_removed(place: Place) -> None:
    path = place.path("file")
    place.machine.note(path, "old")
    old = place.machine.stat([path])[path]
    assert isinstance(old, Known)
    assert isinstance(place.machine.remove(path, old.value.inode + 1), Absent)
    assert isinstance(place.machine.stat([path])[path], Known)
    assert isinstance(place.machine.remove(path, old.value.inode), Known)
    assert isinstance(place.machine.stat([path])[path], Absent)


def test_shelving_never_replaces(place: Place) -> None:
    log, target = place.path("log"), place.path("2026-01/log.done")
    place.machine.note(log, "one")
    assert isinstance(place.machine.shelve(log, target), Known)
    place.machine.note(log, "two")
    assert isinstance(place.machine.shelve(log, target), Unknown)
    chunk = place.machine.read([(target, 0, 9)])[target]
    assert isinstance(chunk, Known)
    assert chunk.value.data == b"one"


def test_a_lock_has_one_holder_and_ends_with_its_context(place: Place) -> None:
    path = place.path("state/work.lock")
    assert place.machine.holder(path) is None
    with place.machine.lock(path, "plotting"):
        assert "plotting" in (place.machine.holder(path) or "")
        with pytest.raises(LockHeld, match="plotting"), place.machine.lock(path, "other"):
            pass
    assert place.machine.holder(path) is None
    with place.machine.lock(path, "other"):
        pass


def test_a_started_process_holds_its_log_as_long_as_it_lives(place: Place) -> None:
    log = place.path("job.log")
    ident = place.machine.start(log, b'{"plotman":1}', place.command)
    assert place.machine.held(log) == Known(True)
    assert place.machine.alive([ident]) == (ident,)
    assert place.machine.members(ident, True) == Known((ident,))
    assert place.machine.members(ident, False) == Known((ident,))
    assert ident in place.machine.usage([ident])
    chunk = place.machine.read([(log, 0, 99)])[log]
    assert isinstance(chunk, Known)
    assert chunk.value.data.startswith(b'{"plotman":1}\n')
    with pytest.raises(AlreadyStarted):
        place.machine.start(log, b"{}", place.command)
    place.end(ident)
    assert place.machine.held(log) == Known(False)
    assert isinstance(place.machine.members(ident, True), Absent)
    assert isinstance(place.machine.signal([ident], "stop"), Absent)
    assert not place.machine.usage([ident])
    with pytest.raises(AlreadyStarted):
        place.machine.start(log, b"{}", place.command)


def test_a_running_process_is_seen_with_its_log_and_stops_and_goes_on(place: Place) -> None:
    log = place.path("job.log")
    argv = place.command.argv
    ident = place.machine.start(log, b"{}", place.command)

    def wanted(words: object) -> bool:
        return tuple(words) == argv if isinstance(words, list | tuple) else False

    def seen(stopped: bool) -> bool:
        table = place.machine.processes(wanted)
        assert isinstance(table, Known)
        return any(p.ident == ident and p.stdout == log and p.stopped is stopped for p in table.value)

    _until(lambda: seen(stopped=False))
    assert place.machine.signal([ident], "stop") == Known(1)
    _until(lambda: seen(stopped=True))
    assert place.machine.signal([ident], "continue") == Known(1)
    _until(lambda: seen(stopped=False))
    place.end(ident)


def test_a_process_that_cannot_be_started_raises_where_its_log_has_no_folder(place: Place) -> None:
    with pytest.raises(MachineError, match="cannot create the log"):
        place.machine.start(place.path("none/job.log"), b"{}", place.command)


def test_a_wait_ends_at_once_where_a_watched_process_has_ended(place: Place) -> None:
    ident = place.machine.start(place.path("job.log"), b"{}", place.command)
    place.end(ident)
    before = place.machine.now().up
    place.machine.wait([ident], 600.0, "")
    assert place.machine.now().up < before + 60


def test_a_rung_bell_shortens_the_next_wait_and_only_that(place: Place) -> None:
    wake = place.path("wake")
    assert not place.machine.ring(wake)
    place.machine.wait([], 0.0, wake)
    assert place.machine.ring(wake)
    before = place.machine.now().up
    place.machine.wait([], 600.0, wake)
    assert place.machine.now().up < before + 60
    before = place.machine.now().up
    place.machine.wait([], 0.2, wake)
    assert place.machine.now().up >= before + 0.19


def _until(so: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not so():
        assert time.monotonic() < deadline
        time.sleep(0.01)
