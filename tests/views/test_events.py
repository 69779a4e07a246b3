"""The loop's events: all that is done, and of the rest only what is new."""

from __future__ import annotations

from dataclasses import replace

from reconciler.events import Planned, Trouble
from reconciler.execute import Outcome
from reconciler.facts import Facts
from reconciler.observation import Condition
from reconciler.plan import plan_facts
from reconciler.state import Known, Phase
from reconciler.views.events import Teller
from reconciler.views.symbols import UNICODE

from .samples import GB, NOW, WAITING, Start, Transfer, ago, facts, job, plot, plotters, spec


def teller() -> Teller:
    return Teller(spec(), UNICODE, NOW.at, 0)


def tick(given: Facts) -> Planned:
    return Planned(given, plan_facts(given))


def start(**more: object) -> Start:
    told = Start(
        id="aaaaaaaaaaaa", since=ago(3600), plotter="chia", k=32, tmp="/mnt/tmp/00", dst="/mnt/dst/00",
        outcome="running", log="/l",
    )  # fmt: skip
    return replace(told, **more)  # type: ignore[arg-type]


def transfer(**more: object) -> Transfer:
    told = Transfer(
        id="eeeeeeeeeeee", plot=plot("/mnt/dst/00").name, source="/mnt/dst/00", farmer="farmer1", disk="/farm/07",
        bytes=108 * GB, outcome="running", since=ago(60), log="/l",
    )  # fmt: skip
    return replace(told, **more)  # type: ignore[arg-type]


def test_what_is_done_is_told_at_once() -> None:
    planned = tick(facts())
    said = teller()
    assert not any("spawn" in line for line in said.tell(planned))
    assert said.tell(Outcome(planned.plan.actions[0], "done", "job 1 runs as pid 2")) == (
        "22:13:20 + spawn  chia k32  tmp 00 -> dst 00  job 1 runs as pid 2",
    )
    assert said.tell(Outcome(planned.plan.actions[0], "failed", "no room\x07")) == (
        "22:13:20 + spawn  chia k32  tmp 00 -> dst 00  failed: no room?",
    )


def test_each_line_has_the_local_time_of_its_own_tick_also_after_the_clocks_were_changed() -> None:
    winter, said = facts(), teller()
    said.tell(tick(winter))
    summer = tick(Facts(winter.spec, replace(winter.seen, utc_offset=3600), plotters()))
    said.tell(summer)
    assert said.tell(Outcome(summer.plan.actions[0], "done", "it runs"))[0].startswith("23:13:20 ")


def test_a_hold_is_told_once_and_again_when_it_comes_back() -> None:
    held, free = tick(facts(job("aaaaaaaaaaaa", "/mnt/tmp/00"))), tick(facts(of=spec(plotting=None)))
    said = teller()
    assert any("hold" in line for line in said.tell(held))
    assert said.tell(held) == ()
    assert said.tell(free) == ()
    assert any("hold" in line for line in said.tell(held))


def test_ends_and_phases_are_told_when_they_change() -> None:
    running = facts(
        job("aaaaaaaaaaaa", "/mnt/tmp/00"), starts=Known((start(),)), transfers=Known((transfer(),)),
        of=spec(plotting=None),
    )  # fmt: skip
    later = facts(
        job("aaaaaaaaaaaa", "/mnt/tmp/00", phase=Known(Phase(2, 1))), starts=Known((start(),)),
        transfers=Known((transfer(outcome="failed", error="disk full"),)), of=spec(plotting=None),
    )  # fmt: skip
    over = facts(
        starts=Known((start(outcome="finished", seconds=7260.0, plot_id=WAITING),)),
        transfers=later.seen.transfers, of=spec(plotting=None),
    )  # fmt: skip
    said = teller()
    assert said.tell(tick(running)) == ()
    assert said.tell(tick(later)) == (
        "22:13:20   plot-k32-…-9ab1c2d3 to farmer1:/farm/07 failed: disk full",
        "22:13:20   job 1b2c3d4e on tmp 00 is at 2:1",
    )
    assert said.tell(tick(over)) == ("22:13:20   job 9ab1c2d3 on tmp 00 finished after 2h 1m",)
    assert said.tell(tick(over)) == ()


def test_a_job_that_began_and_failed_between_two_looks_is_told() -> None:
    said = teller()
    said.tell(tick(facts(of=spec(plotting=None))))
    failed = start(outcome="failed", ended=NOW.at, error="no such key")
    lines = said.tell(tick(facts(starts=Known((failed,)), of=spec(plotting=None))))
    assert lines == ("22:13:20   job aaaaaaaa on tmp 00 failed: no such key",)


def test_troubles_and_new_conditions_are_told() -> None:
    said = teller()
    assert [line[9:] for line in said.tell(Trouble("the spec is not usable:\nx.yaml:1:1: no"))] == [
        "! the spec is not usable:",
        "! x.yaml:1:1: no",
    ]
    noted = facts(conditions=(Condition("JobStuck", "1b2c", "copy failed"),), of=spec(plotting=None))
    assert said.tell(tick(noted)) == ("22:13:20 ! 1b2c  JobStuck  copy failed",)
    assert said.tell(tick(noted)) == ()


def test_a_condition_that_lasts_is_told_once_whatever_its_message_says_of_its_age() -> None:
    said = teller()
    away = [
        tick(facts(conditions=(Condition("FarmerAway", "barn", words),), of=spec(plotting=None)))
        for words in ("it last answered 20s ago", "it last answered 40s ago")
    ]
    assert said.tell(away[0]) == ("22:13:20 ! barn  FarmerAway  it last answered 20s ago",)
    assert said.tell(away[1]) == ()
    assert said.tell(tick(facts(of=spec(plotting=None)))) == ()
    assert said.tell(away[1]) == ("22:13:20 ! barn  FarmerAway  it last answered 40s ago",)
