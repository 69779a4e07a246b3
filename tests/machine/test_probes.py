"""A mount that never answers costs its own row, and one deadline, once."""

from __future__ import annotations

import os
import re
import threading
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from reconciler.errors import MachineError
from reconciler.machine import LocalMachine
from reconciler.machine.files import Filesystem
from reconciler.machine.listings import Listings
from reconciler.machine.mounts import Mounts
from reconciler.probes import Probes
from reconciler.state import Fact, Known, Unknown
from reconciler.world import Ask, Command, Survey

from .helpers import RECORD, driver, until


class Sick(Filesystem):
    """Below `hung` each question first reads a FIFO that nobody writes, as one on a dead disk never ends."""

    def __init__(self, hung: Path, fifo: Path) -> None:
        super().__init__(Listings(lambda _: False))
        self._hung, self._fifo = str(hung), fifo
        self.asked = 0

    def survey(self, ask: Ask) -> Fact[Survey]:
        self._hang(ask.path)
        return super().survey(ask)

    def folder(self, path: str) -> Fact[None]:
        self._hang(path)
        return super().folder(path)

    def _hang(self, path: str) -> None:
        if path.startswith(self._hung):
            self.asked += 1
            self._fifo.read_bytes()


class Farm:
    """Two mounts, one of them hung; the mount table is a file of the test."""

    def __init__(self, root: Path) -> None:
        self.well, self.hung, self.fifo = root / "well", root / "hung", root / "fifo"
        self.well.mkdir()
        (self.hung / "a").mkdir(parents=True)
        os.mkfifo(self.fifo)
        table = root / "mountinfo"
        table.write_text(
            "".join(f"1 0 0:1 / {point} rw - ext4 /dev/vda rw\n" for point in (self.well, self.hung))
        )
        self.files = Sick(self.hung, self.fifo)
        mounts = Mounts(mountinfo=str(table), fstab=str(root / "none"), units=str(root / "none"))
        self.machine = LocalMachine(deadline=0.3, mounts=mounts, filesystem=self.files)

    def wait_for_ever(self) -> None:
        """From now on a look ends only with the answers that it waits for."""
        self.machine._probes._deadline = 3600.0

    def survey(self) -> tuple[Fact[Survey], Fact[Survey]]:
        """The hung one, and the other."""
        found = self.machine.survey([Ask(str(self.hung)), Ask(str(self.hung / "a")), Ask(str(self.well))])
        assert isinstance(found[str(self.hung)], Known) == isinstance(found[str(self.hung / "a")], Known)
        return found[str(self.hung)], found[str(self.well)]


@pytest.fixture
def farm(tmp_path: Path) -> Iterator[Farm]:
    made = Farm(tmp_path)
    yield made
    heal(made)


def heal(farm: Farm) -> None:
    """Let the disk answer, now and from now on."""
    try:
        os.close(os.open(farm.fifo, os.O_WRONLY | os.O_NONBLOCK))
    except OSError:
        pass
    os.unlink(farm.fifo)
    farm.fifo.touch()


def test_a_hung_mount_is_waited_for_once_until_the_deadline(farm: Farm) -> None:
    assert isinstance(farm.survey()[0], Unknown)
    farm.wait_for_ever()
    until(lambda: isinstance(farm.survey()[1], Known))
    for _ in range(5):
        hung, well = farm.survey()
        assert isinstance(hung, Unknown)
        assert isinstance(well, Known)
    until(lambda: farm.files.asked > 0)
    assert farm.files.asked == 1, "not asked again before it has answered"


def test_it_says_for_how_long_and_recovers_by_itself(farm: Farm) -> None:
    farm.survey()
    farm.wait_for_ever()
    until(
        lambda: re.fullmatch(r"has not answered for \d+ s", getattr(farm.survey()[0], "why", "")) is not None
    )
    heal(farm)
    until(lambda: isinstance(farm.survey()[0], Known))


def test_a_job_is_not_started_from_a_mount_that_does_not_answer(farm: Farm) -> None:
    log = str(farm.well / "job.log")
    with pytest.raises(MachineError, match="has not answered"):
        farm.machine.start(log, RECORD, Command(argv=(str(farm.hung / "plotter"),), env={}))
    assert not os.path.exists(log)


def test_what_hangs_only_with_the_program_itself_is_asked_without_others(tmp_path: Path) -> None:
    threads: set[int] = set()

    class Asked(Filesystem):
        def survey(self, ask: Ask) -> Fact[Survey]:
            threads.add(threading.get_ident())
            if ask.path.endswith("sick"):
                raise RuntimeError("sick")
            return super().survey(ask)

    table = tmp_path / "mountinfo"
    table.write_text(f"1 0 8:1 / /elsewhere rw - ext4 /dev/sda1 rw\n2 1 0:9 / {tmp_path} rw - tmpfs a rw\n")
    machine = LocalMachine(mounts=Mounts(mountinfo=str(table)), filesystem=Asked(Listings(lambda _: False)))
    found = machine.survey([Ask("/"), Ask(str(tmp_path)), Ask(f"{tmp_path}/sick"), Ask("/elsewhere/a")])
    assert isinstance(found["/"], Known) and isinstance(found[str(tmp_path)], Known)
    assert found[f"{tmp_path}/sick"] == Unknown("could not be asked: RuntimeError('sick')")
    assert threading.get_ident() in threads and len(threads) == 2, "what may hang is asked by another"


