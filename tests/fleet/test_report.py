"""What a host says of itself, and what is made of it: a newer plotman there is understood, nonsense is not."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from reconciler.fleet.report import Reply, Report, Verdict, from_json, to_json
from reconciler.observation import Condition
from reconciler.revision import Revision, Revisions
from reconciler.views import fleet
from reconciler.views.symbols import ASCII

WELL = Report(host="h01", at=1.5, tool="0.1.0", loop="plotting (pid 7)", jobs=3, plots=9, actions=0, holds=2)
GOOD = Revision(commit="4f1c2a9" + "0" * 33, ref="main", at=1.0)
BAD = Revision(commit="77d0be1" + "0" * 33, ref="main", at=2.0)
FOLLOWED = Revisions(source="farm.git hosts/h01.yaml", applied=GOOD, attempted=GOOD, asked=2.0)
BEHIND = replace(FOLLOWED, attempted=BAD, obstacle="unverified", problem="no signature")


def reply(**found: Any) -> Reply:
    return Reply(name="h01", labels={}, **found)


@pytest.mark.parametrize(
    ("given", "verdict", "told"),
    [
        (reply(report=WELL), "ok", "file"),
        (reply(report=replace(WELL, source=FOLLOWED)), "ok", "main@4f1c2a9"),
        (
            reply(report=replace(WELL, source=BEHIND)),
            "attention",
            "main@77d0be1 is not in force: no signature",
        ),
        (reply(report=replace(WELL, loop=None)), "attention", "start `plotman apply`"),
        (
            reply(
                report=replace(
                    WELL, conditions=(Condition("SpecInvalid", "spec", "a"), Condition("B", "b", "b"))
                )
            ),
            "attention",
            "SpecInvalid spec: a (+1)",
        ),
        (reply(report=replace(WELL, jobs=None)), "ok", " ? "),
        (reply(trouble="it cannot"), "failed", "it cannot"),
        (reply(trouble="no route", kind="away"), "unreachable", "no route"),
    ],
)
def test_each_reply_has_its_verdict_and_says_why(given: Reply, verdict: Verdict, told: str) -> None:
    assert given.verdict == verdict
    text = fleet.status([given], ASCII, None)
    assert verdict in text and told in text and f"{verdict}=1" in text
    assert json.loads(fleet.to_json([given]))["hosts"][0]["verdict"] == verdict


def test_the_worst_come_first() -> None:
    replies = [
        replace(reply(report=WELL), name="a"),
        replace(reply(trouble="x", kind="away"), name="b"),
        replace(reply(trouble="x"), name="z"),
        replace(reply(trouble="x"), name="c"),
    ]
    assert [each.name for each in fleet.worst_first(replies)] == ["c", "z", "b", "a"]


def test_a_report_survives_its_line_and_a_greeting_before_it() -> None:
    told = replace(WELL, source=BEHIND, conditions=(Condition("A", "h\udc80", "c"),))
    assert from_json(to_json(WELL)) == WELL
    assert from_json("Welcome!\n" + to_json(told)) == told


def test_what_a_newer_version_says_beside_is_not_read() -> None:
    assert from_json(json.dumps({**json.loads(to_json(WELL)), "moon": "full"})) == WELL


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "nothing"),
        ("Password: ", "no report, but 'Password:'"),
        ("{", "a report that is no JSON"),
        ('{"a":' * 100_000, "a report that is no JSON"),
        ('{"version": 2}', "a report that cannot be read: version"),
        ("{}", "a report that cannot be read: host"),
    ],
)
def test_what_is_no_report_is_told(text: str, told: str) -> None:
    with pytest.raises(ValueError) as caught:
        from_json(text)
    assert str(caught.value).startswith(told)
