"""A noun is what the standard library's frozen dataclass with slots is, whoever looks at it."""

from __future__ import annotations

import copy
import dataclasses
import pickle
from collections.abc import Mapping
from dataclasses import FrozenInstanceError, dataclass, field
from typing import Any, Generic, TypeVar

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter

from reconciler.noun import Following, changed, noun, values

T = TypeVar("T")


@noun
class Mine(Generic[T]):
    """By this module."""

    one: T
    two: int = 2
    three: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Theirs(Generic[T]):
    """By the standard library."""

    one: T
    two: int = 2
    three: Mapping[str, int] = field(default_factory=dict)


@noun(kw_only=True)
class Named:
    """Its fields are keywords only."""

    first: int = 1
    second: str


@noun
class Nothing:
    """No fields at all."""


ABOVE: Any = Following(lambda fields: fields["low"] + 1)
BETWEEN: Any = Following(lambda fields: [*range(fields["low"], fields["high"])])


@noun
class Range:
    """Its second field follows from the first, its third from both."""

    low: int
    high: int = field(default_factory=ABOVE)
    all: list[int] = field(default_factory=BETWEEN)

    def __post_init__(self) -> None:
        if self.low > self.high:
            raise ValueError("the wrong way round")


VALUES = st.fixed_dictionaries(
    {"one": st.integers(0, 2) | st.text(max_size=1)},
    optional={"two": st.integers(0, 2), "three": st.just({}) | st.just({"a": 1})},
)


@given(VALUES, VALUES)
def test_it_compares_replaces_shows_and_copies_itself_as_theirs_does(
    first: dict[str, Any], second: dict[str, Any]
) -> None:
    mine, theirs = Mine(**first), Theirs(**first)
    assert (mine == Mine(**second)) == (theirs == Theirs(**second))
    assert dataclasses.asdict(mine) == dataclasses.asdict(theirs)
    assert dataclasses.asdict(dataclasses.replace(mine, **second)) == dataclasses.asdict(
        dataclasses.replace(theirs, **second)
    )
    assert repr(mine) == repr(theirs).replace("Theirs", "Mine")
    assert mine == copy.deepcopy(mine) == pickle.loads(pickle.dumps(mine))
    other: object = theirs
    assert mine != other


@given(st.text(), st.integers())
def test_equal_ones_have_one_hash(one: str, two: int) -> None:
    assert hash(Mine((one, two), two, ())) == hash(Mine((one, two), two, ()))  # type: ignore[arg-type]
    assert hash(Nothing()) == hash(Nothing())


def test_what_is_made_anew_for_each_is_shared_by_none() -> None:
    assert Mine(1).three == {}
    assert Mine(1).three is not Mine(1).three


def test_a_default_can_follow_from_the_fields_before_it() -> None:
    assert values(Range(1)) == {"low": 1, "high": 2, "all": [1]}
    assert values(Range(1, high=4)) == {"low": 1, "high": 4, "all": [1, 2, 3]}
    assert dataclasses.replace(Range(1), low=2) == Range(2, 2, [1])


def test_it_is_not_made_where_it_refuses() -> None:
    with pytest.raises(ValueError, match="the wrong way round"):
        Range(2, 1)


def test_nothing_of_it_changes_and_nothing_is_added() -> None:
    mine: Any = Mine(1)
    for name in ("one", "four"):
        with pytest.raises(FrozenInstanceError):
            setattr(mine, name, 3)
        with pytest.raises(FrozenInstanceError):
            delattr(mine, name)
    assert not hasattr(mine, "__dict__")


def test_it_is_matched_by_place_and_by_keyword() -> None:
    match Mine("a", 5):
        case Mine(one, two=two):
            assert (one, two) == ("a", 5)
        case _:
            pytest.fail("it is not matched")


def test_arguments_are_told_as_theirs_are() -> None:
    assert Named(second="b") == Named(first=1, second="b")
    made: Any = Named
    for wrong in ({}, {"second": "b", "third": 3}):
        with pytest.raises(TypeError):
            made(**wrong)
    with pytest.raises(TypeError):
        made(1, "b")
    with pytest.raises(TypeError):
        Mine()  # type: ignore[call-arg]


def test_pydantic_describes_and_reads_it_as_theirs() -> None:
    mine: TypeAdapter[Mine[int]] = TypeAdapter(Mine[int])
    theirs: TypeAdapter[Theirs[int]] = TypeAdapter(Theirs[int])
    shown = str(theirs.json_schema()).replace("Theirs", "Mine").replace("standard library", "module")
    assert str(mine.json_schema()).replace("this module", "the module") == shown
    assert mine.validate_python({"one": 1}) == Mine(1)
    assert mine.dump_python(Mine(1)) == theirs.dump_python(Theirs(1))


@given(st.integers(), st.dictionaries(st.sampled_from(["one", "two"]), st.integers()))
def test_changed_fields_are_as_the_standard_library_replaces_them(one: int, changes: dict[str, Any]) -> None:
    before = Mine(one, three={"a": 1})
    after = changed(before, changes)
    assert after == dataclasses.replace(before, **changes)
    assert type(after) is Mine
    assert before == Mine(one, three={"a": 1})
