"""Directories, details, differences and observations in words."""

from __future__ import annotations

from reconciler.desire import desire
from reconciler.drift import drift
from reconciler.state import Absent, Directory, Known, Override, Phase, Unknown
from reconciler.views import details, diff, dirs, observation
from reconciler.views.symbols import ASCII, UNICODE
from reconciler.world import Usage

from .samples import CONTRACT, GB, KEY, SECOND, ago, directory, facts, job, plot, spec

BUSY = facts(
    job("aaaaaaaaaaaa", "/mnt/tmp/00", phase=Known(Phase(3, 2)), since=ago(7200)),
    job("bbbbbbbbbbbb", "/mnt/tmp/01", plot_id=Known(SECOND), phase=Known(Phase(1, 4)), since=ago(600)),
    plots=(plot("/mnt/dst/00"),),
)


def test_directories_say_what_they_hold_and_wait_for() -> None:
    assert (
        dirs.text(BUSY, desire(BUSY), UNICODE, None)
        == """\
tmp          ready        free    phases
/mnt/tmp/00  stagger 20m  2.0 TB  3:2
/mnt/tmp/01  stagger 20m  2.0 TB  1:4

dst          plots  free    inbound phases
/mnt/dst/00  1      2.0 TB  1:4 3:2
/mnt/dst/01  0      2.0 TB  ·

farm              plots  free    under way
farmer1:/farm/07  12     2.1 TB  0
"""
    )


def test_the_schedule_names_the_furthest_job_towards_each_dst() -> None:
    assert (
        dirs.schedule(BUSY)
        == """\
dst          jobs  furthest
/mnt/dst/01  0     -
/mnt/dst/00  2     3:2
"""
    )


def test_a_directory_that_does_not_answer_says_so() -> None:
    gone: dict[str, Directory] = {
        "/mnt/tmp/00": directory("/mnt/tmp/00", space=Absent("is not mounted")),
        "/mnt/tmp/01": directory(
            "/mnt/tmp/01", space=Unknown("has not answered for 2 s"), plots=Unknown("no")
        ),
    }
    given = facts(directories=gone)
    text = dirs.text(given, desire(given), ASCII, None)
    assert "/mnt/tmp/00  known  is not mounted" in text
    assert "/mnt/tmp/01  known  has not answered for 2 s" in text
    assert "/mnt/dst/00  ?      not observed" in text


def test_many_phases_are_shortened_in_the_middle() -> None:
    jobs = [job(f"{n:012x}", "/t", phase=Known(Phase(1 + n % 4, n))) for n in range(9)]
    assert dirs.phases(jobs, UNICODE) == "1:0 1:4 [+4] 3:6 4:3 4:7"
    assert dirs.phases(jobs[:5], UNICODE) == "1:0 1:4 2:1 3:2 4:3"


def test_details_tell_all_but_secrets() -> None:
    given = facts(
        job(
            "aaaaaaaaaaaa", "/mnt/tmp/00", run="suspended", suspended_by="space", ours=False,
            extras=("--new-key", KEY, CONTRACT), trouble="copy failed",
        ),
        overrides=Known((Override(verb="ignore", target="aaaaaaaaaaaa", since=ago(60), who="joe"),)),
    )  # fmt: skip
    text = details.text(given, given.all_jobs[0], Usage(memory=GB, user=61, system=2, io=3))
    assert KEY not in text and CONTRACT not in text
    assert "state       suspended for want of room, pid 4321, left out of account" in text
    assert "started     2023-11-14 21:13:20 (1h ago), not by plotman" in text
    assert "time        user 0:01, system 2s, waiting for I/O 3s" in text
    assert "wish        ignore, asked for by joe 1m ago" in text
    assert "trouble     copy failed" in text


def test_differences_are_told_leaf_by_leaf() -> None:
    wish = Known((Override(verb="suspend", target="aaaaaaaaaaaa", since=ago(60), who="joe"),))
    given = facts(job("aaaaaaaaaaaa", "/mnt/tmp/00"), plots=(plot("/mnt/dst/00"),), overrides=wish, of=spec())
    wanted = desire(given)
    lines = diff.text(drift(wanted.observed, wanted.desired)).splitlines()
    assert any(
        line.startswith("  jobs.aaaaaaaaaaaa.run  ") and "running -> suspended" in line for line in lines
    )
    assert any("absent -> {run: running, tmp: /mnt/tmp/01, dst: /mnt/dst/01}" in line for line in lines)
    assert lines[-1].endswith("/mnt/dst/00 -> farmer1:/farm/07")


def test_no_difference_is_said() -> None:
    assert diff.text(()) == "No differences: all that is governed is as it should be.\n"


def test_an_observation_is_told_in_short() -> None:
    given = facts(jobs=Unknown("the process table did not answer"))
    lines = observation.text(given.seen).splitlines()
    assert lines[0] == "plotter1 at 2023-11-14 22:13:20: 8 processors, 64.0 GB of memory"
    assert "jobs              unknown: the process table did not answer" in lines
    assert "farmer1:/farm/07  2.1 TB free, 12 plots" in lines