def test_a_slow_mount_keeps_what_it_has_answered_in_time() -> None:
    stuck = threading.Event()

    def answer(number: int) -> Fact[int]:
        if number == 3:
            stuck.wait()
        return Known(number)

    def asked() -> bool:
        """A busy machine may not have come to the first answers in time."""
        found = Probes(0.2).ask({"/disk": range(6)}, answer)
        assert all(isinstance(found[number], Unknown) for number in range(3, 6))
        return [found[number] for number in range(3)] == [Known(number) for number in range(3)]

    until(asked)
    stuck.set()
    probes = Probes(60.0)
    until(lambda: probes.ask({"/disk": range(6)}, answer) == {number: Known(number) for number in range(6)})


class Disks:
    """Mounts by name, some of them stuck: each answers which time it is that it is asked."""

    def __init__(self, *stuck: str) -> None:
        self._stuck = {name: threading.Event() for name in stuck}
        self._times: Counter[str] = Counter()
        self._under_way: Counter[str] = Counter()
        self.threads: set[int] = set()
        self.twice = False

    def answer(self, mount: str) -> Fact[int]:
        self._times[mount] += 1
        self._under_way[mount] += 1
        self.twice |= self._under_way[mount] > 1
        self.threads.add(threading.get_ident())
        time = self._times[mount]
        if mount in self._stuck:
            self._stuck[mount].wait()
        self._under_way[mount] -= 1
        return Known(time)

    def heal(self) -> None:
        for event in self._stuck.values():
            event.set()


@pytest.mark.parametrize("hung", [(0,), (11,), (0, 1, 2), (3, 7), range(11), range(12)])
def test_mounts_that_hang_cost_no_other_its_answer_wherever_they_stand(hung: Sequence[int]) -> None:
    mounts = [f"/mnt/{number:02}" for number in range(12)]
    stuck = {mounts[number] for number in hung}
    disks, probes = Disks(*stuck), Probes(0.5)
    groups = {mount: (mount,) for mount in mounts}

    def silent() -> set[str]:
        """A busy machine may not have come to all in time."""
        return {
            mount for mount, fact in probes.ask(groups, disks.answer).items() if isinstance(fact, Unknown)
        }

    assert silent() >= stuck
    until(lambda: silent() == stuck)
    disks.heal()
    until(lambda: all(isinstance(fact, Known) for fact in probes.ask(groups, disks.answer).values()))
    assert not disks.twice


def test_an_answer_that_comes_too_late_is_nobodys() -> None:
    disks, probes = Disks("/slow"), Probes(0.1)
    groups = {"/slow": ("/slow",)}
    first = probes.ask(groups, disks.answer)
    assert isinstance(first["/slow"], Unknown)
    disks.heal()
    until(lambda: probes.ask(groups, disks.answer, deadline=60.0)["/slow"] == Known(2))
    assert isinstance(first["/slow"], Unknown)


def test_mounts_that_answer_are_asked_by_one_thread_in_turn() -> None:
    def asked() -> bool:
        """A busy machine may take its time with one of them."""
        disks, probes = Disks(), Probes(60.0)
        for _ in range(3):
            probes.ask({f"/mnt/{number}": (f"/mnt/{number}",) for number in range(30)}, disks.answer)
        return len(disks.threads) == 1

    until(asked)


def test_a_forked_process_asks_by_threads_of_its_own() -> None:
    disks, probes = Disks(), Probes(60.0)
    groups = {"/mnt": ("/mnt",)}
    assert probes.ask(groups, disks.answer)["/mnt"] == Known(1)
    child = os.fork()
    if child == 0:
        code = 1
        try:
            code = 0 if probes.ask(groups, disks.answer)["/mnt"] == Known(2) else 1
        finally:
            os._exit(code)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert probes.ask(groups, disks.answer)["/mnt"] == Known(2)


def test_a_question_that_fails_costs_its_own_row() -> None:
    def answer(number: int) -> Fact[int]:
        return Known(6 // number)

    found = Probes(60.0).ask({"/disk": (0, 2)}, answer)
    assert found[2] == Known(3)
    assert isinstance(found[0], Unknown)


def test_a_hung_mount_does_not_keep_the_program_from_ending(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo")
    (tmp_path / "mountinfo").write_text(f"1 0 8:1 / {tmp_path} rw - ext4 /dev/sda1 rw\n")
    child = driver("hang", str(tmp_path / "fifo"), str(tmp_path), str(tmp_path / "mountinfo"))
    out, _ = child.communicate(timeout=60)
    assert (out, child.returncode) == (b"Unknown(why='has not answered yet', fact='unknown')\n", 0)
