"""A job hangs only when it has been silent for long and was seen to do nothing meanwhile."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.observe.stalls import IDLE, LEAST, WATCHED, WITHOUT_HISTORY, Stalls
from reconciler.plotters import Plotters
from reconciler.simulate import Computer, SimulatedMachine
from reconciler.state import Absent, Fact, Ident, Instant, Job, Known, Start
from reconciler.world import Usage

PLOTTERS = Plotters.load()
BOOT = "boot"
SINCE = Instant(0.0, 0.0, BOOT)
IDENT = Ident(BOOT, 1000, 1)
CHILD = Ident(BOOT, 1001, 2)
JOB = Job(
    id="0123456789ab",
    plotter="chia",
    run="running",
    since=SINCE,
    ident=IDENT,
    tmp=Known("/tmp0"),
)


class Measured(SimulatedMachine):
    """A machine on which a job of two processes has used what it is told."""

    def __init__(self) -> None:
        super().__init__(Computer(PLOTTERS))
        self.used = {IDENT: Usage(0, 0.0, 0.0, 0.0), CHILD: Usage(0, 0.0, 0.0, 0.0)}

    def members(self, ident: Ident, session: bool) -> Fact[tuple[Ident, ...]]:
        return Known(tuple(self.used)) if self.used else Absent("is gone")

    def usage(self, idents: Sequence[Ident]) -> Mapping[Ident, Usage]:
        return {ident: self.used[ident] for ident in idents}

    def use(self, *, user: float = 0.0, system: float = 0.0, io: float = 0.0, ident: Ident = IDENT) -> None:
        before = self.used[ident]
        self.used[ident] = Usage(0, before.user + user, before.system + system, before.io + io)


class Watch:
    """One job that is looked at again and again. quiet: seconds for which it has said nothing."""

    def __init__(self, starts: Sequence[Start] = (), quiet: float = WITHOUT_HISTORY + 1.0) -> None:
        self.machine = Measured()
        self.starts = starts
        self.quiet = quiet
        self.up = 0.0
        self._stalls = Stalls(self.machine)

    def after(self, seconds: float, *, quiet: float | None = None, **changes: object) -> Job:
        """So much later it is looked at, as it is then."""
        self.up += seconds
        spoke = self.up - (self.quiet if quiet is None else quiet)
        job = replace(JOB, **{"modified": spoke, **changes})  # type: ignore[arg-type]
        (seen,) = self._stalls.look((job,), self.starts, Instant(self.up, self.up, BOOT))
        return seen


def finished(*milestones: float, plotter: str = "chia", outcome: str = "finished") -> Start:
    return Start(
        id="ba9876543210",
        since=SINCE,
        plotter=plotter,
        k=32,
        tmp="/tmp0",
        dst="/dst",
        outcome=outcome,  # type: ignore[arg-type]
        milestones=milestones,
        log="/logs/x",
    )


def test_a_job_that_was_silent_and_idle_all_the_while_is_stalled_and_says_why() -> None:
    watch = Watch()
    assert watch.after(0.0).stalled is None
    assert watch.after(WATCHED - 1).stalled is None
    seen = watch.after(1.0)
    assert seen.health == "stalled"
    assert seen.stalled == "no output for 6h, and neither CPU nor I/O used for 10m"


@pytest.mark.parametrize("what", ["user", "system", "io"])
@pytest.mark.parametrize("ident", [IDENT, CHILD])
def test_a_job_that_works_in_any_process_in_any_way_is_not_stalled(what: str, ident: Ident) -> None:
    watch = Watch()
    for _ in range(20):
        assert watch.after(WATCHED / 2).stalled is None
        watch.machine.use(**{what: IDLE}, ident=ident)


@pytest.mark.parametrize(
    "changes", [{"quiet": WITHOUT_HISTORY - 1}, {"modified": None}, {"run": "suspended"}, {"run": "pending"}]
)
def test_a_job_that_speaks_or_does_not_run_is_not_stalled(changes: Mapping[str, Any]) -> None:
    watch = Watch()
    watch.after(0.0)
    assert watch.after(2 * WATCHED, **changes).stalled is None


def test_a_stalled_job_that_works_or_speaks_again_is_stalled_no_more() -> None:
    watch = Watch()
    watch.after(0.0)
    assert watch.after(WATCHED).stalled
    watch.machine.use(user=IDLE)
    assert watch.after(1.0).stalled is None
    assert watch.after(WATCHED).stalled
    assert watch.after(1.0, quiet=0.0).stalled is None
    assert watch.after(1.0).stalled is None


def test_a_job_that_was_suspended_is_watched_anew_once_it_is_resumed() -> None:
    watch = Watch()
    watch.after(0.0)
    watch.after(WATCHED, run="suspended")
    assert watch.after(WATCHED).stalled is None
    assert watch.after(WATCHED).stalled


@pytest.mark.parametrize(
    ("starts", "patience"),
    [
        ((), WITHOUT_HISTORY),
        ((finished(100.0, 200.0),), LEAST),
        ((finished(2000.0, 5000.0, 6000.0),), 9000.0),
        ((finished(2000.0), finished(4000.0)), 12000.0),
        ((finished(9000.0, plotter="madmax"),), WITHOUT_HISTORY),
        ((finished(9000.0, outcome="failed"),), WITHOUT_HISTORY),
    ],
)
def test_patience_is_three_times_the_longest_phase_that_this_plotter_needed_here(
    starts: Sequence[Start], patience: float
) -> None:
    for quiet, stalled in ((patience - 1, False), (patience + 1, True)):
        watch = Watch(starts, quiet)
        watch.after(0.0)
        assert bool(watch.after(WATCHED).stalled) == stalled


STEPS = st.lists(
    st.tuples(st.integers(1, 900), st.sampled_from([0.0, 0.0, 0.3, 0.9, 1.0, 5.0])), min_size=1, max_size=40
)


@given(STEPS)
def test_what_is_called_stalled_did_nothing_for_long_and_what_did_nothing_for_long_is_called_so(
    steps: Sequence[tuple[int, float]],
) -> None:
    watch = Watch()
    watch.after(0.0)
    looks = [(0.0, 0.0)]
    for seconds, used in steps:
        watch.machine.use(user=used)
        stalled = watch.after(float(seconds)).stalled is not None
        looks.append((watch.up, looks[-1][1] + used))
        past = [worked for up, worked in looks if up <= watch.up - WATCHED]
        least = looks[-1][1] - past[-1] if past else IDLE
        assert not stalled or least < IDLE
        assert stalled or least > 0.0
