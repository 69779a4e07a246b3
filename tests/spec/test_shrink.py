"""A spec that is suddenly much smaller is refused, unless it says that this is meant."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.sources.file import FileSource
from reconciler.spec.judge import judged
from reconciler.spec.loading import load
from reconciler.spec.models import Spec
from reconciler.spec.shrink import shrunk


def spec(tmp: int = 2, dst: int = 2, farmers: int = 2, plotting: bool = True, allow: bool = False) -> Spec:
    document: dict[str, Any] = {
        "version": 3,
        "directories": {
            "tmp": [f"/tmp/{n}" for n in range(tmp)],
            "dst": [f"/dst/{n}" for n in range(dst)],
            "logs": "/logs",
        },
        "archive": [{"name": f"f{n}", "disks": [f"/farm/{n}"]} for n in range(farmers)],
        "allow_empty": allow,
    }
    return judged(Spec, document | ({"plotting": {"k": 32}} if plotting else {}))


@pytest.mark.parametrize(
    ("before", "after", "words"),
    [
        ({}, {"tmp": 0}, "directories.tmp has none left of 2"),
        ({"dst": 1}, {"dst": 0}, "directories.dst has none left of 1"),
        ({}, {"farmers": 0}, "archive has none left of 2"),
        ({}, {"plotting": False}, "plotting is gone"),
        ({"tmp": 3}, {"tmp": 1}, "directories.tmp has 1 left of 3"),
        ({"dst": 9}, {"dst": 4}, "directories.dst has 4 left of 9"),
        (
            {"farmers": 5, "dst": 3},
            {"farmers": 2, "dst": 1},
            "directories.dst has 1 left of 3; archive has 2",
        ),
    ],
)
def test_what_is_lost_is_told_with_the_way_out(
    before: dict[str, Any], after: dict[str, Any], words: str
) -> None:
    why = shrunk(spec(**before), spec(**after))
    assert why is not None
    assert words in why
    assert "allow_empty: true" in why
    assert shrunk(spec(**before), spec(**after, allow=True)) is None


counts = st.integers(0, 9)


@given(counts, counts, counts, counts)
def test_an_ordinary_edit_is_none(tmp: int, dst: int, farmers: int, less: int) -> None:
    """Growing, and going down to a half at the least."""
    before = spec(tmp, dst, farmers)
    after = spec(max(tmp - less, -(-tmp // 2)), dst + less, -(-farmers // 2))
    assert shrunk(before, after) is None
    assert shrunk(spec(0, 0, 0, plotting=False), before) is None


def test_a_file_that_shrinks_is_not_followed_until_it_says_so(tmp_path: Path) -> None:
    path = tmp_path / "plotman.yaml"
    text = "version: 3\ndirectories: {tmp: [/tmp/0, /tmp/1, /tmp/2], logs: /logs}\n"
    path.write_text(text)
    source = FileSource(str(path), lambda files, name: load(name, files=files))
    whole = source.current()
    path.write_text("version: 3\ndirectories: {tmp: [], logs: /logs}\n")
    assert source.current() is whole
    assert "directories.tmp has none left of 3" in (source.problem() or "")
    assert source.current() is whole
    path.write_text("version: 3\nallow_empty: true\ndirectories: {tmp: [], logs: /logs}\n")
    assert not source.current().spec.directories.tmp
    assert source.problem() is None
