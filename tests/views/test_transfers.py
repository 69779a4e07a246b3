"""The plots that are being moved, as a table and in JSON."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from reconciler.state import Known, Transfer
from reconciler.views import status, transfers
from reconciler.views.names import Names
from reconciler.views.symbols import ASCII, UNICODE

from .samples import GB, NOW, Instant, ago, facts, spec, transfer


def shown(*under_way: Transfer) -> str:
    seen = facts(transfers=Known(under_way))
    return transfers.text(transfers.rows(seen), Names(spec()), UNICODE, None)


def test_progress_rate_and_time_left_are_told() -> None:
    assert (
        shown(transfer(1))
        == """\
plot id   from    to                   size  done      rate  left  step
5a5a5a5a  dst 00  farmer1:/farm/07  108.0GB   25%  90.0MB/s   15m  copy
"""
    )


def test_one_that_has_been_silent_for_five_minutes_is_stuck() -> None:
    assert "copy, stuck, silent for 7m" in shown(transfer(1, since=ago(900), at=NOW.at - 420))
    assert "stuck" not in shown(transfer(1, since=ago(900), at=NOW.at - 299))
    assert "stuck, silent for 10m" in shown(transfer(1, since=ago(600), at=None, step="", done=0))


def test_nothing_under_way_is_no_table() -> None:
    assert shown(transfer(1, outcome="failed", ended=NOW.at)) == ""


def test_json_keeps_bytes_and_seconds() -> None:
    seen = facts(transfers=Known((transfer(1),)))
    (row,) = json.loads(status.to_json(seen, ()))["transfers"]
    assert (row["done_bytes"], row["rate"], row["left_seconds"]) == (27 * GB, 90e6, 900.0)
    assert (row["farmer"], row["disk"], row["stuck_seconds"]) == ("farmer1", "/farm/07", None)


@given(
    size=st.integers(0, 1 << 62),
    done=st.integers(0, 1 << 62),
    begun=st.floats(-1e6, 1e6),
    said=st.none() | st.floats(-1e9, 1e9),
)
def test_whatever_a_log_tells_there_is_a_row(size: int, done: int, begun: float, said: float | None) -> None:
    since = Instant(NOW.at - begun, NOW.up - begun, NOW.boot)
    at = None if said is None else NOW.at + said
    seen = facts(transfers=Known((transfer(1, bytes=size, done=done, since=since, at=at),)))
    text = transfers.text(transfers.rows(seen), Names(spec()), ASCII, 80)
    assert len(text.splitlines()) == 2
    assert "inf" not in text
    json.loads(status.to_json(seen, ()), parse_constant=refuse)


def refuse(name: str) -> None:
    raise AssertionError(f"{name} is no JSON")
