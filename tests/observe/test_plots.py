"""Plots and temporary files are judged by jobs, logs, heads, sizes and times, and never by a name alone."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from reconciler.observation import Observation
from reconciler.state import Known, Plot, Temp
from tests.real.conftest import Make
from tests.real.farm import Farm
from tests.real.sight import until


def plots(seen: Observation, directory: Path) -> dict[str, Plot]:
    found = seen.directories[str(directory)].plots
    assert isinstance(found, Known)
    return {each.name: each for each in found.value}


def temps(seen: Observation, directory: Path) -> dict[str | None, Temp]:
    found = seen.directories[str(directory)].temps
    assert isinstance(found, Known)
    return {each.plot_id: each for each in found.value}


def judged(farm: Farm, plot: Path) -> Plot:
    return plots(farm.look(), plot.parent)[plot.name]


def put(farm: Farm, plot: Path, *, age: float = 3600.0, name: str = "") -> Path:
    """A copy of a plot in dst, last changed so many seconds ago."""
    copy = farm.dsts[0] / (name or plot.name)
    shutil.copy(plot, copy)
    dated(copy, age)
    return copy


def dated(path: Path, age: float) -> None:
    os.utime(path, (time.time() - age, time.time() - age))


def test_a_plot_is_landing_while_its_job_makes_it_and_ready_once_the_log_says_so(make: Make) -> None:
    farm = make("making", plotting={"k": 24, "stop_after": 1}, archive=None)
    farm.tick()
    until(lambda: any(isinstance(job.plot_id, Known) for job in farm.jobs()))
    job = farm.jobs()[0]
    assert isinstance(job.plot_id, Known)
    # As where the copy to dst is under way under the final name.
    early = farm.dsts[0] / f"plot-k24-2026-01-01-00-00-{job.plot_id.value}.plot"
    early.write_bytes(b"Proof of Plot")
    assert judged(farm, early).state == "landing"
    farm.close()
    farm = make("made", plotting={"stop_after": 1}, archive=None)
    farm.settle()
    ready = judged(farm, farm.landed()[0])
    assert (ready.state, ready.why) == ("ready", "its job delivered it")
    assert ready.plot_id == farm.starts()[0].plot_id


def test_a_plot_that_no_log_speaks_of_is_ready_once_it_was_left_alone_for_a_minute(
    make: Make, plot: Path
) -> None:
    farm = make()
    copy = put(farm, plot, age=30)
    assert judged(farm, copy).state == "landing"
    dated(copy, 59)
    assert judged(farm, copy).state == "landing"
    dated(copy, 61)
    assert judged(farm, copy).state == "ready"
    dated(copy, -3600)
    assert judged(farm, copy).state == "ready"


def halved(copy: Path) -> None:
    os.truncate(copy, copy.stat().st_size // 2)


def grown(copy: Path) -> None:
    os.truncate(copy, copy.stat().st_size * 2)


def beheaded(copy: Path) -> None:
    with copy.open("r+b") as file:
        file.write(bytes(200))


def emptied(copy: Path) -> None:
    os.truncate(copy, 0)


def of_another(copy: Path) -> None:
    with copy.open("r+b") as file:
        file.seek(19)
        file.write(bytes(32))


@pytest.mark.parametrize(
    ("spoil", "why"),
    [
        (halved, "a k18 plot has"),
        (grown, "a k18 plot has"),
        (beheaded, ""),
        (emptied, ""),
        (of_another, ""),
    ],
)
def test_what_is_certainly_no_whole_plot_is_partial_however_old(
    make: Make, plot: Path, spoil: Callable[[Path], None], why: str
) -> None:
    farm = make()
    copy = put(farm, plot)
    assert judged(farm, copy).state == "ready"
    spoil(copy)
    dated(copy, 3600)
    found = judged(farm, copy)
    assert found.state == "partial"
    assert why in found.why


def test_a_partial_plot_that_nobody_writes_any_more_is_told_and_one_that_may_still_grow_is_not(
    make: Make, plot: Path
) -> None:
    farm = make()
    half = put(farm, plot, age=1800.0)
    os.truncate(half, half.stat().st_size // 2)
    for age, told in ((1800.0, []), (7200.0, [("PlotPartial", str(half))])):
        dated(half, age)
        assert [(each.type, each.subject) for each in farm.look().conditions] == told
    (condition,) = farm.look().conditions
    assert "a k18 plot has" in condition.message and "it has not changed for 2h" in condition.message


def test_a_plot_under_the_name_of_another_is_partial(make: Make, plot: Path) -> None:
    farm = make()
    copy = put(farm, plot, name=f"plot-k18-2026-01-01-00-00-{'0f' * 32}.plot")
    assert judged(farm, copy).state == "partial"
    copy = put(farm, plot, name=plot.name.replace("k18", "k19"))
    assert judged(farm, copy).state == "partial"


def test_folders_links_and_other_names_are_no_plots(make: Make, plot: Path) -> None:
    farm = make()
    name = plot.name
    (farm.dsts[0] / name.replace("-k18-", "-k19-")).mkdir()
    (farm.dsts[0] / name).symlink_to(plot)
    for other in ("plot.plot", f"{name}.tmp", f"{name}.2.tmp", f".{name}.AbC123", f"{name}.bak", "notes"):
        shutil.copy(plot, farm.dsts[0] / other)
    assert plots(farm.look(), farm.dsts[0]) == {}


def test_temporary_files_are_grouped_by_plot_and_those_of_a_living_job_are_its_own(make: Make) -> None:
    farm = make(tmps=1, plotting={"k": 24, "stop_after": 1}, archive=None, clean={"orphans_after": "1h"})
    farm.tick()
    until(lambda: any(isinstance(job.plot_id, Known) for job in farm.jobs()) and list(farm.tmps[0].iterdir()))
    job = farm.jobs()[0]
    assert isinstance(job.plot_id, Known)
    old = f"plot-k18-2026-01-01-00-00-{'ab' * 32}.plot"
    (farm.tmps[0] / f"{old}.sort.tmp").write_bytes(bytes(10))
    (farm.tmps[0] / f"{old}.table1.tmp").write_bytes(bytes(20))
    dated(farm.tmps[0] / f"{old}.table1.tmp", 100)
    (farm.tmps[0] / "unrelated").write_bytes(b"")
    every = temps(farm.look(temps=True), farm.tmps[0])
    assert set(every) == {job.plot_id.value, "ab" * 32}
    assert every["ab" * 32].files == (f"{old}.sort.tmp", f"{old}.table1.tmp")
    assert every["ab" * 32].bytes == 30
    assert time.time() - every["ab" * 32].newest < 60
    orphans = temps(farm.look(), farm.tmps[0])
    assert set(orphans) == {"ab" * 32}
