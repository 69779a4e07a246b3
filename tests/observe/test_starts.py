"""Starts: what was begun counts from the journal's first line on, once, however long its exec takes."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

import pytest

from reconciler import documents
from reconciler.plotters.log import NO_ERROR
from reconciler.state import Known, Unknown
from tests.real.conftest import Make
from tests.real.sight import until


def test_a_job_whose_exec_takes_long_is_one_pending_job_and_then_the_same_one_running(make: Make) -> None:
    farm = make()
    gate = farm.root / "gate"
    script = farm.script(f'until [ -e {gate} ]; do sleep 0.05; done\nexec {sys.executable} "$@"')
    farm.write(plotting={"executable": str(script), "stop_after": 1}, archive=None)
    farm.tick()
    observer = farm.observer()
    runs, ids, ends = [], set(), False
    while not ends:
        seen = observer.look(farm.spec)
        assert isinstance(seen.jobs, Known) and isinstance(seen.starts, Known)
        assert len(seen.starts.value) == 1
        assert len(seen.jobs.value) <= 1
        ends = not seen.jobs.value
        gate.touch()
        for job in seen.jobs.value:
            ids.add(job.id)
            runs += [job.run] if job.run not in runs else []
            assert (job.tmp, job.k) == (Known(str(farm.tmps[0])), Known(18))
            assert job.run != "pending" or (isinstance(job.phase, Unknown) and job.ident is None)
    # A busy machine may miss the time that it runs.
    assert runs in (["pending"], ["pending", "running"])
    assert len(ids) == 1
    assert [(start.outcome, start.id) for start in farm.starts()] == [("finished", next(iter(ids)))]
    assert farm.look().conditions == ()


def test_a_start_tells_its_plot_its_time_and_how_long_each_phase_took(make: Make) -> None:
    farm = make(plotting={"stop_after": 1}, archive=None)
    farm.settle()
    start = farm.starts()[0]
    assert (start.plotter, start.k, start.outcome) == ("chiapos", 18, "finished")
    assert start.plot == farm.landed()[0].name
    assert start.plot_id is not None and start.plot_id in start.plot
    assert start.seconds is not None and len(start.milestones) == 4
    assert 0 < start.milestones[0] < start.milestones[-1] <= start.seconds + 0.1
    assert Path(start.log).read_text().startswith('{"plotman":1')


def test_a_job_that_is_killed_by_other_hands_has_failed_for_no_error_of_its_log(make: Make) -> None:
    farm = make(plotting={"k": 24, "stop_after": 1}, archive=None)
    farm.tick()
    until(lambda: [job.run for job in farm.jobs()] == ["running"])
    assert [start.outcome for start in farm.starts()] == ["running"]
    os.kill(farm.running()[0].pid, signal.SIGKILL)
    until(lambda: not farm.jobs())
    assert [(start.outcome, start.error) for start in farm.starts()] == [("failed", NO_ERROR)]


def test_a_running_job_whose_log_vanishes_is_still_one_job_of_ours(make: Make) -> None:
    farm = make(plotting={"k": 24, "stop_after": 1}, archive=None)
    farm.tick()
    until(lambda: any(isinstance(job.plot_id, Known) for job in farm.jobs()))
    job = farm.jobs()[0]
    Path(farm.running()[0].log).unlink()
    again = farm.jobs()
    assert [each.id for each in again] == [job.id]
    assert again[0].ident == job.ident
    assert again[0].tmp == job.tmp
    assert isinstance(again[0].phase, Unknown)


@pytest.mark.parametrize(
    ("name", "at"),
    [
        ("20261399T256161.0123456789ab.plot.log", None),
        ("00000101T000000.0123456789ab.kill.log", None),
        ("20260101T000000.0123456789ab.move.log", "NaN"),
        ("20260101T000000.0123456789ab.plot.log", "1e400"),
        ("20260101T000000.0123456789ab.plot.log", "-1e300"),
        ("20260101T000000.0123456789ab.move.log", f"{10**400}"),
    ],
    ids=["name", "year 0", "NaN", "infinite", "below", "huge"],
)
def test_a_log_of_no_time_that_ever_was_costs_nothing_but_itself(
    make: Make, name: str, at: str | None
) -> None:
    farm = make()
    farm.logs.mkdir(exist_ok=True)
    told = f'"kind":"{name.split(".")[2]}","id":"0123456789ab","host":"h","at":{at},"up":1,"boot":"b"'
    (farm.logs / name).write_text(f'{{"plotman":1,{told}}}\n' if at is not None else "")
    seen = farm.look()
    assert isinstance(seen.starts, Known) and isinstance(seen.transfers, Known)
    assert documents.observation_from_json(documents.to_json(seen), "observation.json") == seen
