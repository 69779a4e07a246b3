"""Addresses are read as BIP-350 says; whatever is no address is told in words."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.plotters.address import decode, puzzle_hash

LETTERS = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
CHIA = "xch19m2x9cdfeydgl4ua5ur48tvsd32mw779etfcyxjn0qwqnem22nwshhqjw5"


@pytest.mark.parametrize(
    ("address", "prefix", "raw"),
    [
        ("A1LQFN3A", "a", ""),
        ("a1lqfn3a", "a", ""),
        (
            "abcdef1l7aum6echk45nj3s0wdvt2fg8x9yrzpqzd3ryx",
            "abcdef",
            "ffbbcdeb38bdab49ca307b9ac5a928398a418820",
        ),
        ("?1v759aa", "?", ""),
    ],
)
def test_the_valid_texts_of_bip_350_are_read(address: str, prefix: str, raw: str) -> None:
    assert decode(address) == (prefix, bytes.fromhex(raw))


@pytest.mark.parametrize(
    "text",
    [
        "\x201xj0phk",
        "\x7f1g6xzxy",
        "\x801vctc34",
        "qyrz8wqd2c9m",
        "1qyrz8wqd2c9m",
        "y1b0jsk6g",
        "lt1igcx5c0",
        "in1muywd",
        "mm1crxm3i",
        "au1s5cgom",
        "M1VUXWEZ",
        "16plkw9",
        "1p2gdwpf",
        "A1lqfn3a",
        "a12uel5l",
        "",
    ],
)
def test_the_invalid_texts_of_bip_350_and_those_of_its_forerunner_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        decode(text)


def test_an_address_stands_for_a_puzzle_hash() -> None:
    assert puzzle_hash(CHIA) == "2ed462e1a9c91a8fd79da70753ad906c55b77bc5cad3821a53781c09e76a54dd"
    with pytest.raises(ValueError, match=r"stands for 20 bytes; a puzzle hash has 32"):
        puzzle_hash("abcdef1l7aum6echk45nj3s0wdvt2fg8x9yrzpqzd3ryx")


@given(place=st.integers(4, len(CHIA) - 1), letter=st.sampled_from(LETTERS))
def test_one_letter_mistyped_is_noticed(place: int, letter: str) -> None:
    wrong = CHIA[:place] + letter + CHIA[place + 1 :]
    if wrong != CHIA:
        with pytest.raises(ValueError, match="checksum"):
            puzzle_hash(wrong)
