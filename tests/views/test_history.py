"""The record as a table and as JSON lines."""

from __future__ import annotations

import json
from dataclasses import replace

from reconciler.record import Entry
from reconciler.views import history
from reconciler.views.symbols import ASCII, UNICODE

from .samples import NOW, WAITING

ARCHIVE = Entry(
    at=NOW.at, tick=NOW.at - 1, what="action", kind="archive", subject=f"plot-k32-2023-11-14-20-00-{WAITING}.plot",
    result="done", text="transfer 1 runs", why=("2.1 TB free there", "first"), old={"at": ["/mnt/dst/00"]},
    new={"at": ["farmer1:/farm/07"]},
)  # fmt: skip
TROUBLE = Entry(
    at=NOW.at,
    tick=None,
    what="trouble",
    kind="loop",
    subject="",
    result="told",
    text="not usable:\nline\x072",
)


def test_an_entry_is_a_line_in_local_time() -> None:
    lines = history.text([ARCHIVE, TROUBLE], UNICODE, None, 3600).splitlines()
    assert [" ".join(line.split()) for line in lines] == [
        "when kind subject result what happened",
        "2023-11-14 23:13:20 archive plot-k32-…-9ab1c2d3 done transfer 1 runs (2.1 TB free there; first)",
        "2023-11-14 23:13:20 loop told not usable: line?2",
    ]
    assert all(line.isascii() for line in history.text([ARCHIVE], ASCII, None, 0).splitlines())


def test_a_narrow_terminal_is_not_overrun() -> None:
    wide = replace(ARCHIVE, text="x" * 500)
    assert all(len(line) <= 80 for line in history.text([wide, TROUBLE], UNICODE, 80, 0).splitlines())


def test_json_holds_all_of_it_an_object_a_line() -> None:
    first, second = map(json.loads, history.to_json([ARCHIVE, TROUBLE]).splitlines())
    assert first["from"] == {"at": ["/mnt/dst/00"]}
    assert first["to"] == {"at": ["farmer1:/farm/07"]}
    assert (first["at"], first["tick"], first["why"]) == (NOW.at, NOW.at - 1, ["2.1 TB free there", "first"])
    assert (second["text"], second["tick"], second["from"]) == ("not usable:\nline\x072", None, None)
    assert list(first) == list(second)
