"""What a job is doing shows in status, in conditions and, once it is over, in its history and the back-off."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pytest

from reconciler.facts import Facts
from reconciler.observe import Observer
from reconciler.observe.stalls import WATCHED, WITHOUT_HISTORY
from reconciler.simulate import Fate, Pace, SimulatedMachine, SimulatedWorld
from reconciler.state import Ident, Known, Start
from reconciler.views import status
from reconciler.world import Usage
from tests.loop.farm import GB, LOGS, TMPS, Farm, plotters, rules, wish

RETRIES = {
    "chia": "Only wrote 0 of 1024 bytes at offset 0 to /mnt/tmp/0/x.tmp with length 1024. Error 1. "
    "Retrying in five minutes.",
    "madmax": "Copy to /mnt/dst/0/x.plot failed with: fwrite() failed (No space left on device)",
}
"""How a plotter says that it will try again."""
LAST_WORDS = {
    "chia": ("Caught plotting error: Bad file read", "Bad file read"),
    "madmax": ("  what():  fopen() failed", "what():  fopen() failed"),
    "bladebit-disk": ("Error: the disk is full.", "the disk is full."),
}
"""How a plotter says why it ends, and what of that is the reason."""


class Idle(SimulatedMachine):
    """A machine whose processes use nothing."""

    def usage(self, idents: Sequence[Ident]) -> Mapping[Ident, Usage]:
        return {ident: Usage(0, 0.0, 0.0, 0.0) for ident in idents}


class Look:
    """A farm of one job at a time, and someone who watches it."""

    def __init__(self, plotter: str = "chia", *, pace: float = 18000.0, idle: bool = False) -> None:
        self.farm = Farm(
            pace=Pace(k32=pace),
            tmp_bytes=4000 * GB,
            directories={"tmp": [TMPS[0]]},
            plotting={"plotter": plotter},
            scheduling={"max_jobs": 1, "stagger": 0, "tick": "10s"},
        )
        self.farm.computer.disks.make_folder(LOGS)
        machine = (Idle if idle else SimulatedMachine)(self.farm.computer)
        self._observer = Observer(SimulatedWorld(machine), plotters())

    def facts(self) -> Facts:
        return Facts(self.farm.spec, self._observer.look(self.farm.spec), plotters())

    def shown(self) -> tuple[str, set[str]]:
        """The one job's state in status, and the types of the conditions about it."""
        facts = self.facts()
        (row,) = status.rows(facts, {})
        return row.state, {each.type for each in facts.seen.conditions if each.subject == row.job_id}

    def says(self, words: str) -> None:
        """Let the job write a line."""
        ((process, _),) = self.farm.computer.jobs
        assert process.output is not None
        self.farm.computer.disks.append(process.output, f"{words}\n".encode())

    def starts(self) -> tuple[Start, ...]:
        seen = self.facts().seen.starts
        assert isinstance(seen, Known)
        return seen.value


def hangs(at: str) -> Fate:
    return Fate(at=at, how="hangs")


def test_a_job_is_pending_until_its_process_is_seen_and_starting_until_its_first_step() -> None:
    look = Look()
    look.farm.computer.faults.exec_delay = 30.0
    look.farm.computer.faults.fate = lambda _: hangs("1:0")
    look.farm.loop().tick()
    assert look.shown() == ("PND", set())
    look.farm.advance(31.0)
    assert look.shown() == ("STA", set())


def test_a_job_runs_is_suspended_and_runs_again() -> None:
    look = Look()
    look.farm.loop().tick()
    look.farm.advance(600.0)
    assert look.shown() == ("RUN", set())
    (job,) = look.facts().jobs
    wish(look.farm, "suspend", job)
    look.farm.loop().tick()
    assert look.shown() == ("STP", set())
    wish(look.farm, "resume", job)
    look.farm.loop().tick()
    assert look.shown() == ("RUN", set())


@pytest.mark.parametrize("plotter", RETRIES)
def test_a_job_that_tries_again_is_stuck_in_its_own_words_until_it_gets_on(plotter: str) -> None:
    look = Look(plotter)
    look.farm.loop().tick()
    look.farm.advance(600.0)
    look.says(RETRIES[plotter])
    assert look.shown() == ("STK", {"JobStuck"})
    told = {each.message for each in look.facts().seen.conditions if each.type == "JobStuck"}
    assert told == {RETRIES[plotter]}
    look.farm.run(look.farm.loop(), done=lambda: look.farm.computer.jobs == ())
    (start,) = look.starts()[:1]
    assert start.outcome == "finished"


def test_a_stuck_job_gets_on_with_its_next_line() -> None:
    look = Look()
    look.farm.loop().tick()
    look.farm.advance(600.0)
    look.says(RETRIES["chia"])
    look.says("Progress update: 0.06")
    assert look.shown() == ("RUN", set())


def test_a_job_that_neither_speaks_nor_works_is_stalled_and_one_that_works_is_not() -> None:
    shown = {}
    for idle in (True, False):
        look = Look(idle=idle)
        look.farm.computer.faults.fate = lambda _: hangs("2:1")
        look.farm.loop().tick()
        look.farm.advance(18000.0 + WITHOUT_HISTORY)
        assert look.shown() == ("RUN", set())
        look.farm.advance(WATCHED)
        shown[idle] = look.shown()
    assert shown == {True: ("HNG", {"JobStalled"}), False: ("RUN", set())}


@pytest.mark.parametrize("plotter", LAST_WORDS)
def test_a_job_that_ends_before_its_plot_has_failed_in_its_own_words_and_three_hold_the_next(
    plotter: str,
) -> None:
    look = Look(plotter)
    words, reason = LAST_WORDS[plotter]
    look.farm.computer.faults.fate = lambda _: Fate(at="1:2", words=words)
    look.farm.run(look.farm.loop(), done=lambda: len(look.farm.begun) == 3 and not look.farm.computer.jobs)
    starts = look.starts()
    assert [(start.outcome, start.error) for start in starts] == [("failed", reason)] * 3
    ticked = look.farm.loop().tick()
    hold = next(hold for hold in ticked.plan.holds if hold.rule == "crash")
    assert f"({reason})" in hold.text


def test_a_job_that_was_killed_on_a_persons_wish_is_no_failure() -> None:
    look = Look()
    for _ in range(4):
        look.farm.run(look.farm.loop(), done=lambda: bool(look.farm.computer.jobs))
        (job,) = look.farm.loop().tick().facts.jobs
        wish(look.farm, "kill", job)
        look.farm.run(look.farm.loop(), done=lambda: not look.farm.computer.jobs)
    assert {start.outcome for start in look.starts()} == {"killed"}
    assert "crash" not in rules(look.farm.loop().tick())


def test_a_job_that_made_its_plot_has_finished() -> None:
    look = Look(pace=600.0)
    look.farm.run(look.farm.loop(), done=lambda: len(look.farm.stored()) == 1)
    first = look.starts()[0]
    assert (first.outcome, first.error) == ("finished", None)
