"""The directories and the farmers' disks as JSON: the table's values, unrounded, and null for what is not known."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from reconciler.desire import desire
from reconciler.facts import Facts
from reconciler.farmer import Farmer
from reconciler.state import Absent, Instant, Known, Phase, Unknown
from reconciler.views import dirs_json

from .samples import GB, NOW, QUARANTINE, SECOND, ago, directory, facts, farm_at_work, job, plot, spec


def document(given: Facts) -> Any:
    def refuse(constant: str) -> None:
        raise AssertionError(f"{constant} is no JSON")

    return json.loads(dirs_json.text(given, desire(given)), parse_constant=refuse)


def test_directories_tell_role_room_phases_and_what_they_wait_for() -> None:
    busy = facts(
        job("aaaaaaaaaaaa", "/mnt/tmp/00", phase=Known(Phase(3, 2)), since=ago(7200)),
        job("bbbbbbbbbbbb", "/mnt/tmp/01", plot_id=Known(SECOND), phase=Unknown("no log"), since=ago(600)),
        plots=(plot("/mnt/dst/00"),),
    )
    told = document(busy)
    assert (told["host"], told["observed_at"]) == ("plotter1", NOW.at)
    tmp, other, dst, empty = told["directories"]
    assert tmp["hold"].pop("text")
    assert tmp == {
        "role": "tmp", "path": "/mnt/tmp/00", "free_bytes": 2000 * GB, "trouble": None, "phases": ["3:2"],
        "ready": False, "hold": {"rule": "stagger", "next_at": NOW.at + 1200}, "plots": None, "pri": None,
    }  # fmt: skip
    assert other["phases"] == ["?:?"]
    assert dst == {
        "role": "dst", "path": "/mnt/dst/00", "free_bytes": 2000 * GB, "trouble": None, "phases": ["?:?", "3:2"],
        "ready": None, "hold": None, "plots": 1, "pri": 1,
    }  # fmt: skip
    assert (empty["plots"], empty["pri"]) == (0, None)


def test_a_directory_is_ready_where_a_job_starts_now() -> None:
    told = {each["path"]: each for each in document(facts())["directories"]}
    ready = [path for path, each in told.items() if each["ready"]]
    assert len(ready) == 1
    assert told[ready[0]]["hold"] is None


def test_every_role_has_its_rows_and_no_answer_has_its_reason() -> None:
    roles = {"tmp": ["/t"], "tmp2": ["/t2"], "dst": ["/d"], "logs": "/l"}
    rooms = {"/t": directory("/t", space=Absent("is not mounted")), "/t2": directory("/t2", 7)}
    known = directory("/t2", 7).space
    assert isinstance(known, Known)
    rooms["/t2"] = directory("/t2", space=Known(replace(known.value, writable=False)))
    given = facts(job("aaaaaaaaaaaa", "/t", tmp2=Known("/t2")), of=spec(directories=roles), directories=rooms)
    told = [
        (each["role"], each["free_bytes"], each["trouble"], each["phases"])
        for each in document(given)["directories"]
    ]
    assert told == [
        ("tmp", None, "is not mounted", ["1:4"]),
        ("tmp2", 7, "read-only", ["1:4"]),
        ("dst", None, "not observed", []),
    ]


def test_disks_tell_what_comes_how_old_the_answer_is_and_their_trouble() -> None:
    filling, quarantined, gone = document(facts(of=spec(plotting=None), **farm_at_work()))["disks"]
    assert filling == {
        "role": "farm", "farmer": "farmer1", "disk": "/farm/07", "free_bytes": 2100 * GB, "plots": 12,
        "coming": {"count": 2, "others": 1, "bytes": 109_200_000_000, "left": 1}, "age_seconds": 8.0,
        "trouble": None, "next_at": None,
    }  # fmt: skip
    assert (quarantined["free_bytes"], quarantined["trouble"]) == (5 * GB, QUARANTINE)
    assert (gone["free_bytes"], gone["plots"], gone["trouble"]) == (None, None, "is not mounted")


def test_a_farmer_that_does_not_answer_has_one_row_with_what_goes_there() -> None:
    def silent(asked: Instant | None) -> Any:
        away = Farmer(name="farmer1", disks=Unknown("no answer"), asked=asked, next_at=NOW.at + 70)
        moving = farm_at_work()["transfers"]
        (row,) = document(facts(of=spec(plotting=None), transfers=moving, farmers={"farmer1": away}))["disks"]
        return row

    row = silent(ago(240))
    assert (row["disk"], row["plots"], row["free_bytes"]) == (None, None, None)
    assert (row["coming"]["count"], row["coming"]["bytes"]) == (1, 81 * GB)
    assert (row["age_seconds"], row["trouble"], row["next_at"]) == (
        240.0,
        "no answer; next try in 1m",
        NOW.at + 70,
    )
    assert silent(None)["age_seconds"] is None
    assert silent(ago(-5))["age_seconds"] is None, "an answer dated after now has no age"
