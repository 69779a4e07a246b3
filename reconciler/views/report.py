"""What became of a farm over some days: the values of a report. `report_sums.py` makes them."""

from __future__ import annotations

from reconciler.noun import noun

DAY = 86400.0


@noun(kw_only=True)
class Moved:
    """A transfer that is over. began, ended: wall clock. error: of one that is not finished."""

    source: str
    farmer: str
    disk: str
    bytes: int
    began: float
    ended: float
    finished: bool
    error: str


@noun(kw_only=True)
class Day:
    """One local day. date: ``2026-11-22``.

    finished: plots of jobs that ended then, which may be several of one job; failed: jobs; archived: plots.
    """

    date: str
    finished: int = 0
    failed: int = 0
    archived: int = 0


@noun(kw_only=True)
class Cause:
    """Failures that say the same. what: jobs or transfers. last: wall clock of the newest."""

    what: str
    words: str
    count: int
    last: float


@noun(kw_only=True)
class Pace:
    """Finished plots of one plotter, size and tmp directory: medians in seconds; None: not told.

    total: with the copy.
    """

    plotter: str
    k: int
    tmp: str
    plots: int
    phases: tuple[float | None, ...]
    copy: float | None
    total: float | None


@noun(kw_only=True)
class Rate:
    """Finished transfers to one farmer, from start to verified end: bytes a second."""

    farmer: str
    plots: int
    failed: int
    bytes: int
    lowest: float
    middle: float
    highest: float


@noun(kw_only=True)
class Fill:
    """One place that plots go to. free, total: bytes now. daily: bytes a day that it fills by, at the rate of the
    days looked at. seconds: until it is full, at that rate; None: it does not fill.
    """

    place: str
    farm: bool
    free: int
    total: int
    daily: float
    seconds: float | None


@noun(kw_only=True)
class Event:
    """What the record tells of one kind of condition or trouble. last: wall clock."""

    kind: str
    count: int
    last: float


@noun(kw_only=True)
class Report:
    """All of it. begin, end: wall clock of the days looked at."""

    host: str
    begin: float
    end: float
    utc_offset: int
    days: tuple[Day, ...]
    causes: tuple[Cause, ...]
    paces: tuple[Pace, ...]
    rates: tuple[Rate, ...]
    fills: tuple[Fill, ...]
    events: tuple[Event, ...]

    @property
    def finished(self) -> int:
        """Plots that were finished."""
        return sum(day.finished for day in self.days)

    @property
    def failed(self) -> int:
        """Jobs that failed."""
        return sum(day.failed for day in self.days)

    @property
    def archived(self) -> int:
        """Plots that got to a farmer."""
        return sum(day.archived for day in self.days)
