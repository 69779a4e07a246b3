"""Jobs whose temporary files do not tell whose they are have a folder each, and lose nothing else's files."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress

import pytest

from reconciler import tidy
from reconciler.errors import AlreadyStarted
from reconciler.facts import Facts
from reconciler.observe import Observer
from reconciler.simulate import Crash, Fuse, SimulatedWorld
from reconciler.simulate.processes import Process
from reconciler.state import Absent, Known
from reconciler.views import status
from tests.loop.farm import GB, LOGS, TMPS, Farm, Given, actions, plotters, spec_text, wish

TMP, TMP2 = TMPS[0], "/mnt/fast"
HOUR = 3600.0
ID = "c3" * 32
TEMP = "t1_0.tmp"
"""A name of bladebit's that tells no plot id."""


def make(*, tmp2: bool = True) -> Farm:
    """A farm of bladebit's, whose jobs share one tmp and one tmp2."""
    second = {"tmp2": [TMP2]} if tmp2 else {}
    farm = Farm(
        tmp_bytes=4000 * GB,
        directories={"tmp": [TMP], **second},
        plotting={"plotter": "bladebit-disk", "stop_after": 2},
        scheduling={"max_jobs": 2, "stagger": 0, "tmp": {"max_jobs": 2, "stagger": "auto"}},
    )
    if tmp2:
        farm.computer.disks.mount(TMP2, 4000 * GB)
    farm.computer.disks.make_folder(LOGS)
    return farm


def drain(farm: Farm, *, clean: str | None = "6h") -> None:
    """From now on nothing is started, and what no job owns is cleaned."""
    farm.source = Given(
        spec_text(
            directories={"tmp": [TMP], "tmp2": [TMP2]},
            plotting={"plotter": "bladebit-disk", "state": "drained"},
            clean={"orphans_after": clean} if clean is not None else None,
        )
    )


def folder(process: Process, root: str = TMP) -> str:
    """The own folder of a job."""
    return f"{root}/{process.job}"


def names(farm: Farm, path: str) -> list[str]:
    return [name for name, _ in farm.computer.disks.listing(path)]


