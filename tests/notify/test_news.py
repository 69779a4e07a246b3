"""What is news: each thing that stands is told once and ends once, each end of a job or transfer once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.events import Event, Planned, Ticked, Trouble
from reconciler.execute import Outcome
from reconciler.facts import Facts
from reconciler.farmer import Disk, Farmer
from reconciler.notify.digest import MOST, digest, takes
from reconciler.notify.kinds import KINDS, Message
from reconciler.notify.news import Memory, fold
from reconciler.notify.signs import Silence
from reconciler.observation import Condition
from reconciler.plan import plan_facts
from reconciler.setbacks import MANY
from reconciler.spec import notify
from reconciler.spec.judge import judged, plain
from reconciler.spec.notify import Notify, Target
from reconciler.state import Directory, Instant, Known, Space, Unknown
from tests.views.samples import GB, KEY, NOW, Start, Transfer, ago, facts, observation, plot, plotters, spec

DST = "/mnt/dst/00"
NOTIFYING = spec(notify={"targets": ["${HOOK}"]})


def later(seconds: float) -> Instant:
    return Instant(NOW.at + seconds, NOW.up + seconds, NOW.boot)


def seen(seconds: float = 0.0, **more: Any) -> Facts:
    return Facts(NOTIFYING, replace(observation(), now=later(seconds), **more), plotters())


def look(seconds: float = 0.0, **more: Any) -> Planned:
    found = seen(seconds, **more)
    return Planned(found, plan_facts(found))


def told(events: Iterable[tuple[float, Event | Silence]], memory: Memory | None = None) -> list[Message]:
    memory = memory or Memory()
    every: list[Message] = []
    for seconds, event in events:
        memory, messages = fold(memory, event, later(seconds))
        every += messages
    return every


def brief(messages: Iterable[Message]) -> list[tuple[str, str, bool]]:
    return [(each.event, each.subject, each.over) for each in messages]


def ended(name: str, outcome: str, **more: Any) -> Start:
    given_ = {"since": ago(9000), "plotter": "chia", "k": 32, "tmp": "/mnt/tmp/00", "dst": DST, "log": "/x"}
    return Start(**{"id": name, "outcome": outcome, "ended": NOW.at, "seconds": 8000.0, **given_, **more})


def moved(name: str, outcome: str, **more: Any) -> Transfer:
    where = {"source": DST, "farmer": "farmer1", "disk": "/farm/07", "since": ago(900), "log": "/x"}
    return Transfer(
        **{"id": name, "plot": f"{name}.plot", "bytes": 108 * GB, "outcome": outcome, **where, **more}
    )


def room(free: int) -> dict[str, Directory]:
    every = dict(observation().directories)
    every[DST] = replace(every[DST], space=Known(Space("dst", free, 4000 * GB)))
    return every


AWAY = {"farmer1": Farmer(name="farmer1", disks=Unknown("no answer"), trouble="connection refused")}
ASKING = {"farmer1": Farmer(name="farmer1", disks=Unknown("it has not answered yet"))}


def test_every_event_of_the_spec_is_of_some_kind() -> None:
    assert list(KINDS) == list(get_args(notify.Event))


def test_what_ended_before_the_loop_began_is_no_news_and_what_ends_after_is_told_once() -> None:
    old = Known((ended("a" * 12, "failed"),))
    new = Known((*old.value, ended("b" * 12, "failed", error="no space left"), ended("c" * 12, "finished")))
    messages = told([(0, look(starts=old)), (1, look(1, starts=new)), (2, look(2, starts=new))])
    assert brief(messages) == [("job-failed", "b" * 12, False), ("plot-finished", "c" * 12, False)]
    assert "no space left" in messages[0].text


def test_a_killed_job_is_its_killers_news() -> None:
    killed = look(1, starts=Known((ended("a" * 12, "killed"),)))
    assert told([(0, look()), (1, killed)]) == []


def test_a_job_that_ends_while_the_journal_cannot_be_read_is_told_afterwards() -> None:
    over = Known((ended("a" * 12, "failed"),))
    blind = look(1, starts=Unknown("its disk is away"))
    assert brief(told([(0, look()), (1, blind), (2, look(2, starts=over))])) == [
        ("job-failed", "a" * 12, False)
    ]


def test_a_job_whose_log_cannot_be_read_has_not_failed() -> None:
    looks = [
        look(at, starts=Known((ended("a" * 12, outcome),)))
        for at, outcome in enumerate(("running", "unknown", "finished"))
    ]
    messages = told([(float(at), seen) for at, seen in enumerate(looks)])
    assert brief(messages) == [("plot-finished", "a" * 12, False)]


def test_transfers_are_told_by_how_they_ended() -> None:
    over = Known((moved("a", "finished"), moved("b", "failed", error="disk full"), moved("c", "running")))
    messages = told([(0, look()), (1, look(1, transfers=over))])
    assert brief(messages) == [("plot-archived", "a.plot", False), ("transfer-failed", "b.plot", False)]


def test_a_farmer_that_is_away_is_told_once_it_lasts_and_once_it_is_back() -> None:
    away = [(float(s), look(s, farmers=AWAY)) for s in range(0, 1000, 100)]
    asking = (1000.0, look(1000, farmers=ASKING))
    messages = told([*away, asking, (1100, look(1100)), (1200, look(1200))])
    assert brief(messages) == [("farmer-away", "farmer1", False), ("farmer-away", "farmer1", True)]
    assert messages[0].at == NOW.at + 300
    assert messages[1].at == NOW.at + 1100


def test_what_is_over_before_it_was_told_is_not_told() -> None:
    assert told([(0, look(farmers=AWAY)), (200, look(200, farmers=AWAY)), (250, look(250))]) == []


def test_a_dst_that_is_nearly_full_is_told_again_only_after_it_had_clearly_more_room() -> None:
    frees = [400, 299, 310, 299, 374, 380, 290]
    messages = told([(n, look(n, directories=room(free * GB))) for n, free in enumerate(frees)])
    assert [(each.event, each.over) for each in messages] == [
        ("dst-nearly-full", False),
        ("dst-nearly-full", True),
        ("dst-nearly-full", False),
    ]


def test_a_dst_that_does_not_answer_is_not_said_to_have_room() -> None:
    every = room(10 * GB)
    hung = {**every, DST: replace(every[DST], space=Unknown("no answer"))}
    assert len(told([(0, look(directories=every)), (1, look(1, directories=hung))])) == 1


def test_a_disk_of_a_farmer_that_does_not_answer_is_not_said_to_be_back() -> None:
    gone = (Condition("DiskAbsent", "farmer1:/farm/07", "is not mounted"),)
    looks = [(0, look(conditions=gone)), (400, look(400, conditions=gone)), (500, look(500, farmers=ASKING))]
    assert brief(told(looks)) == [("disk-away", "farmer1:/farm/07", False)]
    assert brief(told([*looks, (600, look(600))]))[1:] == [("disk-away", "farmer1:/farm/07", True)]


def test_plots_that_find_no_room_anywhere_are_told() -> None:
    full = {
        "farmer1": Farmer(name="farmer1", disks=Known((Disk(path="/f", space=Known(Space("f", GB, GB))),)))
    }
    directories = observation(plots=(plot(DST),)).directories
    looks = [(float(s), look(s, farmers=full, directories=directories)) for s in (0, 300, 700, 900)]
    (message,) = told(looks)
    assert (message.event, message.at) == ("farm-full", NOW.at + 700)
    assert brief(told([*looks, (1000, look(1000))]))[1:] == [("farm-full", message.subject, True)]


def test_a_disk_that_is_left_alone_is_told() -> None:
    failed = Known(tuple(moved(f"{n}", "failed", ended=NOW.at - 10 + n, kind="disk") for n in range(MANY)))
    messages = told([(0, look(transfers=failed)), (1, look(1, transfers=failed))])
    assert brief(messages) == [("disk-quarantined", "farmer1:/farm/07", False)]


def test_blindness_is_told_when_it_lasts_and_hides_no_end() -> None:
    stuck = Condition("JobStuck", "aaaaaaaaaaaa", "disk full")
    blind: dict[str, Any] = {"jobs": Unknown("/proc is away")}
    messages = told(
        [(0, look(conditions=(stuck,))), (1, look(1, **blind)), (302, look(302, **blind)), (400, look(400))]
    )
    assert brief(messages) == [
        ("job-stuck", "aaaaaaaaaaaa", False),
        ("blind", "processes", False),
        ("job-stuck", "aaaaaaaaaaaa", True),
        ("blind", "processes", True),
    ]


def test_an_invalid_spec_is_told_until_it_is_usable() -> None:
    bad = Trouble("the spec is not usable", "spec")
    messages = told([(0, bad), (1, bad), (2, Trouble("it is", "spec", over=True)), (3, look(3))])
    assert brief(messages) == [("spec-invalid", "spec", False), ("spec-invalid", "spec", True)]


def test_a_repository_that_is_away_is_told_when_it_lasts_and_is_no_invalid_spec() -> None:
    trouble = Trouble("no route", "spec", away=True)
    there = Trouble("it is", "spec", over=True)
    away: dict[str, Any] = {
        "conditions": (Condition("SourceUnreachable", "https://git.lan/farm.git h", "no route"),)
    }
    blip: list[tuple[float, Event]] = [(0, look(**away)), (0, trouble), (60, look(60)), (60, there)]
    assert told(blip) == []
    outage: list[tuple[float, Event]] = [
        (0, look(**away)),
        (0, trouble),
        (301, look(301, **away)),
        (400, look(400)),
        (400, there),
    ]
    messages = told(outage)
    assert brief(messages) == [
        ("source-away", "https://git.lan/farm.git h", False),
        ("source-away", "https://git.lan/farm.git h", True),
    ]
    assert {each.level for each in messages} == {"warning"}
    invalid = Trouble("no spec", "spec")
    assert brief(told([(0, invalid), (1, trouble), (2, invalid), (3, there)])) == [
        ("spec-invalid", "spec", False),
        ("spec-invalid", "spec", True),
    ]


def test_troubles_of_the_telling_itself_are_not_told() -> None:
    assert told([(0, Trouble("no", "notify"))]) == []
    assert brief(told([(0, Trouble("the record cannot be written"))])) == [("loop-trouble", "loop", False)]


def tick(seconds: float, *results: str) -> Ticked:
    found = seen(seconds, directories={**observation(plots=(plot(DST),)).directories})
    plan = plan_facts(found)
    (action,) = (each for each in plan.actions if each.kind == "archive")
    return Ticked(found, plan, tuple(Outcome(action, result, "why") for result in results))  # type: ignore[arg-type]


def test_an_action_that_keeps_failing_is_told_once() -> None:
    events = [(float(s), tick(s, "failed")) for s in range(0, 200, 20)]
    held = (200.0, tick(200))
    messages = told([*events, held, (220, tick(220, "done"))])
    assert [(each.event, each.over) for each in messages] == [
        ("action-failed", False),
        ("action-failed", True),
    ]


def test_a_slow_tick_and_a_silent_loop_are_told() -> None:
    silence = Silence(NOW, 20.0)
    ticked = Ticked(seen(500), plan_facts(seen(500)), ())
    messages = told(
        [(61, Ticked(seen(), plan_facts(seen()), ())), (100, silence), (400, silence), (501, ticked)]
    )
    assert brief(messages) == [
        ("tick-slow", "loop", False),
        ("loop-stale", "loop", False),
        ("tick-slow", "loop", True),
        ("loop-stale", "loop", True),
    ]


SUBJECTS = st.sampled_from(("a", "b"))
CONDITIONS = st.builds(
    Condition, type=st.sampled_from(("JobStuck", "DirectoryAbsent", "PhaseUnknown")), subject=SUBJECTS,
    message=st.just("why"),
)  # fmt: skip
LOOKS = st.lists(st.tuples(st.sets(CONDITIONS), st.booleans(), st.integers(1, 5000)))


@given(LOOKS)
def test_what_stands_begins_and_ends_in_turn(looks: Sequence[tuple[set[Condition], bool, int]]) -> None:
    at, events = 0, []
    for conditions, away, passed in looks:
        at += passed
        farmers = AWAY if away else observation().farmers
        events.append((float(at), look(at, conditions=tuple(conditions), farmers=farmers)))
    histories: dict[tuple[str, str], list[bool]] = defaultdict(list)
    for message in told(events):
        histories[message.event, message.subject].append(message.over)
    for over in histories.values():
        assert over == [bool(n % 2) for n in range(len(over))]


# --- digests -------------------------------------------------------------------------------------


def message(event: notify.Event = "job-failed", text: str = "why", **more: Any) -> Message:
    return Message(NOW.at, event, "subject", text, **more)


@pytest.mark.parametrize(
    ("target", "taken"),
    [
        ({}, {"job-failed", "spec-invalid"}),
        ({"level": "info"}, {"plot-archived", "job-failed", "spec-invalid"}),
        ({"level": "critical"}, {"spec-invalid"}),
        ({"events": ["plot-archived"]}, {"plot-archived"}),
        ({"events": ["plot-archived", "job-failed"], "level": "warning"}, {"job-failed"}),
    ],
)
def test_a_target_gets_what_it_asked_for(target: dict[str, Any], taken: set[str]) -> None:
    wanted = judged(Target, {"url": "${HOOK}", **target})
    every = [message("plot-archived"), message("job-failed"), message("spec-invalid")]
    assert {each.event for each in every if takes(wanted, each)} == taken


def test_a_digest_puts_what_matters_first_and_says_how_much_it_leaves_out() -> None:
    many = [message("plot-archived")] * 30 + [message("spec-invalid"), message("job-failed", over=True)]
    made = digest("plotter1", many, 7, 0)
    lines = made.body.splitlines()
    assert made.title == "plotman on plotter1: 1 spec-invalid, 30 plot-archived, 1 job-failed over"
    assert made.level == "critical"
    assert "spec-invalid" in lines[0]
    assert lines[MOST:] == [
        "and 12 more: plotman history",
        "7 older messages could not be sent and are given up",
    ]


def test_a_plot_is_called_by_what_tables_call_it() -> None:
    name = f"plot-k32-2023-11-14-20-00-{'9ab1c2d3' + '2' * 56}.plot"
    told = replace(message("plot-archived", "to farmer1"), subject=name)
    assert digest("plotter1", [told], 0, 0).body.endswith(" plot-archived plot-k32-...-9ab1c2d3: to farmer1")


def test_good_news_alone_alarm_nobody() -> None:
    assert digest("plotter1", [message("blind", over=True)], 0, 0).level == "info"


@given(st.text(alphabet=st.characters(codec="utf-8")))
def test_a_digest_holds_no_keys_and_nothing_that_cannot_be_shown(text: str) -> None:
    body = digest("plotter1", [message(text=f"{text} {KEY}")], 0, 0).body
    assert KEY not in body
    assert body.isprintable()
    assert len(body) <= 300


def test_the_settings_survive_being_written() -> None:
    wish = judged(Notify, {"targets": ["${HOOK}", {"file": "/etc/hook", "level": "critical"}]})
    assert judged(Notify, plain(wish)) == wish


def test_facts_without_notify_say_nothing_of_room() -> None:
    found = facts(directories=room(1))
    assert told([(0, Planned(found, plan_facts(found)))]) == []
