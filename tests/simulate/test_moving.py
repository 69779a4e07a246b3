"""A played mover leaves the same files and words behind as the real one, wherever it ends."""

from __future__ import annotations

import pytest

from reconciler.errand import Errand, to_argv
from reconciler.plotters import Plotters
from reconciler.simulate import Computer, Fate, Pace
from reconciler.simulate.computer import MOVER
from reconciler.simulate.processes import Process
from reconciler.transports.record import TransferLog, fold

PLOTTERS = Plotters.load()
SIZE = 10**9
NAME = f"plot-k32-2026-01-01-00-00-{'ab' * 32}.plot"
STEPS = ["locked", "reserved", "copying", "synced", "verified", "published", "removed"]


def _computer() -> Computer:
    computer = Computer(PLOTTERS, pace=Pace(copy=10**8))
    for path in ("/dst", "/farm"):
        computer.disks.mount(path, 3 * SIZE)
    computer.disks.create(f"/dst/{NAME}", b"Proof", size=SIZE)
    return computer


def _move(computer: Computer, log: str = "/move.log") -> Process:
    errand = Errand(
        plot=NAME, source="/dst", farmer="f", disk="/farm", transport="local", host="here", id="1"
    )
    return computer.run(("python", "-m", MOVER, *to_argv(errand)), output=computer.disks.create(log))


def _told(process: Process) -> TransferLog:
    assert process.output is not None
    return fold(TransferLog(), bytes(process.output.data))


def _names(computer: Computer, path: str) -> list[str]:
    return [name for name, _ in computer.disks.listing(path)]


def _settled(computer: Computer) -> bool:
    return not _names(computer, "/dst") and _names(computer, "/farm") == [NAME]


def test_a_plot_is_moved_and_the_log_tells_all_of_it() -> None:
    computer = _computer()
    mover = _move(computer)
    computer.clock.advance(6.5)
    assert (_told(mover).step, _told(mover).done, _told(mover).bytes) == ("copying", 3 * SIZE // 5, SIZE)
    assert _names(computer, "/farm") == [f".{NAME}.{SIZE}.here.part"]
    assert computer.disks.device("/farm").free == 2 * SIZE
    computer.clock.advance(20.0)
    assert (_told(mover).outcome, _told(mover).done) == ("finished", SIZE)
    assert _settled(computer)
    assert computer.disks.device("/farm").free == 2 * SIZE


@pytest.mark.parametrize("step", STEPS)
def test_after_a_death_at_any_step_the_next_mover_ends_the_work(step: str) -> None:
    computer = _computer()
    computer.faults.fate = lambda _: Fate(at=step)
    first = _move(computer)
    computer.clock.advance(60.0)
    assert not computer.moves
    assert _told(first).outcome is None
    computer.faults.fate = lambda _: None
    second = _move(computer, "/second.log")
    computer.clock.advance(60.0)
    assert _told(second).outcome == "finished"
    assert _settled(computer)


def test_of_two_movers_of_one_plot_the_second_gives_up() -> None:
    computer = _computer()
    _move(computer)
    computer.clock.advance(2.0)
    second = _move(computer, "/second.log")
    computer.clock.advance(60.0)
    assert (_told(second).outcome, _told(second).kind) == ("failed", "busy")
    assert _settled(computer)


def test_a_mover_that_is_asked_to_stop_says_so_and_keeps_what_it_has() -> None:
    computer = _computer()
    mover = _move(computer)
    computer.clock.advance(4.5)
    computer.processes.terminate(mover)
    assert (_told(mover).outcome, _told(mover).kind) == ("failed", "stopped")
    assert len(_names(computer, "/farm")) == 1
    assert _names(computer, "/dst") == [NAME]


def _conflict(computer: Computer) -> None:
    computer.disks.create(f"/farm/{NAME}", b"Other", size=SIZE)


def _full(computer: Computer) -> None:
    computer.disks.device("/farm").others = 5 * SIZE // 2


def _read_only(computer: Computer) -> None:
    computer.disks.device("/farm").writable = False


def _away(computer: Computer) -> None:
    computer.disks.device("/farm").mounted = False


def _gone(computer: Computer) -> None:
    computer.disks.remove(f"/dst/{NAME}")


@pytest.mark.parametrize(
    ("spoil", "kind"),
    [(_conflict, "conflict"), (_full, "full"), (_read_only, "refused"), (_away, "missing"), (_gone, "gone")],
)
def test_what_is_in_the_way_is_named_and_the_source_stays(spoil: object, kind: str) -> None:
    computer = _computer()
    assert callable(spoil)
    spoil(computer)
    before = _names(computer, "/dst")
    mover = _move(computer)
    computer.clock.advance(60.0)
    assert (_told(mover).outcome, _told(mover).kind) == ("failed", kind)
    assert _names(computer, "/dst") == before
    assert not [name for name in _names(computer, "/farm") if name.endswith(".part")]
