"""The record keeps what happened, whole and once, and never gets in the way of what happens."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler import record
from reconciler.events import Event, Planned, Trouble
from reconciler.execute import Outcome
from reconciler.observation import Condition
from reconciler.plan import plan_facts
from reconciler.record import Entry
from reconciler.record.recorder import Recorder
from reconciler.views import words
from tests.views.samples import KEY, NOW, WAITING, facts, plot

TEXTS = st.text(alphabet=st.characters(codec="utf-8"))
LEAVES = st.none() | st.dictionaries(TEXTS, st.none() | TEXTS | st.integers() | st.lists(TEXTS))
TIMES = st.floats(0, 4e9)
ENTRIES = st.builds(
    Entry,
    at=TIMES, tick=st.none() | TIMES, what=st.sampled_from(get_args(record.What)), kind=TEXTS, subject=TEXTS,
    result=TEXTS, text=TEXTS, why=st.lists(TEXTS).map(tuple), old=LEAVES, new=LEAVES,
)  # fmt: skip
STUCK = Condition("JobStuck", "aaaaaaaaaaaa", "disk full")


def entry(number: int) -> Entry:
    return Entry(
        at=number, tick=None, what="trouble", kind="loop", subject="", result="told", text=f"{number}"
    )


@pytest.fixture
def path(tmp_path: Path) -> str:
    (tmp_path / "state").mkdir()
    return record.path_of(str(tmp_path))


class Heard:
    """A recorder and what it told."""

    def __init__(self, path: str) -> None:
        self.path = path
        self.troubles: list[str] = []
        self.recorder = Recorder(
            path, self._clock, words.clean, lambda event: self.troubles.append(event.text)
        )

    def _clock(self) -> float:
        return NOW.at + 1

    def tick(self, *conditions: Condition) -> None:
        seen = facts(conditions=conditions)
        self.recorder.hear(Planned(seen, plan_facts(seen)))

    def told(self) -> list[tuple[str, str, str]]:
        return [(each.kind, each.result, each.text) for each in record.read(self.path).entries]


@given(st.lists(ENTRIES))
def test_what_is_written_is_read(entries: list[Entry]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = f"{folder}/actions.jsonl"
        for each in entries:
            record.append(path, [each])
        assert record.read(path) == record.Reading(tuple(entries), 0)


@given(st.binary())
def test_whatever_stands_in_a_line_is_an_entry_or_none(line: bytes) -> None:
    assert record.parse(line) is None


@pytest.mark.parametrize(
    "line",
    [b"1", b"null", b"[]", b"{}", b'{"what":"action"}', b'{"what":[]}', b"[" * 100_000,
     entry(1).line().replace('"why":[]', '"why":1').encode(),
     *(entry(1).line().replace('"at":1', f'"at":{at}').encode() for at in ("NaN", "Infinity", "1e300", "-5", '"9"')),
     entry(1).line().replace('"from":null', '"from":3').encode()],
)  # fmt: skip
def test_what_is_nearly_an_entry_is_none(line: bytes) -> None:
    assert record.parse(entry(1).line().encode()) == entry(1)
    assert record.parse(line) is None


def test_a_record_that_was_never_begun_is_empty(path: str) -> None:
    assert record.read(path) == record.Reading((), 0)


def test_full_files_are_moved_aside_and_the_oldest_dropped(
    path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(record, "LIMIT", 1000)
    monkeypatch.setattr(record, "KEPT", 3)
    for number in range(200):
        record.append(path, [entry(number)])
    kept = [each.at for each in record.read(path).entries]
    assert kept == list(range(200 - len(kept), 200))
    assert len(kept) < 100
    files = os.listdir(os.path.dirname(path))
    assert sorted(files) == ["actions.jsonl", "actions.jsonl.1", "actions.jsonl.2", "actions.jsonl.3"]
    assert all(os.path.getsize(f"{os.path.dirname(path)}/{name}") < 1200 for name in files)


def test_many_that_write_at_once_lose_nothing(path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(record, "LIMIT", 300)
    monkeypatch.setattr(record, "KEPT", 400)
    numbers = [range(start, start + 200) for start in range(0, 800, 200)]

    def write(mine: range) -> None:
        for number in mine:
            record.append(path, [entry(number)])

    with ThreadPoolExecutor(len(numbers)) as pool:
        list(pool.map(write, numbers))
    found = record.read(path)
    assert sorted(each.at for each in found.entries) == list(range(800))
    assert found.spoilt == 0


def test_a_file_that_is_moved_aside_while_reading_is_met_once(
    path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    record.append(path, [entry(1)])
    contents: Iterator[bytes] = record._contents(path)
    newest = next(contents)
    os.replace(path, f"{path}.1")
    record.append(path, [entry(2)])
    assert [newest, *contents] == [f"{entry(1).line()}\n".encode()]


def test_what_was_cut_short_costs_itself_only(path: str) -> None:
    record.append(path, [entry(1)])
    with open(path, "ab") as file:
        file.write(b'{"at":12')
    record.append(path, [entry(2)])
    assert record.read(path) == record.Reading((entry(1), entry(2)), 1)


def test_a_full_disk_is_told_once_and_stops_nothing(path: str) -> None:
    os.symlink("/dev/full", path)
    heard = Heard(path)
    for text in ("one", "two", "three"):
        heard.recorder.hear(Trouble(text))
    assert heard.troubles == [
        f"{path} cannot be written: no space left on device; what happens goes unrecorded"
    ]
    os.unlink(path)
    heard.recorder.hear(Trouble("four"))
    assert heard.troubles[1:] == [f"{path} is written again; 3 entries are missing"]
    assert heard.told() == [("loop", "told", "four")]


def test_an_action_is_recorded_with_all_that_explains_it(path: str) -> None:
    seen = facts(plots=(plot("/mnt/dst/00"),))
    planned = Planned(seen, plan_facts(seen))
    (action,) = (each for each in planned.plan.actions if each.kind == "archive")
    heard = Heard(path)
    events: tuple[Event, ...] = (planned, Outcome(action, "failed", "no room"))
    for event in events:
        heard.recorder.hear(event)
    (found,) = record.read(path).entries
    assert (found.at, found.tick) == (NOW.at + 1, NOW.at)
    assert (found.what, found.kind, found.result, found.text) == ("action", "archive", "failed", "no room")
    assert WAITING in found.subject
    assert found.why == action.why
    assert (found.old, found.new) == ({"at": ["/mnt/dst/00"]}, {"at": ["farmer1:/farm/07"]})


def test_a_condition_is_recorded_when_it_comes_and_when_it_goes(path: str) -> None:
    heard = Heard(path)
    heard.tick(STUCK)
    heard.tick(STUCK)
    heard.tick(Condition(STUCK.type, STUCK.subject, "still full"))
    assert heard.told() == [("JobStuck", "appeared", "disk full")]
    heard.tick()
    heard.tick()
    assert heard.told()[1:] == [("JobStuck", "gone", "disk full")]
    heard.tick(STUCK)
    assert heard.told()[2:] == [("JobStuck", "appeared", "disk full")]


def test_a_tick_without_news_does_not_touch_the_record(path: str) -> None:
    heard = Heard(path)
    heard.tick(STUCK)
    os.unlink(path)
    heard.tick(STUCK)
    assert not os.path.exists(path)


def test_a_new_loop_goes_on_where_the_last_one_ended(path: str) -> None:
    Heard(path).tick(STUCK)
    Heard(path).tick(STUCK)
    assert len(Heard(path).told()) == 1
    Heard(path).tick()
    assert Heard(path).told()[1:] == [("JobStuck", "gone", "disk full")]


def test_two_loops_beside_each_other_record_a_condition_once(path: str) -> None:
    plotting, archiving = Heard(path), Heard(path)
    for conditions in ((), (STUCK,), (STUCK,), ()):
        plotting.tick(*conditions)
        archiving.tick(*conditions)
    assert [result for _, result, _ in plotting.told()] == ["appeared", "gone"]


def test_no_secret_is_recorded(path: str) -> None:
    heard = Heard(path)
    heard.recorder.hear(Trouble(f"the spec is not usable:\nplotman.yaml: farmer: {KEY}"))
    assert KEY not in Path(path).read_text()
    assert heard.told() == [("loop", "told", f"the spec is not usable:\nplotman.yaml: farmer: {KEY[:10]}...")]
