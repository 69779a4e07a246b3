"""Selectors of hosts: what they admit, and what is none."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.fleet.limit import Limit, Term, parse

KEYS = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9._-]{0,5}", fullmatch=True)
VALUES = st.text(st.characters(exclude_characters="=!,", exclude_categories=("Z", "C")), max_size=5)
LABELS = st.dictionaries(KEYS, VALUES, max_size=4)


@given(KEYS, VALUES, LABELS)
def test_a_condition_and_its_opposite_divide_all_hosts(key: str, value: str, labels: dict[str, str]) -> None:
    for with_it, without in ((f"{key}={value}", f"{key}!={value}"), (key, f"!{key}")):
        assert parse(with_it).admits(labels) != parse(without).admits(labels)
    assert parse(f"{key}={value}").admits(labels) == (labels.get(key) == value)
    assert parse(key).admits(labels) == (key in labels)


@given(LABELS)
def test_a_host_is_admitted_by_all_its_labels_together_and_without_any_limit(labels: dict[str, str]) -> None:
    assert Limit().admits(labels)
    if labels:
        every = [f"{key}={value}" for key, value in labels.items()]
        assert parse(" , ".join(every)).admits(labels)
        assert not parse(",".join([*every, f"!{next(iter(labels))}"])).admits(labels)


@given(st.text(max_size=12))
def test_whatever_is_typed_is_a_limit_or_told_to_be_none(text: str) -> None:
    try:
        limit = parse(text)
    except ValueError as error:
        assert "write ring=canary" in str(error)
    else:
        assert len(limit.terms) == text.count(",") + 1


@pytest.mark.parametrize(
    "text",
    ["", " ", ",", "a,", ",a", "a==b", "=a", "!=a", "!a=b", "!a!=b", "!!a", "a b", "a=b=c", "-a", "a=b!"],
)
def test_bad_syntax_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="no condition on labels"):
        parse(text)


def test_conditions_read_as_they_look() -> None:
    assert parse("ring=canary, site!=berlin,ssd,!old").terms == (
        Term("ring", "canary", True),
        Term("site", "berlin", False),
        Term("ssd", None, True),
        Term("old", None, False),
    )
