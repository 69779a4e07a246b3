"""Which plots a part of the spec speaks of; what is not known never matches."""

from __future__ import annotations

import operator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.match import matches, mismatch, own_contract
from reconciler.spec.farmers import PlotMatch
from reconciler.spec.judge import judged
from reconciler.spec.models import Spec
from reconciler.state import Absent, Fact, Known, Unknown

ADDRESS = "xch19m2x9cdfeydgl4ua5ur48tvsd32mw779etfcyxjn0qwqnem22nwshhqjw5"
HASH = "2ed462e1a9c91a8fd79da70753ad906c55b77bc5cad3821a53781c09e76a54dd"
OTHER = "ff" * 32
COMPARED = {"<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge, "": operator.eq}


@given(sign=st.sampled_from(sorted(COMPARED)), level=st.integers(0, 33), compression=st.integers(0, 33))
def test_levels_compare_as_they_are_written(sign: str, level: int, compression: int) -> None:
    match = PlotMatch(compression=f"{sign}{level}")
    assert matches(match, 32, compression, Unknown("?"), None) == COMPARED[sign](compression, level)


def test_a_size_is_one_of_those_named() -> None:
    assert matches(PlotMatch(), 33, 0, Unknown("?"), None)
    assert matches(PlotMatch(k=(32, 33)), 33, 0, Unknown("?"), None)
    assert mismatch(PlotMatch(k=(32, 34)), 33, 0, Unknown("?"), None) == "k33, not k32 or k34"


@pytest.mark.parametrize(
    ("wanted", "contract", "own", "is_one"),
    [
        ("own", HASH, HASH, True),
        ("own", OTHER, HASH, False),
        ("own", "", HASH, False),
        ("own", "", "", True),
        ("own", HASH, "", False),
        ("own", HASH, None, False),
        ("own", "", None, False),
        ("old", OTHER, HASH, True),
        ("old", "", HASH, True),
        ("old", HASH, HASH, False),
        ("old", "", "", False),
        ("old", HASH, "", True),
        ("old", HASH, None, False),
        ("none", "", HASH, True),
        ("none", HASH, HASH, False),
        (ADDRESS, HASH, None, True),
        (ADDRESS, OTHER, None, False),
        (ADDRESS, "", None, False),
        (f"{ADDRESS[:-1]}q", HASH, None, False),
    ],
)
def test_a_contract_is_compared_with_whose_plots_these_are(
    wanted: str, contract: str, own: str | None, is_one: bool
) -> None:
    assert matches(PlotMatch(contract=wanted), 32, 0, Known(contract), own) == is_one


@pytest.mark.parametrize("wanted", ["own", "old", "none", ADDRESS])
@pytest.mark.parametrize("own", [HASH, "", None])
@pytest.mark.parametrize("contract", [Unknown("unreadable"), Absent("not asked for")])
def test_a_contract_that_is_not_known_matches_nothing(
    wanted: str, own: str | None, contract: Fact[str]
) -> None:
    assert not matches(PlotMatch(contract=wanted), 32, 0, contract, own)


@pytest.mark.parametrize(
    ("keys", "own"),
    [
        ({"contract": ADDRESS}, HASH),
        ({"pool": "ab" * 48}, ""),
        ({}, None),
        ({"contract": f"{ADDRESS[:-1]}q"}, None),
        (None, None),
    ],
)
def test_ones_own_contract_is_that_of_the_keys(keys: dict[str, str] | None, own: str | None) -> None:
    spec = judged(
        Spec,
        {
            "version": 3,
            "directories": {"tmp": ["/tmp/00"], "logs": "/logs"},
            "plotting": {"keys": keys} if keys is not None else None,
        },
    )
    assert own_contract(spec) == own
