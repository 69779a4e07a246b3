"""The newest entries of the record are found without reading all of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from reconciler import record
from reconciler.record import Entry


def entry(number: int) -> Entry:
    return Entry(
        at=float(number),
        tick=None,
        what="trouble",
        kind="loop",
        subject="",
        result="told",
        text=f"entry {number}",
    )


def test_the_end_is_the_end_of_all_that_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(record, "LIMIT", 2000)
    path = str(tmp_path / "actions.jsonl")
    assert record.last(path, 5) == ()
    for number in range(40):
        record.append(path, [entry(number)])
        assert record.last(path, 5) == record.read(path).entries[-5:]
    assert (tmp_path / "actions.jsonl.1").exists()


def test_no_more_than_the_end_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = str(tmp_path / "actions.jsonl")
    record.append(path, map(entry, range(100)))
    monkeypatch.setattr(record, "END", 1000)
    found = record.last(path, 50)
    assert 0 < len(found) < 20
    assert found == record.read(path).entries[-len(found) :]
