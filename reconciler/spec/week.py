"""Times of the week, such as ``mon-fri 22:00-06:00``: read, written, and asked whether they are now."""

from __future__ import annotations

import re
from collections.abc import Iterator

from reconciler.noun import noun
from reconciler.spec.quoting import show

DAY = 86400
WEEK = 7 * DAY
_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
# In any case; a schema's patterns have no other way to say so.
_DAY = f"({'|'.join(''.join(f'[{letter.upper()}{letter}]' for letter in day) for day in _DAYS)})"
_TIME = "((?:[01][0-9]|2[0-3]):[0-5][0-9]|24:00)"
WINDOW_PATTERN = rf"^(?:{_DAY}(?:-{_DAY})?(?: {_TIME}-{_TIME})?|{_TIME}-{_TIME})$"


@noun
class WeekHours:
    """A time of the week, by local time.

    first, last: the days on which it opens, 0 for Monday to 6 for Sunday; last may lie before first.
    opens, closes: seconds since that day's midnight; closes is past 86400 where it lies on the next day.
    """

    first: int
    last: int
    opens: int
    closes: int

    def holds(self, local: float) -> bool:
        """Whether a moment lies within. local: seconds since the epoch, plus those local time is ahead of UTC."""
        second = _second_of_week(local)
        return any((second - start) % WEEK < end - start for start, end in self._spans())

    def opens_in(self, local: float) -> float:
        """Seconds from that moment until it opens; 0 while it is open. local: as for `holds`."""
        if self.holds(local):
            return 0.0
        return min((start - _second_of_week(local)) % WEEK for start, _ in self._spans())

    def _spans(self) -> Iterator[tuple[int, int]]:
        for day in range((self.last - self.first) % 7 + 1):
            midnight = (self.first + day) % 7 * DAY
            yield midnight + self.opens, midnight + self.closes

    def __str__(self) -> str:
        whole_day = (self.opens, self.closes) == (0, DAY)
        every_day = (self.first, self.last) == (0, 6)
        days = _DAYS[self.first] if self.first == self.last else f"{_DAYS[self.first]}-{_DAYS[self.last]}"
        closes = self.closes - DAY if self.closes > DAY else self.closes
        times = f"{_clock(self.opens)}-{_clock(closes)}"
        if whole_day:
            return days
        return times if every_day else f"{days} {times}"


def parse_window(value: object) -> WeekHours:
    """The window of "22:00-06:00", "sat-sun" or "mon-fri 22:00-06:00".

    Without days: every day; without times: whole days; a closing time at or before the opening one is on the
    next day. ValueError: anything else.
    """
    match = re.fullmatch(WINDOW_PATTERN, value.casefold(), re.ASCII) if isinstance(value, str) else None
    if match is None:
        right = "22:00-06:00, sat-sun or mon-fri 22:00-06:00"
        raise ValueError(f"{show(value)} is no window; write days, times or both, such as {right}")
    first_day, last_day, opens, closes, *every_day = match.groups()
    if first_day is None:
        opens, closes = every_day
    first = _DAYS.index(first_day) if first_day else 0
    last = _DAYS.index(last_day or first_day) if first_day else 6
    if (last - first) % 7 == 6:
        first, last = 0, 6
    start, end = (_seconds(opens), _seconds(closes)) if opens else (0, DAY)
    if start == end:
        raise ValueError(f"{show(value)} opens when it closes; for the whole day leave the times out")
    if start == DAY:
        raise ValueError(f"{show(value)} opens at 24:00; write 00:00 of the next day")
    if end == 0:
        end = DAY
    return WeekHours(first, last, start, end if end > start else end + DAY)


def _second_of_week(local: float) -> float:
    """Seconds since Monday's midnight."""
    # The epoch was a Thursday.
    return (local + 3 * DAY) % WEEK


def _seconds(clock: str) -> int:
    hours, minutes = clock.split(":")
    return int(hours) * 3600 + int(minutes) * 60


def _clock(seconds: int) -> str:
    return f"{seconds // 3600:02}:{seconds % 3600 // 60:02}"
