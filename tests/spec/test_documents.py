"""The border: published schemas are fresh, and observations and plans survive JSON exactly."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import is_dataclass, replace
from typing import Any, Literal, get_args, get_origin, get_type_hints

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reconciler import documents, state
from reconciler.errors import DocumentError
from reconciler.observation import Observation
from reconciler.spec.schemas import folder
from reconciler.state import Known


@pytest.mark.parametrize("name", documents.NAMES)
def test_a_published_schema_is_what_its_models_say(name: str) -> None:
    text = (folder() / f"{name}.schema.json").read_text("utf-8")
    assert text == documents.render(name), "stale; run: python -m reconciler.documents"


@pytest.mark.parametrize("name", documents.NAMES)
def test_a_published_schema_is_a_json_schema(name: str) -> None:
    from jsonschema.validators import Draft202012Validator

    Draft202012Validator.check_schema(documents.published(name))


@pytest.mark.parametrize("name", documents.NAMES)
def test_a_default_is_what_its_own_schema_takes(name: str) -> None:
    from jsonschema.validators import Draft202012Validator

    schema = documents.published(name)
    parts = schema.get("$defs", {})
    for part in (schema, *parts.values()):
        for key, described in part.get("properties", {}).items():
            if "default" in described:
                validator = Draft202012Validator({**described, "$defs": parts})
                assert validator.is_valid(described["default"]), (key, described["default"])


PLAIN: dict[Any, st.SearchStrategy[Any]] = {
    str: st.text(max_size=3) | st.just("\udc80"),
    int: st.integers(0, 2**63),
    float: st.floats(allow_nan=False, allow_infinity=False),
    bool: st.booleans(),
    type(None): st.none(),
}


def values(kind: Any) -> st.SearchStrategy[Any]:
    """Any value of a type that the nouns are made of."""
    if kind in PLAIN:
        return PLAIN[kind]
    origin, arguments = get_origin(kind), get_args(kind)
    if origin is Literal:
        return st.sampled_from(arguments)
    if origin is tuple:
        return st.lists(values(arguments[0]), max_size=2).map(tuple)
    if origin is Mapping:
        return st.dictionaries(values(arguments[0]), values(arguments[1]), max_size=1)
    if is_dataclass(origin or kind):
        made = origin or kind
        hints = get_type_hints(made)
        return st.builds(
            made, **{name: values(arguments[0] if hint is state.T else hint) for name, hint in hints.items()}
        )
    return st.one_of([values(argument) for argument in arguments])


SMALL: dict[str, Any] = {
    "version": 1,
    "host": "h\udc80",
    "now": {"at": 1.5, "up": 2, "boot": "b"},
    "cpus": 2,
    "memory": 8,
    "jobs": {"fact": "unknown", "why": "the process table cannot be read"},
    "starts": {"fact": "known", "value": []},
    "transfers": {"fact": "known", "value": []},
    "overrides": {"fact": "known", "value": []},
    "directories": {},
    "farmers": {},
}


@pytest.mark.parametrize("field", get_type_hints(Observation))
@given(st.data())
# Some directories with all that lies in them are more than hypothesis draws; it tries others then.
@settings(
    max_examples=20, deadline=None, suppress_health_check=[HealthCheck.filter_too_much, HealthCheck.too_slow]
)
def test_an_observation_survives_json_exactly(field: str, data: st.DataObject) -> None:
    base = documents.observation_from_json(json.dumps(SMALL), "observed")
    found = data.draw(values(get_type_hints(Observation)[field]))
    observation = replace(base, **{field: found})
    text = documents.to_json(observation)
    assert documents.observation_from_json(text, "observed") == observation
    json.loads(text, parse_constant=pytest.fail)


def problems(text: str) -> list[str]:
    with pytest.raises(DocumentError) as caught:
        documents.observation_from_json(text, "observed")
    return [str(problem).removeprefix("observed") for problem in caught.value.problems]


def test_a_name_that_is_no_utf8_survives() -> None:
    observation = documents.observation_from_json(json.dumps(SMALL), "observed")
    assert observation.host == "h\udc80"
    assert observation.starts == Known(())
    assert documents.observation_from_json(documents.to_json(observation), "again") == observation


def test_all_faults_are_told_each_at_its_place() -> None:
    wrong = {**SMALL, "host": "h", "cpus": "two", "hots": 1, "jobs": {"fact": "unknown", "whi": "x"}}
    wrong["starts"] = {"fact": "knwon", "value": []}
    wrong["farmers"] = {"a": {"name": "a", "disks": {"fact": "known", "value": [{"path": 5}]}}}
    assert problems(json.dumps(wrong, indent=1)) == [
        ':9:10: cpus: "two" does not fit here; write a whole number [value]',
        ":13:3: jobs.whi: is not a key here; did you mean why? [unknown-key]",
        ':16:11: starts.fact: "knwon" is not known here; did you mean known? [value]',
        ":34:6: farmers.a.disks.value[0].space: is missing. [missing-key]",
        ":35:15: farmers.a.disks.value[0].path: 5 is not text; put it in quotes [value]",
        ":41:2: hots: is not a key here; did you mean host? [unknown-key]",
    ]


def test_a_fact_must_say_which_of_the_three_it_is() -> None:
    assert problems(json.dumps({**SMALL, "host": "h", "jobs": {"why": "x"}})) == [
        ":1:103: jobs.fact: is missing. [missing-key]"
    ]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", ":1:1: cannot be read as JSON: expecting value [syntax]"),
        (
            "{\n 'a': 1}",
            ":2:2: cannot be read as JSON: expecting property name enclosed in double quotes [syntax]",
        ),
        ('{"version": NaN}', ": cannot be read as JSON: NaN is no JSON number [syntax]"),
        ("[" * 100_000, ": cannot be read as JSON: it is nested too deeply [syntax]"),
    ],
)
def test_what_is_no_json_is_refused(text: str, message: str) -> None:
    assert problems(text) == [message]


def test_a_plan_is_refused_with_its_faults() -> None:
    with pytest.raises(DocumentError) as caught:
        documents.plan_from_json('{"version": 1, "actions": [{"kind": "spwan"}]}', "saved")
    assert "actions[0].kind" in str(caught.value)
