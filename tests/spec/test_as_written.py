"""The short way into the house: a document that is taken without its schema is one that the schema takes, alike."""

from __future__ import annotations

import json
from copy import deepcopy
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler import documents
from reconciler.errors import DocumentError
from reconciler.plan import plan
from reconciler.plotters import Plotters
from tests.benchmarks.fleet_plan import observed
from tests.planning.cases import cases

PLOTTERS = Plotters.load(["tests/planning/plotters"])
CASES = cases()
ODD: st.SearchStrategy[Any] = st.sampled_from(
    [
        None,
        True,
        False,
        0,
        1,
        -1,
        1.0,
        0.5,
        2**70,
        1e300,
        "",
        "1",
        "known",
        "\udc80",
        [],
        {},
        [[]],
        {"fact": "known"},
    ]
).map(deepcopy)  # What is spoilt once more must not spoil the next example.


def places(value: object, path: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    """Every place in a document but the whole."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [each for key, child in items for each in ((*path, key), *places(child, (*path, key)))]


def spoil(value: Any, data: st.DataObject) -> None:
    """Change one place of a document: another value, another key, one that is missing, or one that is swapped."""
    *parents, last = data.draw(st.sampled_from(places(value)))
    holder = value
    for step in parents:
        holder = holder[step]
    match data.draw(st.sampled_from(["replace", "remove", "add", "retype"])):
        case "replace":
            holder[last] = data.draw(ODD)
        case "remove":
            del holder[last]
        case "add" if isinstance(holder, dict):
            holder[data.draw(st.sampled_from(["nonsense", "version", "value", "why"]))] = data.draw(ODD)
        case _:
            was = holder[last]
            numbers = int | float | bool
            holder[last] = (
                float(was) if isinstance(was, int) else int(was) if isinstance(was, numbers) else [was]
            )


def told(kind: str, text: str) -> tuple[object, object]:
    """What the short way and the long way say of a document."""
    value = json.loads(text)
    short = documents.as_written(kind, text, value)
    try:
        return short, documents.judged(kind, text, value, "document")
    except DocumentError:
        return short, None


@pytest.mark.parametrize("kind", ["observation", "plan"])
@given(st.data())
@settings(max_examples=150, deadline=None)
def test_what_the_short_way_takes_the_long_way_takes_alike(kind: str, data: st.DataObject) -> None:
    case = data.draw(st.sampled_from(CASES))
    noun = case.observed if kind == "observation" else plan(case.spec, case.observed, PLOTTERS)
    value = json.loads(documents.to_json(noun))
    for _ in range(data.draw(st.integers(0, 2))):
        spoil(value, data)
    short, long = told(kind, json.dumps(value))
    assert short is None or repr(short) == repr(long)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_what_this_tool_writes_takes_the_short_way(case: Any) -> None:
    for kind, noun in (("observation", case.observed), ("plan", plan(case.spec, case.observed, PLOTTERS))):
        text = documents.to_json(noun)
        assert documents.as_written(kind, text, json.loads(text)) == noun


def test_so_does_a_large_observation() -> None:
    text = documents.to_json(observed("h01", 1))
    assert len(text) > 250_000
    assert documents.as_written("observation", text, json.loads(text)) == observed("h01", 1)