def put(farm: Farm, process: Process) -> None:
    """Let a job write a temporary file of the plotter's, in each of its folders."""
    for root in (TMP, TMP2):
        farm.computer.disks.create(f"{folder(process, root)}/{TEMP}", size=3 * GB)


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let logs be shelved as soon as they may."""
    monkeypatch.setattr(tidy, "FEW", 0)
    monkeypatch.setattr(tidy, "RECENT", 0.0)


def farm_with_two() -> tuple[Farm, Process, Process]:
    """A farm with two jobs of one tmp at work, each with files."""
    farm = make()
    farm.run(farm.loop(), done=lambda: len(farm.computer.jobs) == 2)
    for process, _ in farm.computer.jobs:
        put(farm, process)
    farm.advance(60.0)
    (one, _), (other, _) = farm.computer.jobs
    return farm, one, other


@pytest.fixture
def two() -> Iterator[tuple[Farm, Process, Process]]:
    """The same, on which no limit may be exceeded."""
    farm, one, other = farm_with_two()
    yield farm, one, other
    assert not farm.broken


def test_a_jobs_argv_carries_folders_of_its_own_and_it_counts_on_the_specs_directories(
    two: tuple[Farm, Process, Process],
) -> None:
    farm, *processes = two
    for process in processes:
        assert folder(process) in process.argv and folder(process, TMP2) in process.argv
        assert TMP not in process.argv and TMP2 not in process.argv
    jobs = farm.loop().tick().facts.jobs
    assert [(job.tmp, job.tmp2) for job in jobs] == [(Known(TMP), Known(TMP2))] * 2
    assert {job.id for job in jobs} == {process.job for process in processes}


def test_a_spec_without_tmp2_gives_one_folder() -> None:
    farm = make(tmp2=False)
    farm.loop().tick()
    (process, job), *_ = farm.computer.jobs
    assert (job.tmp, job.tmp2) == (folder(process), None)


def test_status_and_files_count_what_lies_in_a_jobs_folders_and_nothing_else(
    two: tuple[Farm, Process, Process],
) -> None:
    farm, one, other = two
    disks = farm.computer.disks
    disks.create(f"{TMP}/{TEMP}", size=7 * GB)
    observer = Observer(SimulatedWorld(farm.machine), plotters())
    facts = Facts(farm.spec, observer.look(farm.spec, temps=True), plotters())
    rows = {row.job_id: row for row in status.rows(facts, {})}
    for process in (one, other):
        files = [
            file.size
            for root in (TMP, TMP2)
            for _, file in disks.listing(folder(process, root))
            if file is not None
        ]
        assert len(files) >= 2
        assert process.job is not None and rows[process.job].tmp_bytes == sum(files)


def test_a_killed_job_takes_its_files_and_folders_along_and_its_neighbour_keeps_all(
    two: tuple[Farm, Process, Process],
) -> None:
    farm, one, other = two
    theirs = [(root, names(farm, folder(other, root))) for root in (TMP, TMP2)]
    assert all(TEMP in found for _, found in theirs)
    job = next(job for job in farm.loop().tick().facts.jobs if job.id == one.job)
    wish(farm, "kill", job)
    assert actions(farm.loop().tick()) == ["kill"]
    living = [process for process, _ in farm.computer.jobs]
    assert one not in living and other in living
    for root in (TMP, TMP2):
        assert one.job not in names(farm, root)
    assert [(root, names(farm, folder(other, root))) for root, _ in theirs] == theirs


def cut_short(fuse: Fuse) -> tuple[Farm, Process, Process]:
    """A farm where one job of two was to be killed by a loop that may have ended at some step."""
    farm, one, other = farm_with_two()
    drain(farm, clean=None)
    job = next(job for job in farm.loop().tick().facts.jobs if job.id == one.job)
    wish(farm, "kill", job)
    with suppress(Crash):
        farm.loop(step=fuse).tick()
    return farm, one, other


def test_a_kill_that_is_cut_short_anywhere_is_followed_by_the_end_of_these_files_alone() -> None:
    clean = Fuse()
    cut_short(clean)
    assert clean.steps.count("kill: file removed") == 2
    for number in range(len(clean.steps)):
        farm, one, other = cut_short(Fuse(number))
        for _ in range(2):
            farm.loop().tick()
        assert not names(farm, folder(one)) + names(farm, folder(one, TMP2)), clean.steps[number]
        assert TEMP in names(farm, folder(other)) and TEMP in names(farm, folder(other, TMP2))
        assert other in farm.computer.processes.living


def test_what_a_dead_job_leaves_is_cleaned_after_the_specs_time_and_never_while_its_job_lives(
    two: tuple[Farm, Process, Process],
) -> None:
    farm, one, other = two
    drain(farm)
    farm.computer.processes.stop(other)
    farm.computer.processes.kill(one)
    before = names(farm, folder(other))
    farm.advance(5.9 * HOUR)
    assert actions(farm.loop().tick()) == []
    assert TEMP in names(farm, folder(one))
    farm.advance(0.2 * HOUR)
    assert actions(farm.loop().tick()) == ["clean", "clean"]
    for root in (TMP, TMP2):
        assert one.job not in names(farm, root)
    farm.advance(48 * HOUR)
    assert actions(farm.loop().tick()) == []
    assert names(farm, folder(other)) == before


def test_a_finished_plot_in_such_a_folder_outlives_kill_and_clean(two: tuple[Farm, Process, Process]) -> None:
    farm, one, other = two
    disks = farm.computer.disks
    plot = f"plot-k32-2026-01-01-00-00-{ID}.plot"
    for process in (one, other):
        disks.create(f"{folder(process)}/{plot}", size=100 * GB)
    job = next(job for job in farm.loop().tick().facts.jobs if job.id == one.job)
    wish(farm, "kill", job)
    farm.loop().tick()
    drain(farm)
    farm.computer.processes.kill(other)
    farm.advance(7 * HOUR)
    farm.loop().tick()
    assert names(farm, folder(one)) == names(farm, folder(other)) == [plot]


def test_a_persons_folder_whose_name_looks_like_a_jobs_keeps_what_is_no_temporary_file() -> None:
    farm = make()
    drain(farm)
    disks = farm.computer.disks
    disks.make_folder(f"{TMP}/202601011200")
    disks.create(f"{TMP}/202601011200/holiday.tar", size=GB)
    farm.advance(1000 * HOUR)
    farm.loop().tick()
    assert names(farm, f"{TMP}/202601011200") == ["holiday.tar"]


@pytest.mark.usefixtures("hasty")
def test_an_empty_folder_goes_when_its_log_is_shelved() -> None:
    farm = make()
    farm.run(farm.loop())
    assert len(farm.begun) == 2
    shelved = [name for name in names(farm, f"{LOGS}/2027-01") if ".plot." in name]
    folders = names(farm, TMP) + names(farm, TMP2)
    assert len(shelved) == 2
    assert folders == []
    assert farm.leftovers() == []


@pytest.mark.parametrize("trouble", ["no exec", "no second folder"])
def test_a_start_that_is_refused_leaves_no_folder(trouble: str) -> None:
    farm = make()

    def step(name: str) -> None:
        if name == "spawn: folder made" and trouble == "no second folder":
            farm.computer.disks.device(TMP2).writable = False

    if trouble == "no exec":
        farm.computer.faults.no_exec = "no such file or directory"
    ticked = farm.loop(step=step).tick()
    assert {outcome.result for outcome in ticked.outcomes} == {"failed"}
    assert names(farm, TMP) == names(farm, TMP2) == []


def test_a_start_that_was_made_before_leaves_the_folders_of_the_job_that_uses_them() -> None:
    farm = make()
    ticked = farm.loop().tick()
    (spawn,) = ticked.plan.actions
    with pytest.raises(AlreadyStarted):
        spawn.perform(SimulatedWorld(farm.machine), ticked.facts)
    ((process, _),) = farm.computer.jobs
    assert names(farm, TMP) == names(farm, TMP2) == [process.job]


def test_a_tick_that_looks_for_orphans_leaves_the_folders_of_living_jobs_alone(
    two: tuple[Farm, Process, Process],
) -> None:
    farm, one, _ = two
    drain(farm)
    farm.computer.processes.kill(one)
    directories = farm.loop().tick().facts.seen.directories
    for root in (TMP, TMP2):
        temps = directories[root].temps
        assert isinstance(temps, Known)
        assert [temp.job for temp in temps.value] == [one.job]


def test_a_loop_that_ends_anywhere_in_a_start_is_followed_by_exactly_the_plots_that_were_asked_for() -> None:
    clean = Fuse()
    make().loop(step=clean).tick()
    assert clean.steps.count("spawn: folder made") == 2
    for number in range(len(clean.steps)):
        farm = make()
        assert farm.run_to_the_end(step=Fuse(number)) == 2
        assert (len(farm.begun), len(farm.stored()), farm.broken) == (2, 2, []), clean.steps[number]


def test_a_folder_on_a_disk_that_is_away_waits(two: tuple[Farm, Process, Process]) -> None:
    farm, one, other = two
    drain(farm)
    farm.computer.processes.stop(other)
    farm.computer.processes.kill(one)
    device = farm.computer.disks.device(TMP)
    device.mounted = False
    farm.advance(7 * HOUR)
    assert isinstance(farm.loop().tick().facts.seen.directories[TMP].space, Absent)
    device.mounted = True
    assert TEMP in names(farm, folder(one))
    assert actions(farm.loop().tick()) == ["clean"]
