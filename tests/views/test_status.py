"""The jobs as a table that shell lines can cut, and as JSON."""

from __future__ import annotations

import json

from reconciler.state import Absent, Ident, Known, Override, Phase, Temp, Unknown
from reconciler.views import status
from reconciler.views.symbols import UNICODE
from reconciler.world import Usage

from .samples import FIRST, GB, SECOND, ago, directory, facts, job

HAND = Ident("boot", 7, 1)
SEEN = facts(
    job("aaaaaaaaaaaa", "/mnt/tmp/00", run="suspended", since=ago(7300), phase=Known(Phase(3, 2))),
    job("bbbbbbbbbbbb", "/mnt/tmp/01", plot_id=Known(SECOND), since=ago(1860), ident=HAND),
    job(
        "cccccccccccc", "/mnt/tmp/01", run="pending", ident=None, since=ago(2), k=Unknown("?"),
        plot_id=Unknown("not yet"), phase=Unknown("no log"), tmp=Unknown("argv"), dst=Absent("none"),
    ),
)  # fmt: skip
USAGE = {HAND: Usage(memory=4 * GB, user=3700.0, system=61.0, io=5.0)}


def test_the_table_is_aligned_and_the_youngest_job_comes_first() -> None:
    assert (
        status.text(status.rows(SEEN, USAGE), UNICODE, None)
        == """\
plot id   plotter   k  tmp          dst          wall  phase  tmp   pid  stat    mem  user   sys  io
cccccccc  chia      -  ?            ?              2s  ?:?      -     -  PND       -     -     -   -
77aa01bc  chia     32  /mnt/tmp/01  /mnt/dst/00  0:31  1:4      -     7  RUN   4.0GB  1:01  0:01  5s
1b2c3d4e  chia     32  /mnt/tmp/00  /mnt/dst/00  2:01  3:2      -  4321  STP       -     -     -   -
"""
    )


def test_a_shell_line_gets_the_ids_of_a_directory() -> None:
    """``plotman status | tail -n+2 | grep /tmp/01 | cut -c1-8``"""
    lines = status.text(status.rows(SEEN, USAGE), UNICODE, None).splitlines()
    assert [line[:8] for line in lines[1:] if "/tmp/00" in line] == ["1b2c3d4e"]


def test_a_narrow_terminal_cuts_no_id() -> None:
    lines = status.text(status.rows(SEEN, USAGE), UNICODE, 80).splitlines()
    assert {line[:8] for line in lines[1:]} == {"cccccccc", "77aa01bc", "1b2c3d4e"}


def test_json_keeps_what_is_not_known_as_null() -> None:
    document = json.loads(status.to_json(SEEN, status.rows(SEEN, USAGE)))
    young, hand, old = document["jobs"]
    assert (young["plot_id"], young["tmp"], young["pid"], young["phase"]) == (None, None, None, None)
    assert (hand["memory_bytes"], hand["user_seconds"], hand["pid"]) == (4 * GB, 3700.0, 7)
    assert (old["plot_id"], old["wall_seconds"], old["state"]) == (FIRST, 7300.0, "STP")
    assert document["host"] == "plotter1"


def test_temporary_files_count_where_they_were_looked_for() -> None:
    temp = Temp(directory="/mnt/tmp/00", plot_id=FIRST, files=("a",), bytes=90 * GB, newest=0.0)
    given = facts(
        job("aaaaaaaaaaaa", "/mnt/tmp/00"),
        directories={"/mnt/tmp/00": directory("/mnt/tmp/00", temps=Known((temp,)))},
    )
    assert status.rows(given, {})[0].tmp_bytes == 90 * GB


def test_ignored_and_stuck_jobs_show_as_such() -> None:
    given = facts(
        job("aaaaaaaaaaaa", "/mnt/tmp/00", trouble="copy failed, again in 5 minutes"),
        job("bbbbbbbbbbbb", "/mnt/tmp/01", since=ago(60)),
        overrides=Known((Override(verb="ignore", target="bbbbbbbbbbbb", since=ago(5), who="joe"),)),
    )
    assert [row.state for row in status.rows(given, {})] == ["IGN", "STK"]
