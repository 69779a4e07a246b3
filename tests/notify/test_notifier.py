"""A loop's events get to a real server, batched; one that hangs costs the loop nothing."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from reconciler.events import Event, Planned, Ticked, Trouble
from reconciler.facts import Facts
from reconciler.machine import LocalMachine
from reconciler.notify import notifier as notifier_module
from reconciler.notify.notifier import Notifier
from reconciler.observation import Condition
from reconciler.plan import plan_facts
from tests.views.samples import observation, plotters, spec

from .server import Server, serving
from .test_sender import DEADLINE, wait_for

MACHINE = LocalMachine()
BAD = Trouble("the spec is not usable", "spec")


@pytest.fixture(autouse=True)
def _patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A busy machine may take its time with the last messages."""
    monkeypatch.setattr(notifier_module, "PATIENCE", DEADLINE)


@pytest.fixture
def server() -> Iterator[Server]:
    with serving(Server()) as one:
        yield one


def look(notify: object, **more: Any) -> Planned:
    wish = {} if notify is None else {"notify": notify}
    facts = Facts(spec(**wish), replace(observation(), now=MACHINE.now(), **more), plotters())
    return Planned(facts, plan_facts(facts))


def notifier(url: str, *works: str) -> Notifier:
    return Notifier(
        "plotter1", works or ("plotting", "archiving"), {"HOOK": url}, MACHINE.now, MACHINE.utc_offset
    )


def stuck(*jobs: str) -> dict[str, Any]:
    return {"conditions": tuple(Condition("JobStuck", job, "no space left") for job in jobs)}


def hear(telling: Notifier, *events: Event) -> None:
    for event in events:
        telling.hear(event)


WISH = {"targets": ["${HOOK}"], "batch": 0}


def test_what_happens_is_told_and_so_is_its_end(server: Server) -> None:
    telling = notifier(server.url)
    hear(telling, look(WISH, **stuck("aaaaaaaaaaaa")), look(WISH, **stuck("aaaaaaaaaaaa")))
    wait_for(lambda: len(server.got) == 1)
    hear(telling, look(WISH))
    wait_for(lambda: len(server.got) == 2)
    telling.close()
    assert server.titles() == [
        "plotman on plotter1: 1 job-stuck",
        "plotman on plotter1: 1 job-stuck over",
    ]
    assert [each["type"] for each in server.got] == ["warning", "info"]
    assert telling.problems() == {}


def test_many_events_are_one_message_and_what_is_critical_does_not_wait(server: Server) -> None:
    wish = {"targets": ["${HOOK}"], "batch": "1h"}
    telling = notifier(server.url)
    hear(telling, look(wish), *(look(wish, **stuck(*"abcdef"[:n])) for n in range(1, 6)))
    assert not server.came.wait(0.2)
    hear(telling, BAD)
    wait_for(lambda: bool(server.got))
    telling.close()
    assert server.titles() == ["plotman on plotter1: 1 spec-invalid, 5 job-stuck"]


def test_what_is_left_is_told_when_the_loop_ends(server: Server) -> None:
    telling = notifier(server.url)
    hear(telling, look({"targets": ["${HOOK}"], "batch": "1h"}, **stuck("a")))
    telling.close()
    assert len(server.got) == 1


def test_a_loop_tells_of_its_own_kind_of_work(server: Server) -> None:
    telling = notifier(server.url, "archiving")
    hear(telling, look(WISH, **stuck("a")), BAD)
    telling.close()
    assert [line.split()[2] for line in server.lines()] == ["spec-invalid"]


def test_targets_follow_the_spec(server: Server) -> None:
    telling = notifier(server.url)
    hear(telling, look(None, **stuck("a")), look(WISH, **stuck("a")))
    wait_for(lambda: len(server.got) == 1)
    hear(telling, look(None), look(None, **stuck("b")))
    telling.close()
    assert len(server.got) == 1


@pytest.mark.parametrize(
    ("status", "environment", "said"),
    [
        (500, {}, "JSON: it answers HTTP 500"),
        (0, {}, "JSON: it cannot be reached, or does not answer in time"),
        (200, {"HOOK": ""}, "${HOOK} holds no URL; export HOOK, as Apprise has it: json://HOST/PATH"),
        (200, {"HOOK": "a://b c://d"}, "${HOOK} holds 2 URLs; write a target for each"),
        (
            200,
            {"HOOK": "hunter2"},
            "${HOOK} holds no URL that Apprise understands; it looks like json://HOST/PATH",
        ),
    ],
)
def test_why_it_does_not_get_there_is_told_without_secrets(
    status: int, environment: dict[str, str], said: str, capfd: pytest.CaptureFixture[str]
) -> None:
    with serving(Server(status=status)) as server:
        url = server.url
        if status:
            telling = Notifier(
                "h", ("plotting",), {"HOOK": url, **environment}, MACHINE.now, MACHINE.utc_offset
            )
            hear(telling, look(WISH), BAD)
            wait_for(lambda: bool(telling.problems()))
    if not status:
        telling = notifier(url)
        hear(telling, look(WISH), BAD)
        wait_for(lambda: bool(telling.problems()))
    assert telling.problems() == {"${HOOK}": said}
    telling.close()
    assert capfd.readouterr() == ("", "")


def test_a_server_that_hangs_delays_nothing_and_costs_the_others_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with serving(Server(hangs=True)) as hung, serving(Server()) as well:
        (tmp_path / "hook").write_text(f"# the farm's\n{well.url}\n")
        wish = {"targets": ["${HOOK}", {"file": str(tmp_path / "hook"), "level": "info"}], "batch": 0}
        telling = notifier(hung.url)
        hear(telling, look(wish, **stuck("first")))
        assert hung.came.wait(DEADLINE)
        for number in range(200):
            event = look(wish, **stuck(f"{number}"))
            hear(telling, event, Ticked(event.facts, event.plan, ()))
        hear(telling, BAD)
        wait_for(lambda: any("spec-invalid" in line for line in well.lines()))
        monkeypatch.setattr(notifier_module, "PATIENCE", 0.2)
        telling.close()
        assert not hung.release.is_set()


def test_without_notify_there_is_not_even_a_thread(server: Server) -> None:
    before = set(threading.enumerate())
    telling = notifier(server.url)
    event = look(None, **stuck("a"))
    hear(telling, event, Ticked(event.facts, event.plan, ()), BAD)
    assert set(threading.enumerate()) <= before
    telling.close()


def test_the_silence_of_a_loop_is_told_by_the_clock(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(notifier_module, "LOOK", 0.01)
    ahead = 0.0

    def clock() -> Any:
        now = MACHINE.now()
        return replace(now, at=now.at + ahead, up=now.up + ahead)

    telling = Notifier("h", ("plotting",), {"HOOK": server.url}, clock, MACHINE.utc_offset)
    hear(telling, look(WISH))
    ahead = 1000.0
    wait_for(lambda: bool(server.got))
    telling.close()
    assert server.titles()[0] == "plotman on h: 1 loop-stale"
