"""What transfers that are over tell of how many more are worth it."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.state import Instant, Transfer
from reconciler.streams import LASTED, paces
from tests.planning.test_laws import often

HOUR = 3600.0


def moved(since: float, until: float, size: int) -> Transfer:
    return Transfer(
        id="move",
        plot="a.plot",
        source="/dst",
        farmer="farm",
        disk="/farm/0",
        bytes=size,
        outcome="finished",
        since=Instant(since, since, "boot"),
        ended=until,
        log="/logs/a.move.log",
    )


def test_what_so_many_carried_is_told_by_the_time_in_which_they_were_that_many() -> None:
    # One alone for two hours at 10 B/s; then two, at 5 B/s each, for two hours.
    alone, first, second = (
        moved(0, 2 * HOUR, 72_000),
        moved(2 * HOUR, 4 * HOUR, 36_000),
        moved(2 * HOUR, 4 * HOUR, 36_000),
    )
    assert paces([alone, first, second], 9 * HOUR) == pytest.approx({1: 10.0, 2: 10.0})


def test_what_did_not_last_tells_nothing() -> None:
    assert not paces([moved(0, LASTED - 1, 10**9)], LASTED)


@often
@given(
    spans=st.lists(
        st.tuples(st.integers(0, 10**5), st.integers(1, 10**5), st.integers(0, 10**12)), max_size=12
    )
)
def test_no_more_is_told_than_all_together_went_at_their_fastest(
    spans: Sequence[tuple[int, int, int]],
) -> None:
    transfers = [moved(since, since + took, size) for since, took, size in spans]
    told = paces(transfers, 2e5)
    fastest = sum(size / took for _, took, size in spans)
    assert all(0 < number <= len(spans) and pace <= fastest * (1 + 1e-9) for number, pace in told.items())
