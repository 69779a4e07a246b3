"""The exit code tells what came of all that was asked for."""

from __future__ import annotations

from typing import Literal, TypeAlias

import pytest

from reconciler.actions import Clean
from reconciler.commands.codes import code
from reconciler.execute import Outcome

Result: TypeAlias = Literal["done", "refused", "failed"]


def outcome(result: Result, rule: str = "") -> Outcome:
    action = Clean(name="/tmp/a", directory="/tmp", files=("a",), old=None, new=None, why=())
    return Outcome(action, result, "so it was", rule)


@pytest.mark.parametrize(
    ("outcomes", "rules", "expected"),
    [
        ([], [], 0),
        (["done", "done"], ["stagger", "farm_room", "known"], 0),
        (["failed"], [], 1),
        (["refused"], [], 6),
        (["done", "failed"], [], 4),
        (["done", "refused"], [], 4),
        ([], ["approval"], 6),
        (["done"], ["deletions"], 6),
        (["done"], ["retire_cap"], 6),
        ([], ["paused"], 6),
        ([], ["shrunk"], 6),
        (["failed"], ["approval"], 1),
        (["done", "failed"], ["approval"], 4),
    ],
)
def test_a_guardrail_exits_6_unless_something_went_wrong(
    outcomes: list[Result], rules: list[str], expected: int
) -> None:
    assert code([outcome(each) for each in outcomes], rules) == expected


def test_what_a_guardrail_refused_at_the_last_moment_is_held_and_not_partly_done() -> None:
    assert code([outcome("done"), outcome("refused", "deletions")]) == 6
    assert code([outcome("done"), outcome("refused", "stagger")]) == 4
