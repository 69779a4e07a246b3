"""Directories, details, differences and observations in words."""

from __future__ import annotations

import re
from dataclasses import replace

from reconciler.desire import desire
from reconciler.drift import drift
from reconciler.facts import Facts
from reconciler.farmer import Farmer
from reconciler.state import Absent, Directory, Known, Override, Phase, Space, Unknown
from reconciler.views import details, diff, dirs, observation
from reconciler.views.symbols import ASCII, UNICODE
from reconciler.world import Usage

from .samples import (
    CONTRACT,
    GB,
    KEY,
    NOW,
    QUARANTINE,
    SECOND,
    ago,
    directory,
    facts,
    farm_at_work,
    job,
    plot,
    spec,
    transfer,
)
from .samples import (
    observation as observed,
)

PAUSE = Override(verb="pause", target="archiving", since=ago(60), who="joe")
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

dst          plots  free    inbound phases  pri
/mnt/dst/00  1      2.0 TB  1:4 3:2         1
/mnt/dst/01  0      2.0 TB  ·               -

farmer   disk      plots  free    on the way  asked  trouble
farmer1  /farm/07  12     2.1 TB  ·           now
"""
    )


def test_the_farmers_disks_show_what_comes_how_fresh_it_is_and_their_trouble() -> None:
    given = facts(of=spec(plotting=None), **farm_at_work())
    header, *lines = dirs.text(given, desire(given), UNICODE, None).rpartition("\n\n")[2].splitlines()
    assert [re.split(r" {2,}", line) for line in (header, *lines)] == [
        ["farmer", "disk", "plots", "free", "on the way", "asked", "trouble"],
        [
            *("farmer1", "/farm/07", "12", "2.1 TB"),
            *("2 (1 of others), 109.2 GB to come; 1 left behind", "8s ago"),
        ],
        [
            *("farmer1", "/farm/08", "3", "5.0 GB, read-only", "·", "8s ago"),
            QUARANTINE,
        ],
        ["farmer1", "/farm/09", "?", "is not mounted", "·", "8s ago"],
    ]


def test_a_farmer_that_does_not_answer_says_since_when_why_and_what_goes_there() -> None:
    at_work = farm_at_work()
    silent = Farmer(
        name="farmer1",
        disks=Unknown("no answer for 4m: No route to host"),
        asked=ago(240),
        trouble="No route to host",
        next_at=NOW.at + 70,
    )
    given = facts(of=spec(plotting=None), transfers=at_work["transfers"], farmers={"farmer1": silent})
    (_, row) = dirs.text(given, desire(given), UNICODE, None).rpartition("\n\n")[2].splitlines()
    assert row == (
        "farmer1  ?     ?      ?     1, 81.0 GB to come  4m ago  "
        "no answer for 4m: No route to host; next try in 1m"
    )


def test_a_failure_of_late_shows_as_back_off() -> None:
    failed = transfer(1, outcome="failed", kind="away", error="the link dropped", ended=NOW.at - 4)
    given = facts(of=spec(plotting=None), transfers=Known((failed,)))
    assert "back-off for 6s, 1 failure: the link dropped" in dirs.text(given, desire(given), UNICODE, None)


def test_pri_is_the_order_in_which_the_plots_of_dst_are_moved() -> None:
    waiting = plot("/mnt/dst/00"), plot("/mnt/dst/01", SECOND)
    rooms = observed(plots=waiting).directories
    for full, order in (("/mnt/dst/00", ("1", "2")), ("/mnt/dst/01", ("2", "1"))):
        there = replace(rooms[full], space=Known(Space("full", 50 * GB, 4000 * GB)))
        for wishes in ((), (PAUSE,)):
            given = facts(directories={**rooms, full: there}, overrides=Known(wishes))
            told = [line.split()[-1] for line in _lines(given) if line.startswith("/mnt/dst")]
            assert tuple(told) == order, wishes
    nobody = facts(of=spec(archive=[]), plots=waiting)
    assert [line.split()[-1] for line in _lines(nobody) if line.startswith("/mnt/dst")] == ["-", "-"]


def _lines(given: Facts) -> list[str]:
    return dirs.text(given, desire(given), UNICODE, None).splitlines()


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
