"""A plan as text: aligned columns, a mark for each kind, a fixed last line."""

from __future__ import annotations

from dataclasses import replace

from reconciler.facts import Facts
from reconciler.farmer import Farmer
from reconciler.observation import Condition
from reconciler.plan import Hold, Plan, plan_facts
from reconciler.state import Known, Override, Phase, Temp, Unknown
from reconciler.views.plan import PlanView
from reconciler.views.symbols import ASCII, UNICODE, Symbols

from .samples import GB, NOW, SECOND, WAITING, ago, directory, facts, job, plot, spec


def told(given: Facts, symbols: Symbols = UNICODE, planned: Plan | None = None) -> str:
    planned = planned or plan_facts(given, "sha256:4f1c" + "0" * 60)
    text = PlanView(given.spec, given.all_jobs, symbols).text(planned, given.seen, "plotman.yaml")
    return text.rstrip("\n")


def busy() -> Facts:
    """One tmp is free, one is early; one plot waits; a wish asks to suspend a job."""
    seen = facts(
        job("aaaaaaaaaaaa", "/mnt/tmp/00", phase=Known(Phase(3, 2)), since=ago(7200)),
        job("bbbbbbbbbbbb", "/mnt/tmp/01", plot_id=Known(SECOND), phase=Known(Phase(1, 4)), since=ago(1860)),
        plots=(plot("/mnt/dst/00"),),
        overrides=Known((Override(verb="suspend", target="aaaaaaaaaaaa", since=ago(60), who="joe"),)),
    ).seen
    silent = Farmer(name="farmer2", disks=Unknown("no answer for 4m"))
    return Facts(spec(), replace(seen, farmers={**seen.farmers, "farmer2": silent}), facts().plotters)


def test_every_action_and_hold_is_a_line_of_aligned_columns() -> None:
    why = "2 of 3 jobs; last start 31m ago (stagger 30m); 1 of 2 jobs here; 0 of 1 before 2:1"
    assert (
        told(busy())
        == f"""\
spec plotman.yaml (sha256 4f1c…) · observed 22:13:20 · 2 jobs · 2 farmers, 1 unreachable

  ‖ suspend  1b2c3d4e             3:2 on tmp 00               asked for by joe
  → archive  plot-k32-…-9ab1c2d3  dst 00 -> farmer1:/farm/07  emptiest disk first; 108.8 GB, 2.1 TB free there
  + spawn    chia k32             tmp 00 -> dst 01            {why}
  · hold     tmp 01               max jobs                    3 of 3 jobs

Plan: 1 to suspend, 1 to archive, 1 to spawn; 1 held.   Why: plotman explain tmp/01"""
    )


def test_plain_symbols_say_the_same() -> None:
    plain = told(busy(), ASCII)
    assert plain.isascii()
    assert [line[2] for line in plain.splitlines()[2:-2]] == ["=", ">", "+", "."]
    assert len(plain.splitlines()) == len(told(busy()).splitlines())


def test_where_nothing_is_to_be_done_it_is_said() -> None:
    assert told(facts(of=spec(plotting=None))).splitlines()[-1] == "No changes. Nothing is held."
    drained = facts(of=spec(plotting={"state": "drained"}))
    assert told(drained).splitlines()[-1] == "No changes. 2 held.   Why: plotman explain tmp/00"


def test_equal_holds_are_one_line_that_says_how_many_more() -> None:
    assert "  · hold  tmp 00 +1  drained  plotting is drained, 0 jobs left to finish" in told(
        facts(of=spec(plotting={"state": "drained"}))
    )


def test_a_hold_says_when_unless_its_rule_did() -> None:
    given = facts()
    silent = Hold(
        kind="spawn", subject="/mnt/tmp/00", rule="paused", text="paused by joe", next_at=NOW.at + 7200
    )
    speaking = replace(silent, rule="window", text="opens in 2h")
    planned = replace(plan_facts(given), actions=(), holds=(silent, speaking))
    lines = told(given, planned=planned).splitlines()
    assert lines[2].endswith("paused by joe; in 2h")
    assert lines[3].endswith("opens in 2h")


def test_a_waiting_plot_is_explained_by_its_id() -> None:
    paused = Known((Override(verb="pause", target="archiving", since=ago(60), who="joe"),))
    given = facts(plots=(plot("/mnt/dst/00"),), overrides=paused, of=spec(plotting=None))
    assert told(given).splitlines()[-1] == "No changes. 1 held.   Why: plotman explain 9ab1c2d3"


def test_clean_and_conditions_are_told() -> None:
    temp = Temp(
        directory="/mnt/tmp/00", plot_id=WAITING, files=("a.tmp", "b.tmp"), bytes=GB, newest=NOW.at - 90000
    )
    given = facts(of=spec(plotting=None, clean={"orphans_after": "6h"}))
    tmp = directory("/mnt/tmp/00", temps=Known((temp,)))
    seen = replace(
        given.seen,
        directories={**given.seen.directories, "/mnt/tmp/00": tmp},
        conditions=(Condition("JobStuck", "1b2c3d4e", "copy failed\x1b[31m"),),
    )
    text = told(Facts(given.spec, seen, given.plotters))
    assert "- clean  9ab1c2d3  2 files in tmp 00  no job owns them, unchanged for 1d 1h" in text
    assert "! note   1b2c3d4e  JobStuck           copy failed?[31m" in text


def test_jobs_that_are_not_known_are_not_counted_as_none() -> None:
    assert (
        "jobs not known: it did not answer" in told(facts(jobs=Unknown("it did not answer"))).splitlines()[0]
    )


def test_marks_are_coloured_only_where_that_is_asked_for() -> None:
    assert "\x1b[" not in told(busy())
    assert "\x1b[33m‖\x1b[0m suspend" in told(busy(), UNICODE.coloured())
