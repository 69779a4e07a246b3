"""A farmer's answer read: as GNU, BusyBox and BSD give it, broken off, and as garbage."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from reconciler.errors import FarmerError
from reconciler.inquiry import Question, Volume
from reconciler.remote import reply
from reconciler.state import Absent, Fact, Known, Unknown

CASES = sorted((Path(__file__).parents[1] / "cases" / "remote").glob("*.yaml"))


def short(fact: Fact[Volume]) -> dict[str, Any]:
    """A volume with what is as usual left out."""
    if not isinstance(fact, Known):
        return {fact.fact: fact.why}
    found = asdict(fact.value)
    for key in ("sought", "parts", "every"):
        found[key] = [[file["name"], file["bytes"], file["age"]] for file in found[key]]
    usual = {"writable": True, "plots": 0, "sought": [], "parts": [], "every": []}
    return {key: value for key, value in found.items() if value != usual.get(key, ...)}


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_an_answer_means_what_the_case_says(path: Path) -> None:
    case = yaml.safe_load(path.read_text())
    asked: dict[str, Any] = {
        key: tuple(value) if isinstance(value, list) else value for key, value in case["asked"].items()
    }
    question = Question(farmer="farmer", by="shell", **asked)
    found = {disk: short(fact) for disk, fact in reply.parse(question, case["said"]).items()}
    assert found == case["means"]


QUESTION = Question(farmer="farmer", by="shell", disks=("/farm/*", "/more"), heads=True)
WHOLE = """\
@ begin
@ ro /farm/02
1.1 disk /farm/01
1.2 disk /farm/02
1 done
2.1 disk /more
1.1 base /farm
1.1 file 100 1000 .plot-k32-x.plot.5000.host.part
1.1 clock 1060
1.1 count 7
1.1 writable
1.1 df Filesystem 1024-blocks Used Available Capacity Mounted on
1.1 df /dev/sda1 1000 400 600 40% /farm/01
1.1 end
1.2 base /farm
1.2 clock 1060
1.2 count 0
1.2 writable
1.2 df Filesystem 1024-blocks Used Available Capacity Mounted on
1.2 df /dev/sdb1 1000 400 600 40% /farm/02
1.2 end
2 done
2.1 odd ls: cannot access '/more/.': Input/output error
2.1 end
@ end
"""


def test_a_whole_answer_is_read() -> None:
    found = reply.parse(QUESTION, WHOLE)
    first, second = found["/farm/01"], found["/farm/02"]
    assert isinstance(first, Known) and isinstance(second, Known)
    assert (first.value.free, first.value.plots, first.value.writable) == (600 * 1024, 7, True)
    assert first.value.parts[0].age == 60
    assert not second.value.writable
    assert isinstance(found["/more"], Unknown)


@given(st.integers(min_value=0, max_value=len(WHOLE)))
def test_of_an_answer_that_broke_off_nothing_is_known_wrongly(length: int) -> None:
    whole, text = reply.parse(QUESTION, WHOLE), WHOLE[:length]
    try:
        found = reply.parse(QUESTION, text)
    except FarmerError as error:
        assert error.kind == "broken"
        return
    for path, fact in found.items():
        assert isinstance(fact, Unknown) or fact == whole[path]
    assert set(reply.unfinished(text)) <= {"/farm/01", "/farm/02", "/more"}


lines = st.lists(st.sampled_from(WHOLE.splitlines()) | st.text(max_size=30), max_size=40)


@given(lines, st.booleans())
def test_garbage_is_broken_or_unknown_and_raises_nothing_else(said: list[str], begun: bool) -> None:
    text = "\n".join(["@ begin", *said, ""] if begun else said)
    reply.unfinished(text)
    reply.finished(text)
    reply.parse_heads(text)
    try:
        found = reply.parse(QUESTION, text)
    except FarmerError as error:
        assert error.kind == "broken"
        assert "@ begin" not in text.split("\n")[:-1]
    else:
        for fact in found.values():
            assert isinstance(fact, Known | Absent | Unknown)
            if isinstance(fact, Known):
                assert fact.value.free >= 0


@given(st.text(st.characters(blacklist_characters="\n"), max_size=40))
def test_a_line_of_garbage_makes_no_room(line: str) -> None:
    text = WHOLE.replace("1.1 df /dev/sda1 1000 400 600 40% /farm/01", f"1.1 df {line}")
    found = reply.parse(QUESTION, text)["/farm/01"]
    assert not isinstance(found, Known) or found.value.free <= 1 << 80


def test_heads_come_by_their_numbers() -> None:
    assert reply.parse_heads("1 00ff\n2 \nnoise\n3 zz\n4 aa") == {1: b"\x00\xff", 2: b"", 4: b"\xaa"}
