"""What can be told: the kinds of events, and a message."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, TypeAlias

from reconciler.noun import noun
from reconciler.spec import notify
from reconciler.spec.notify import Level


@noun
class Kind:
    """A kind of event.

    work: what a loop must do to tell of it, so that `plot` beside `archive` do not both; None: every loop does.
    after: seconds that it must stand to be worth a message.
    """

    level: Level
    about: str
    work: Literal["plotting", "archiving"] | None = None
    after: float = 0.0


KINDS: Mapping[notify.Event, Kind] = {
    "job-failed": Kind("warning", "a job ended without a plot", "plotting"),
    "job-stuck": Kind("warning", "a job does not get on", "plotting"),
    "job-unclear": Kind(
        "warning", "a job is not understood, and has held up others for an hour", "plotting", 3600.0
    ),
    "plot-finished": Kind("info", "a job has finished its plot", "plotting"),
    "plot-archived": Kind("info", "a plot got to a farmer", "archiving"),
    "transfer-failed": Kind("info", "an attempt to move a plot failed; there will be others", "archiving"),
    "action-failed": Kind("warning", "this machine refuses what is planned", after=60.0),
    "directory-away": Kind("critical", "a directory of the spec cannot be used", after=60.0),
    "dst-nearly-full": Kind("warning", "a dst directory has little room left", "plotting"),
    "farmer-away": Kind("warning", "a farmer does not answer", "archiving", 300.0),
    "disk-away": Kind("warning", "a farmer's disk cannot be used", "archiving", after=300.0),
    "disk-quarantined": Kind("warning", "a farmer's disk is left alone after many failures", "archiving"),
    "farm-full": Kind("warning", "plots wait, and no farmer has room for them", "archiving", after=600.0),
    "blind": Kind("critical", "processes, logs or wishes cannot be read, so nothing is done", after=300.0),
    "spec-invalid": Kind("critical", "the spec is not usable; the last good one goes on"),
    "source-away": Kind(
        "warning", "the spec's repository does not answer; the last good spec goes on", after=300.0
    ),
    "tick-slow": Kind("warning", "looking and acting takes far longer than it should"),
    "loop-stale": Kind("critical", "the loop does not come to the end of a tick"),
    "loop-trouble": Kind("warning", "something else about the loop itself"),
}

Key: TypeAlias = tuple[notify.Event, str]
"""A kind of event, and what it is about."""


@noun
class Message:
    """One thing to tell. at: wall clock. over: it stood, and does no more."""

    at: float
    event: notify.Event
    subject: str
    text: str
    over: bool = False

    @property
    def level(self) -> Level:
        """How much it matters; the end of a thing matters as much as the thing."""
        return KINDS[self.event].level
