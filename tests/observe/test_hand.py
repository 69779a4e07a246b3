"""Jobs that people and other tools started are seen, counted once, and understood as far as can be."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from reconciler.machine import LocalMachine
from reconciler.machine.files import Filesystem, doubt
from reconciler.machine.listings import Listings
from reconciler.observation import Observation
from reconciler.state import Absent, Fact, Job, Known, Phase, Unknown
from reconciler.world import Chunk, Process
from tests.real.conftest import Make
from tests.real.farm import Farm
from tests.real.hand import TWINS, Idle, children, shown_as
from tests.real.sight import until

from .conftest import Mount


def about(seen: Observation, subject: object) -> dict[str, str]:
    """The conditions of one subject: messages by type."""
    return {each.type: each.message for each in seen.conditions if each.subject == str(subject)}


def only(farm: Farm) -> Job:
    """The one job that is seen."""
    found = farm.jobs()
    assert len(found) == 1, found
    return found[0]


def test_a_real_job_tells_its_directories_plot_and_phase_by_argv_and_log(make: Make) -> None:
    farm = make()
    log = farm.root / "nohup.out"
    process = farm.by_hand(k=24, log=log)
    until(lambda: isinstance(only(farm).plot_id, Known))
    job = only(farm)
    assert job.ident is not None and job.ident.pid == process.pid
    assert (job.plotter, job.run, job.ours, job.leads) == ("chiapos", "running", False, True)
    assert (job.tmp, job.dst, job.k) == (Known(str(farm.tmps[0])), Known(str(farm.dsts[0])), Known(24))
    assert job.log == Known(str(log))
    assert isinstance(job.plot_id, Known) and job.plot_id.value in log.read_text()
    assert isinstance(job.phase, Known) and job.phase.value.major == 1
    assert not farm.look().conditions


def test_relative_paths_are_those_of_the_jobs_own_folder(make: Make) -> None:
    farm = make()
    Idle(farm, ["-t", "tmp/0", "-d", "./dst/../dst/1"])
    assert (only(farm).tmp, only(farm).dst) == (Known(str(farm.tmps[0])), Known(str(farm.dsts[1])))


def test_paths_by_links_and_below_a_directory_are_that_directory(make: Make) -> None:
    farm = make()
    (farm.root / "link").symlink_to(farm.tmps[0])
    (farm.dsts[0] / "sub").mkdir()
    Idle(farm, ["-t", str(farm.root / "link"), "-d", str(farm.dsts[0] / "sub")])
    assert (only(farm).tmp, only(farm).dst) == (Known(str(farm.tmps[0])), Known(str(farm.dsts[0])))


def test_a_directory_that_the_spec_does_not_have_is_seen_too(make: Make) -> None:
    farm = make()
    other = farm.root / "other"
    other.mkdir()
    Idle(farm, ["-t", str(other), "-d", str(farm.dsts[0])])
    seen = farm.look()
    assert only(farm).tmp == Known(str(other))
    assert isinstance(seen.directories[str(other)].space, Known)


def test_parent_and_child_with_one_argv_are_one_job(make: Make) -> None:
    farm = make()
    parent = Idle(farm, body=TWINS)
    until(lambda: children(parent.pid))
    table = LocalMachine().processes(lambda argv: "create" in argv)
    assert isinstance(table, Known) and len(table.value) == 2
    job = only(farm)
    assert job.ident is not None and job.ident.pid == parent.pid


def test_a_job_of_several_processes_is_suspended_only_when_all_of_them_are(make: Make) -> None:
    farm = make()
    parent = Idle(farm, body=TWINS)
    until(lambda: children(parent.pid))
    parent.stop(parent.pid)
    assert only(farm).run == "running"
    parent.stop(children(parent.pid)[0])
    assert only(farm).run == "suspended"
    assert only(farm).suspended_by is None


def test_two_jobs_of_one_shell_are_two(make: Make) -> None:
    farm = make()
    Idle(farm)
    Idle(farm)
    assert len(farm.jobs()) == 2


@pytest.mark.parametrize(
    "argv",
    [
        ("vim", "chia", "plots", "create"),
        ("chia", "plots", "check"),
        ("chia", "plot", "create"),
        ("python3", "notes", "chia", "plots", "create"),
        ("chiapos", "check", "-f", "create"),
    ],
)
def test_processes_that_only_speak_of_plotting_are_no_jobs(make: Make, argv: tuple[str, ...]) -> None:
    farm = make()
    shown_as(farm, argv)
    assert farm.jobs() == ()


def test_a_zombie_is_no_job(make: Make) -> None:
    farm = make()
    idle = Idle(farm)
    idle.process.kill()
    os.waitid(os.P_PID, idle.pid, os.WEXITED | os.WNOWAIT)
    assert farm.jobs() == ()


def untouched(log: Path) -> None:
    assert log.exists()


def cut(log: Path) -> None:
    os.truncate(log, 0)


def garbled(log: Path) -> None:
    log.write_bytes(bytes(range(256)) * 500)


def linked(log: Path) -> None:
    log.unlink()
    log.symlink_to("/etc/passwd")


def gone(log: Path) -> None:
    log.unlink()


def a_folder(log: Path) -> None:
    log.unlink()
    log.mkdir()


def a_fifo(log: Path) -> None:
    log.unlink()
    os.mkfifo(log)


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (untouched, None),
        (cut, None),
        (garbled, None),
        (linked, "is a symbolic link"),
        (gone, "does not exist"),
        (a_folder, "is not a regular file"),
        (a_fifo, "is not a regular file"),
    ],
)
def test_a_log_that_tells_nothing_leaves_the_job_counted_as_in_its_first_phase(
    make: Make, spoil: Callable[[Path], None], said: str | None
) -> None:
    farm = make()
    log = farm.root / "hand.log"
    Idle(farm, log=log)
    spoil(log)
    seen, job = farm.look(), only(farm)
    if said is None:
        assert job.phase == Known(Phase(1, 0))
    else:
        assert job.phase == Unknown(f"its log: {said}")
        assert f"plotman ignore {job.id}" in about(seen, job.id)["PhaseUnknown"]
        assert said in about(seen, job.id)["PhaseUnknown"]


def test_a_log_that_two_jobs_write_tells_of_neither(make: Make, plot: Path) -> None:
    farm = make()
    log = farm.root / "hand.log"
    log.write_bytes((plot.parent / "log").read_bytes()[:2000])
    Idle(farm, log=log)
    assert only(farm).plot_id == Known(plot.name[-69:-5])
    Idle(farm, log=log)
    for job in farm.jobs():
        assert isinstance(job.plot_id, Unknown)
        assert job.phase == Unknown(f"its log: 2 jobs write to {log}")
        assert "2 jobs write" in about(farm.look(), job.id)["PhaseUnknown"]


def test_a_job_without_a_log_is_counted_and_told_of(make: Make) -> None:
    farm = make()
    Idle(farm)
    job = only(farm)
    assert isinstance(job.log, Absent)
    assert isinstance(job.phase, Unknown)
    assert f"plotman ignore {job.id}" in about(farm.look(), job.id)["PhaseUnknown"]


def test_of_another_users_job_nobody_says_that_it_has_no_log(make: Make) -> None:
    farm = make()
    Idle(farm, log=farm.root / "hand.log")

    class Others(LocalMachine):
        def processes(self, wanted: Callable[[Sequence[str]], bool]) -> Fact[tuple[Process, ...]]:
            found = super().processes(wanted)
            assert isinstance(found, Known)
            return Known(tuple(replace(each, stdout=None, cwd=None, job=None) for each in found.value))

    seen = farm.observer(Others()).look(farm.spec)
    assert isinstance(seen.jobs, Known)
    (job,) = seen.jobs.value
    assert job.log == Unknown("only its own user and root may see where its output goes")
    assert "only its own user" in about(seen, job.id)["PhaseUnknown"]


@pytest.mark.parametrize(("full", "why"), [("tmp", "Only wrote"), ("dst", "Could not copy")])
def test_a_job_that_waits_for_room_on_a_full_disk_says_so(
    make: Make, mount: Mount, full: str, why: str
) -> None:
    farm = make()
    disk = mount(farm.root / "disk", "-t", "tmpfs", "-o", "size=2m", "tmpfs")
    log = farm.root / "hand.log"
    farm.by_hand(tmp=disk if full == "tmp" else None, dst=disk if full == "dst" else None, log=log)
    until(lambda: only(farm).trouble is not None)
    job = only(farm)
    assert why in (job.trouble or "")
    assert job.run == "running"
    assert why in about(farm.look(), job.id)["JobStuck"]


def test_a_log_that_may_not_be_read_leaves_the_phase_unknown(make: Make) -> None:
    farm = make()
    log = farm.root / "hand.log"
    Idle(farm, log=log)

    class Forbidden(Filesystem):
        def read(self, wanted: tuple[str, int, int]) -> Fact[Chunk]:
            if wanted[0] == str(log):
                return doubt(PermissionError(errno.EACCES, "Permission denied"))
            return super().read(wanted)

    seen = farm.observer(LocalMachine(filesystem=Forbidden(Listings(lambda _: False)))).look(farm.spec).jobs
    assert isinstance(seen, Known)
    assert [job.phase for job in seen.value] == [Unknown("its log: permission denied")]


def test_a_job_whose_directories_are_not_told_counts_where_it_points_to(make: Make) -> None:
    farm = make()
    Idle(farm, ["--tmp_dir"], cwd=farm.tmps[1])
    job = only(farm)
    assert job.tmps == (str(farm.tmps[1]),)


def test_a_process_that_ends_between_being_listed_and_read_costs_nothing(make: Make) -> None:
    farm = make()
    lasting = Idle(farm, ["-t", str(farm.tmps[1]), "-d", str(farm.dsts[1])])
    doomed = Idle(farm, log=farm.root / "doomed.log")

    class Late(LocalMachine):
        """After the process table was read, and before any log, the doomed job ends with its log."""

        def processes(self, wanted: Callable[[Sequence[str]], bool]) -> Fact[tuple[Process, ...]]:
            table = super().processes(wanted)
            doomed.process.kill()
            doomed.process.wait()
            (farm.root / "doomed.log").unlink(missing_ok=True)
            return table

    machine = Late()
    observer = farm.observer(machine)
    seen = observer.look(farm.spec).jobs
    assert isinstance(seen, Known) and len(seen.value) == 2
    again = observer.look(farm.spec).jobs
    assert isinstance(again, Known)
    assert [job.ident.pid for job in again.value if job.ident is not None] == [lasting.pid]
