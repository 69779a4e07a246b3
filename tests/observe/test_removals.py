"""Removals as the journal tells them."""

from __future__ import annotations

from reconciler import tidy
from reconciler.facts import Facts
from reconciler.observation import Observation
from reconciler.observe import Observer
from reconciler.simulate import Fate, SimulatedWorld
from reconciler.simulate.removing import Removal as Played
from reconciler.state import Known, Removal, Unknown
from tests.loop.farm import LOGS, plotters
from tests.loop.test_retire import DAY, Replot


def look(farm: Replot) -> Observation:
    return Observer(SimulatedWorld(farm.machine), plotters()).look(farm.spec)


def removals(farm: Replot) -> tuple[Removal, ...]:
    found = look(farm).removals
    assert isinstance(found, Known)
    return found.value


def begun(farm: Replot) -> None:
    loop = farm.loop()
    with loop.locks():
        loop.tick()


def test_a_removal_is_seen_from_its_start_to_its_end() -> None:
    farm = Replot(backlog=1)
    begun(farm)
    (running,) = removals(farm)
    assert (running.outcome, running.ended, running.step) == ("running", None, "")
    assert running.heir in farm.waiting()
    farm.advance(60)
    (over,) = removals(farm)
    assert (over.outcome, over.step, over.kind) == ("finished", "removed", None)
    assert over.ended is not None
    assert [over.plot] == farm.gone()


def test_one_that_was_killed_is_in_doubt() -> None:
    farm = Replot(backlog=1)
    farm.computer.faults.fate = lambda process: (
        Fate(at="removing") if isinstance(process.doing, Played) else None
    )
    begun(farm)
    farm.advance(60)
    (over,) = removals(farm)
    assert (over.outcome, over.step, over.kind) == ("failed", "removing", None)
    assert over.error == "it ended without a word"


def test_one_at_work_whose_record_cannot_be_read_hides_all_others_and_no_transfer() -> None:
    farm = Replot(backlog=1)
    begun(farm)
    disks = farm.computer.disks
    for name, file in disks.listing(LOGS):
        if name.endswith(".retire.log") and file is not None:
            file.readable = False
    seen = look(farm)
    assert isinstance(seen.removals, Unknown)
    assert isinstance(seen.transfers, Known)


def test_removals_of_a_day_stay_where_they_are_counted_however_many_logs_there_are() -> None:
    farm = Replot(backlog=1)
    begun(farm)
    farm.advance(60)
    record = b'{"plotman":1,"kind":"move","id":"%012x","host":"h","at":%d,"up":1,"boot":"b"}\n{"outcome":"finished"}\n'
    for number in range(tidy.FEW + tidy.MANY):
        name = f"{LOGS}/20270115T080001.{number:012x}.move.log"
        farm.computer.disks.create(name, record % (number, farm.computer.clock.at))
    farm.advance(DAY / 2)
    for left in (1, 0):
        tidy.tidy(farm.machine, Facts(farm.spec, look(farm), plotters()))
        assert len(removals(farm)) == left
        farm.advance(DAY)
