"""Every rule's word, and the one that binds."""

from __future__ import annotations

from dataclasses import replace

from reconciler.desire import desire
from reconciler.facts import Facts
from reconciler.farmer import Disk, Farmer
from reconciler.spec.units import show_size
from reconciler.state import Known, Override, Phase, Space, Unknown
from reconciler.views.explain import ExplainView
from reconciler.views.symbols import ASCII, UNICODE, Symbols

from .samples import MOVING, NOW, QUARANTINE, SECOND, ago, facts, farm_at_work, job, plot, plotters, spec


def view(given: Facts, symbols: Symbols = UNICODE) -> ExplainView:
    return ExplainView(given, desire(given), symbols)


EARLY = facts(
    job("bbbbbbbbbbbb", "/mnt/tmp/01", plot_id=Known(SECOND), phase=Known(Phase(1, 4)), since=ago(600))
)


def test_the_binding_rule_is_marked_and_says_when() -> None:
    lines = view(EARLY).directory("/mnt/tmp/01").splitlines()
    assert lines[:4] == [
        "/mnt/tmp/01",
        "  room  2.0 TB free, 202.7 GB promised, floor 20.0 GB, resume above 60.0 GB",
        "  jobs  77aa01bc at 1:4",
        "",
    ]
    assert lines[4] == "spawn on tmp 01 -> dst 01: waits: stagger"
    marked = [line for line in lines if "◀" in line]
    assert marked == ["  stagger        holds ◀  last start 10m ago (stagger 30m); in 20m"]
    assert "  phase stagger  holds    1 of 1 before 2:1, job 77aa01bc at 1:4" in lines


def test_exactly_one_rule_binds_each_candidate_that_waits() -> None:
    text = view(EARLY, ASCII).everything()
    assert text.isascii()
    waiting = [block for block in text.split("\n\n") if "waits:" in block]
    assert len(waiting) == 2
    assert all(block.count("holds <") == 1 for block in waiting)


def test_a_rule_that_binds_only_behind_others_shows_what_it_saw() -> None:
    """Each tmp alone may start; the second waits for the stagger that the first begins."""
    text = view(facts()).everything()
    assert "spawn on tmp 00 -> dst 00: would be done now" in text
    assert "  stagger        holds ◀  last start 0s ago (stagger 30m)" in text


def test_a_waiting_plot_is_explained_by_its_limits() -> None:
    paused = Known((Override(verb="pause", target="archiving", since=ago(60), who="joe", until=NOW.at + 60),))
    given = facts(plots=(plot("/mnt/dst/00"),), overrides=paused, of=spec(plotting=None))
    text = view(given).everything()
    assert "archive plot-k32-…-9ab1c2d3 dst 00 -> farmer1:/farm/07: waits: paused" in text
    assert "archiving is paused by joe; in 1m" in text
    assert "plotting: the spec asks for none" in text


def test_each_plot_that_waits_for_room_is_told_with_its_own_size() -> None:
    small = plot("/mnt/dst/00")
    large = replace(small, name=small.name.replace("9ab1", "9ab2"), bytes=small.bytes + 200_000_000)
    disks = Known((Disk(path="/farm/07", space=Known(Space("8:7", 50_000_000_000, 10**12))),))
    farmers = {"farmer1": Farmer(name="farmer1", disks=disks)}
    given = facts(plots=(small, large), farmers=farmers, of=spec(plotting=None))
    assert [len(held.alike) for held in desire(given).held] == [1]
    blocks = view(given).everything().split("\n\n")
    sizes = [show_size(each.bytes) for each in (small, large)]
    for size in sizes:
        (block,) = (each for each in blocks if f"holds ◀  {size}, 50.0 GB free there" in each)
        assert "farm room" in block


def test_a_job_is_explained_by_wishes_and_room() -> None:
    wish = Override(
        verb="suspend", target="aaaaaaaaaaaa", since=ago(120), who="joe", why="new disk", until=NOW.at + 600
    )
    given = facts(job("aaaaaaaaaaaa", "/mnt/tmp/00"), overrides=Known((wish,)))
    lines = view(given).job(given.all_jobs[0]).splitlines()
    assert lines[0] == "job 1b2c3d4e on tmp 00 at 1:4, running"
    assert lines[1] == "  wish  suspend, asked for by joe 2m ago: new disk, for 10m more"
    assert lines[-1] == "  now   suspend: asked for by joe: new disk"


def test_a_silent_farmer_says_so() -> None:
    silent = Farmer(
        name="farmer1",
        disks=Unknown("no answer for 4m"),
        asked=ago(240),
        trouble="farmer1.lan cannot be reached: No route to host",
        kind="away",
        next_at=NOW.at + 70,
    )
    given = facts(plots=(plot("/mnt/dst/00"),), farmers={"farmer1": silent})
    text = view(given).farmer(silent)
    assert text.startswith(
        "farmer farmer1\n  asked  4m ago\n  disks  not known: no answer for 4m; farmer1.lan cannot be reached: "
        "No route to host; next try in 1m\n"
    )
    assert "known  holds ◀  farmer1: no answer for 4m" in text


def test_without_anything_to_propose_the_reasons_are_told() -> None:
    given = Facts(spec(plotting=None, archive=[]), replace(facts().seen, farmers={}), plotters())
    assert view(given).everything() == (
        "plotting: the spec asks for none\n\narchiving: the spec names no farmer; plots stay where they land\n"
    )


def test_a_farmers_disks_tell_their_room_what_comes_and_why_they_are_left_alone() -> None:
    given = facts(of=spec(plotting=None), **farm_at_work())
    lines = view(given).farmer(given.seen.farmers["farmer1"]).splitlines()
    assert lines[:2] == ["farmer farmer1", "  asked     8s ago"]
    assert lines[2:5] == [
        "  /farm/07  12 plots, 2.1 TB free, on the way 2 (1 of others), 109.2 GB to come; 1 left behind",
        f"  /farm/08  3 plots, 5.0 GB free, read-only, {QUARANTINE}",
        "  /farm/09  is not mounted",
    ]


def test_a_plot_on_its_way_shows_how_far_it_is() -> None:
    given = facts(plots=(plot("/mnt/dst/00", MOVING),), **farm_at_work())
    text = view(given).plot(plot("/mnt/dst/00", MOVING))
    assert text.startswith("plot plot-k32-…-5a5a5a5a in dst 00: on its way\n")
    assert "farmer1:/farm/07" in text


def test_a_plot_that_no_farmer_takes_says_why_of_each() -> None:
    take = [{"name": "farmer1", "disks": "/farm/*", "take": {"k": [33]}}]
    given = facts(plots=(plot("/mnt/dst/00"),), of=spec(archive=take))
    shown = view(given)
    text = shown.plot(plot("/mnt/dst/00"))
    assert "k32, not k33" in text


def test_a_plot_that_lands_is_no_candidate_and_says_so() -> None:
    landing = replace(plot("/mnt/dst/00"), state="landing", why="a job writes it")
    text = view(facts(plots=(landing,))).plot(landing)
    assert text == "plot plot-k32-…-9ab1c2d3 in dst 00: stays\n  state  landing: a job writes it\n"
