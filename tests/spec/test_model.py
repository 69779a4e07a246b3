"""Parts of documents: nouns, which pydantic judges by what stands at their fields and types."""

from __future__ import annotations

from typing import Annotated

import pydantic
import pytest

from reconciler.noun import Following
from reconciler.spec import marks
from reconciler.spec.judge import ValidationError, adapter, judged, plain
from reconciler.spec.model import field, part

Short = Annotated[str, marks.limits(max_length=3)]
Shout = Annotated[str, marks.before(lambda text: f"{text}!", int), marks.written(str.lower)]
Even = Annotated[int, marks.after(lambda number: number // 2 * 2), marks.described({"type": "string"})]


@part
class Inner:
    """A part."""

    short: Short | None = field(default=None, description="Short.", examples=["abc"])


@part
class Outer:
    """A document."""

    least: int = field(ge=3, description="Three or more.")
    shout: Shout = field(default="A", description="Loud.")
    even: Even = field(default_factory=Following(lambda data: 2 * data.get("least", 0)), description="Even.")
    inner: Inner = field(default_factory=Inner, description="A part.")

    def __post_init__(self) -> None:
        if self.least == 13:
            raise ValueError("brings no luck")


@pytest.mark.parametrize(
    ("document", "noun"),
    [
        ({"least": 3}, Outer(least=3)),
        ({"least": 3}, Outer(least=3, shout="A", even=6, inner=Inner(short=None))),
        ({"least": 4, "shout": "Hey"}, Outer(least=4, shout="Hey!")),
        (
            {"least": 4, "even": 7, "inner": {"short": "abc"}},
            Outer(least=4, even=6, inner=Inner(short="abc")),
        ),
        ({"least": 4, "inner": Inner(short="any length")}, Outer(least=4, inner=Inner(short="any length"))),
    ],
)
def test_a_sound_document_is_its_noun(document: dict[str, object], noun: Outer) -> None:
    assert judged(Outer, document) == noun


@pytest.mark.parametrize(
    ("document", "place", "kind"),
    [
        ({}, ("least",), "missing"),
        ({"least": 2}, ("least",), "greater_than_equal"),
        ({"least": 3, "inner": {"short": "long"}}, ("inner", "short"), "string_too_long"),
        ({"least": 3, "most": 4}, ("most",), "unexpected_keyword_argument"),
        ({"least": 13}, (), "value_error"),
    ],
)
def test_each_fault_is_told_at_its_place(document: object, place: tuple[str, ...], kind: str) -> None:
    with pytest.raises(ValidationError) as caught:
        judged(Outer, document)
    first = caught.value.errors()[0]
    assert (first["loc"], first["type"]) == (place, kind)


def test_what_a_part_cannot_be_it_is_not_made_by_hand_either() -> None:
    with pytest.raises(ValueError, match="brings no luck"):
        Outer(least=13)


def test_it_is_written_as_its_types_say_and_without_its_defaults_where_asked() -> None:
    assert plain(Outer(least=5, shout="B")) == {
        "least": 5,
        "shout": "b",
        "even": 10,
        "inner": {"short": None},
    }
    assert plain(Outer(least=5, shout="B", even=2), defaults=False) == {"least": 5, "shout": "b", "even": 2}


def test_a_schema_says_all_that_fields_and_types_say() -> None:
    described = adapter(Outer).json_schema()
    assert described["required"] == ["least"]
    assert described["additionalProperties"] is False
    keys = described["properties"]
    assert keys["least"] == {
        "description": "Three or more.",
        "minimum": 3,
        "title": "Least",
        "type": "integer",
    }
    assert keys["shout"] == {"default": "A", "description": "Loud.", "title": "Shout", "type": "integer"}
    assert keys["even"]["type"] == "string"
    short = described["$defs"]["Inner"]["properties"]["short"]
    assert (short["anyOf"][0]["maxLength"], short["examples"]) == (3, ["abc"])


def test_a_mark_is_what_pydantic_has_for_it() -> None:
    assert list(marks.after(abs)) == [pydantic.AfterValidator(abs)]
    assert list(marks.before(abs)) == [pydantic.BeforeValidator(abs)]
    assert list(marks.before(abs, int)) == [pydantic.BeforeValidator(abs, json_schema_input_type=int)]
    assert list(marks.written(abs)) == [pydantic.PlainSerializer(abs)]
    assert list(marks.described({"type": "null"})) == [pydantic.WithJsonSchema({"type": "null"})]
