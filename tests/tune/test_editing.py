"""A spec's text takes other values, and keeps all else: comments, order, quotes, line by line."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from reconciler.spec.loading import load, parse
from reconciler.tune.editing import Draft, diff, edited
from reconciler.tune.setting import Changes, Group, Setting, Tmp, by_itself, changed

BLOCK = """\
# The farm in the cellar.
version: 3
directories:
  tmp:
    - /mnt/tmp/00  # the fast one
    - path: /mnt/tmp/01  # the old one
      max_jobs: 2
      floor: 40GB
  dst: /mnt/dst/00
  logs: /var/log/plotman
scheduling:
  tick: 30s
  max_jobs: 4   # as the guide says
  tmp:
    # one after the other
    stagger:  # by phase
      until: "1:5"
      at_most: 1
space: {floor: 0}
"""
FLOW = """\
version: 3
directories: {tmp: [/mnt/tmp/00, {path: '/mnt/tmp/01'}], logs: /var/log/plotman}  # both
scheduling: {max_jobs: 4, stagger: 30m}
"""
BARE = """\
version: 3
directories:
  tmp: [/mnt/tmp/00, /mnt/tmp/01]  # on one line
  logs: /var/log/plotman
# the end"""
ONE = """\
version: 3
scheduling: {}  # nothing yet
directories:
  logs: /var/log/plotman
  tmp: /mnt/tmp/00
"""
JSON = """\
{"version": 3,
 "directories": {"tmp": ["/mnt/tmp/00", "/mnt/tmp/01"], "logs": "/var/log/plotman"},
 "scheduling": {"max_jobs": 4}}
"""
TEXTS = {"block": BLOCK, "flow": FLOW, "bare": BARE, "one": ONE, "json": JSON}
ALIKE = (Group(("/mnt/tmp/00", "/mnt/tmp/01")),)
APART = (Group(("/mnt/tmp/00",)), Group(("/mnt/tmp/01",)))


def _cases(text: str) -> list[Changes]:
    """Changes of every kind for a spec."""
    spec = parse(text, "spec.yaml").spec
    paths = [each.path for each in spec.directories.tmp]
    alike = (Group(tuple(paths)),)
    apart = tuple(Group((path,)) for path in paths)
    alone = Setting(9, 2040, (Tmp(5, 3),)).changes(spec, alike)
    each = Setting(9, 45, tuple(Tmp(3 + number, 2) for number in range(len(paths)))).changes(spec, apart)
    return [alone, each, by_itself(spec)]


@pytest.mark.parametrize("name", TEXTS)
@pytest.mark.parametrize("case", range(3))
def test_the_new_text_says_what_was_to_be_changed_and_nothing_else(name: str, case: int) -> None:
    text = TEXTS[name]
    changes = _cases(text)[case]
    after = edited(text, changes)
    assert parse(after, "spec.yaml").spec == changed(parse(text, "spec.yaml"), changes).spec


@pytest.mark.parametrize("name", TEXTS)
@pytest.mark.parametrize("case", range(3))
def test_every_comment_stays(name: str, case: int) -> None:
    after = edited(TEXTS[name], _cases(TEXTS[name])[case])
    for line in TEXTS[name].splitlines():
        _, mark, comment = line.partition("#")
        # What is said inside of a value that goes, goes with it.
        if mark and comment != " one after the other":
            assert f"#{comment}" in after


def test_a_list_on_one_line_goes_line_by_line_before_its_items_grow() -> None:
    after = edited(BARE, {("directories", "tmp", "/mnt/tmp/01", "max_jobs"): 3})
    assert (
        "  tmp:  # on one line\n    - /mnt/tmp/00\n    - {path: /mnt/tmp/01, max_jobs: 3}\n  logs:" in after
    )


def test_lines_that_are_not_concerned_stay_as_they_are() -> None:
    after = edited(BLOCK, {("scheduling", "max_jobs"): 12, ("scheduling", "stagger"): "25m"})
    was, now = BLOCK.splitlines(), after.splitlines()
    assert [line for line in was if line not in now] == ["  max_jobs: 4   # as the guide says"]
    assert [line for line in now if line not in was] == [
        "  max_jobs: 12   # as the guide says",
        "  stagger: 25m",
    ]


@pytest.mark.parametrize("name", TEXTS)
def test_patch_applies_the_diff(name: str, tmp_path: Path) -> None:
    patch = shutil.which("patch")
    if patch is None:
        pytest.skip("there is no patch here")
    path = tmp_path / "spec.yaml"
    path.write_text(TEXTS[name])
    after = edited(TEXTS[name], _cases(TEXTS[name])[1])
    told = diff(TEXTS[name], after, str(path))
    subprocess.run([patch, "-s", str(path)], input=told, text=True, check=True, cwd=tmp_path)
    assert path.read_text() == after


def test_a_document_that_extends_another_gets_the_values_itself(tmp_path: Path) -> None:
    (tmp_path / "base.yaml").write_text(BLOCK)
    top = tmp_path / "host.yaml"
    top.write_text("# h07\nextends: base.yaml\nscheduling:\n  max_jobs: 6\n")
    loaded = load(str(top))
    for groups in (ALIKE, APART):
        changes = Setting(9, 2040, tuple(Tmp(5, 3) for _ in groups)).changes(loaded.spec, groups)
        after = edited(top.read_text(), changes)
        assert load(str(top), files=Draft(str(top), after)).spec == changed(loaded, changes).spec
        assert after.startswith("# h07\nextends: base.yaml\n")
