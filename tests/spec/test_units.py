"""Sizes, durations, phases, windows and paths: what they mean, and that writing and reading are inverse."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter

from reconciler.spec import units
from reconciler.spec.units import show_duration, show_size
from reconciler.spec.week import DAY, WEEK, WeekHours, parse_window
from reconciler.state import Phase

MONDAY = 4 * DAY
"""The first Monday's midnight after the epoch, which was a Thursday."""


@given(st.integers(0, 10**18))
def test_a_written_size_reads_back_exactly(size: int) -> None:
    assert units.parse_size(units.write_size(size)) == size


@given(st.integers(0, 10**9), st.sampled_from([0.0, 0.5, 0.25, 0.125]))
def test_a_written_duration_reads_back_exactly(whole: int, part: float) -> None:
    assert units.parse_duration(units.write_duration(whole + part)) == whole + part


@given(st.integers(1, 5), st.integers(0, 99))
def test_a_written_phase_reads_back_exactly(major: int, minor: int) -> None:
    assert units.parse_milestone(str(Phase(major, minor))) == Phase(major, minor)


windows = st.builds(
    lambda first, last, opens, length: WeekHours(first, last, opens * 60, (opens + length) * 60),
    st.integers(0, 6),
    st.integers(0, 6),
    st.integers(0, 1439),
    st.integers(1, 1439),
)


@given(windows)
def test_a_written_window_reads_back_as_the_same_hours(window: WeekHours) -> None:
    again = parse_window(str(window))
    assert parse_window(str(again)) == again
    assert all(again.holds(at) == window.holds(at) for at in range(0, WEEK, 1800))


@given(windows, st.integers(0, 2 * 10**9))
def test_a_window_opens_when_it_says(window: WeekHours, local: int) -> None:
    wait = window.opens_in(local)
    assert 0 <= wait < WEEK
    assert (wait == 0) == window.holds(local)
    assert window.holds(local + wait)
    assert wait == 0 or not window.holds(local + wait - 1)


@pytest.mark.parametrize(
    ("text", "inside", "outside"),
    [
        ("22:00-06:00", [0, 5.9, 22, 24 + 23, 6 * 24 + 23], [6, 12, 21.9]),
        ("sat-sun", [5 * 24, 6 * 24 + 23.9], [0, 4 * 24 + 23.9]),
        ("mon-fri 22:00-06:00", [22, 29.9, 4 * 24 + 22, 5 * 24 + 5], [5, 12, 5 * 24 + 22]),
        ("fri-mon", [0, 23, 4 * 24, 6 * 24], [24, 3 * 24 + 23]),
        ("wed 09:00-17:30", [2 * 24 + 9, 2 * 24 + 17.4], [9, 2 * 24 + 17.5]),
        ("sun 23:00-01:00", [6 * 24 + 23, 0.5], [1, 24]),
        ("SAT", [5 * 24], [6 * 24]),
        ("10:00-24:00", [10, 23.9], [0, 9]),
    ],
)
def test_a_window_holds_by_local_weekday_and_time(
    text: str, inside: list[float], outside: list[float]
) -> None:
    window = parse_window(text)
    assert [hour for hour in inside if not window.holds(MONDAY + hour * 3600)] == []
    assert [hour for hour in outside if window.holds(MONDAY + hour * 3600)] == []


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("20GB", 20 * 10**9),
        ("20gb", 20 * 10**9),
        ("20 GiB", 20 * 2**30),
        ("1.5TB", 1_500_000_000_000),
        ("0.1KB", 100),
        ("7B", 7),
        ("1PiB", 2**50),
        ("0", 0),
        (0, 0),
    ],
)
def test_a_size_means_its_unit(text: object, size: int) -> None:
    assert units.parse_size(text) == size


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("90s", 90),
        ("30m", 1800),
        ("2h", 7200),
        ("365d", 31536000),
        ("1w", 604800),
        ("1h30m", 5400),
        ("1.5h", 5400),
    ],
)
def test_a_duration_means_its_units(text: str, seconds: int) -> None:
    assert units.parse_duration(text) == seconds


@pytest.mark.parametrize(
    ("size", "shown"),
    [
        (0, "0 B"),
        (999, "999 B"),
        (108_800_000_000, "108.8 GB"),
        (2_100_000_000_000, "2.1 TB"),
        (999_999_999, "1.0 GB"),
    ],
)
def test_sizes_are_shown_in_decimal_units(size: int, shown: str) -> None:
    assert show_size(size) == shown


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [
        (0, "0s"),
        (14, "14s"),
        (59.6, "1m"),
        (1860, "31m"),
        (7500, "2h 5m"),
        (86399, "1d"),
        (90000, "1d 1h"),
        (-60, "-1m"),
    ],
)
def test_durations_are_shown_by_their_two_largest_units(seconds: float, shown: str) -> None:
    assert show_duration(seconds) == shown


@given(st.floats(0, 1e9))
def test_a_shown_duration_is_never_far_off(seconds: float) -> None:
    shown = units.parse_duration(show_duration(seconds))
    assert abs(shown - seconds) <= max(0.5, 30 if seconds >= 59.5 else 0, 1800 if seconds >= DAY - 30 else 0)


@given(st.text("/abc.~ \n", max_size=30))
def test_a_path_is_absolute_and_normal_or_refused(text: str) -> None:
    try:
        path = units.parse_path(text)
    except ValueError:
        assert not text.startswith("/") or "\n" in text
        return
    assert path == "/" or re.fullmatch(r"(/(?!\.\.?(/|$))[^/]+)+", path)
    assert units.parse_path(path) == path


@pytest.mark.parametrize("kind", [units.Size, units.Duration])
def test_a_model_takes_the_inside_value_but_no_truth_for_a_number(kind: Any) -> None:
    adapter = TypeAdapter(kind)
    assert adapter.validate_python(1234) == 1234
    with pytest.raises(ValueError, match="true is no"):
        adapter.validate_python(True)
