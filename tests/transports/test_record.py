from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.transports.record import LONGEST, TransferLog, fold

steps = st.fixed_dictionaries(
    {"step": st.sampled_from(["locked", "copying", "done"]), "done": st.integers(0, 10**12)},
    optional={"bytes": st.integers(0, 10**12), "at": st.floats(0, 1e10)},
)
outcomes = st.fixed_dictionaries(
    {"outcome": st.sampled_from(["finished", "failed", "who knows"])},
    optional={"kind": st.text(), "error": st.text(), "at": st.floats(0, 1e10)},
)
garbage = st.one_of(
    st.recursive(st.none() | st.floats() | st.text(), lambda inner: st.dictionaries(st.text(), inner)),
    st.fixed_dictionaries({"step": st.none() | st.text(), "done": st.text() | st.integers() | st.booleans()}),
)
lines = st.one_of((steps | outcomes | garbage).map(lambda told: json.dumps(told).encode()), st.binary())
logs = st.lists(lines).map(b"\n".join) | st.binary()


@given(logs, st.lists(st.integers(0, 400)))
def test_however_a_log_is_cut_it_reads_the_same(log: bytes, cuts: list[int]) -> None:
    state = TransferLog()
    at = 0
    for cut in sorted(cuts):
        state, at = fold(state, log[at : max(at, cut)]), max(at, cut)
    assert fold(state, log[at:]) == fold(TransferLog(), log)


@given(logs)
def test_numbers_are_never_less_than_nothing(log: bytes) -> None:
    told = fold(TransferLog(), log)
    assert told.done >= 0
    assert told.bytes >= 0


def test_the_last_step_and_the_outcome_are_told() -> None:
    told = fold(
        TransferLog(),
        b'{"plotman": 1, "bytes": 7}\n'
        b'{"step": "copying", "done": 40, "bytes": 100, "at": 5.0}\n'
        b"Traceback (most recent call last):\n"
        b'{"outcome": "failed", "kind": "full", "error": "/farm/00: No space left on device", "at": 6.5}\n',
    )
    assert told == TransferLog(
        outcome="failed",
        step="copying",
        done=40,
        bytes=100,
        at=6.5,
        ended=6.5,
        kind="full",
        error="/farm/00: No space left on device",
    )


def test_a_line_without_its_end_is_not_yet_told() -> None:
    told = fold(TransferLog(), b'{"outcome": "finished"}')
    assert told.outcome is None
    assert fold(told, b"\n").outcome == "finished"


@pytest.mark.parametrize(
    "bad",
    [
        b"[" * 60000,
        b'{"step": ' + b'{"a":' * 10000,
        b'{"step": "copying", "done": ' + b"9" * 5000 + b"}",
        b'{"step": "copying", "done": NaN, "bytes": -1, "at": Infinity}',
        b"{" + b" " * LONGEST + b"}",
        b'{"step": "\xff"}',
        b"\0" * 100,
    ],
)
def test_a_bad_line_tells_nothing_and_spoils_nothing(bad: bytes) -> None:
    before, after = b'{"step": "locked", "done": 3, "bytes": 9}\n', b'\n{"outcome": "finished"}\n'
    told = fold(TransferLog(), before + bad + after)
    assert (told.done, told.bytes, told.outcome, told.at) == (3, 9, "finished", None)


def test_an_endless_line_takes_no_endless_memory() -> None:
    state = TransferLog()
    for _ in range(64):
        state = fold(state, b"{" * 8192)
    assert len(state.rest) <= LONGEST + 1
    assert fold(state, b'\n{"outcome": "finished"}\n').outcome == "finished"
