"""Whoever knows the original finds every command and option here, and the shell lines of its guide work on."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import click
import pytest
import yaml

from reconciler.commands import plotman
from reconciler.commands.screen import Screen
from reconciler.state import Known
from reconciler.views import transfers
from reconciler.views.symbols import UNICODE
from tests.views.samples import MOVING, facts, transfer

from .conftest import Scratch, wait_for

ROOT = Path(__file__).parents[2]
ORIGINAL: dict[str, dict[str, Any]] = yaml.safe_load((Path(__file__).parent / "original.yaml").read_text())
LINES = [(name, line) for name, told in ORIGINAL.items() for line in told["lines"]]


def find(name: str) -> click.Command:
    """One of our commands, by its full name."""
    command: click.Command | None = plotman
    for step in name.split():
        assert isinstance(command, click.Group)
        command = command.get_command(click.Context(command), step)
        assert command is not None, f"there is no {name}"
    assert command is not None
    return command


@pytest.mark.parametrize("name", ORIGINAL)
def test_a_command_has_all_options_of_the_original_or_says_what_to_write_instead(name: str) -> None:
    ours = {text for param in find(name).params for text in (*param.opts, *param.secondary_opts)}
    told = ORIGINAL[name]
    instead = told.get("instead", {})
    for option in told.get("options", ()):
        assert (option in ours) != (option in instead), option
        assert option in ours or len(instead[option]) > 20
    assert set(instead) <= set(told.get("options", ())), "only what the original has"


@pytest.mark.parametrize(("name", "line"), LINES)
def test_lines_for_the_original_are_understood(name: str, line: str) -> None:
    arguments = line.removeprefix(name).split()
    assert line == " ".join((name, *arguments))
    # What they name is looked up when the command runs; here it is only about the words.
    find(name).make_context(name, arguments).close()


def test_piped_there_are_only_jobs_and_elsewhere_the_transfers_too(
    scratch: Scratch, monkeypatch: pytest.MonkeyPatch
) -> None:
    scratch.one_job()
    moving = transfers.rows(facts(transfers=Known((transfer(1, source="/mnt/tmp/01"),))))
    monkeypatch.setattr(transfers, "rows", lambda _: moving)
    assert [line[:8] for line in scratch.run("status").out.splitlines()[1:]] == ["5ca1ab1e"]
    assert [row["source"] for row in json.loads(scratch.run("status", "--json").out)["transfers"]] == [
        "/mnt/tmp/01"
    ]
    monkeypatch.setattr(Screen, "of", lambda _: Screen(UNICODE, 120))
    ids = [line[:8] for line in scratch.run("status").out.splitlines() if line]
    assert ids == ["plot id ", "5ca1ab1e", "plot id ", MOVING[:8]]


@pytest.mark.parametrize("name", [name for name, told in ORIGINAL.items() if "shows" in told])
def test_columns_and_metrics_of_the_original_are_there_in_its_order(name: str, scratch: Scratch) -> None:
    scratch.one_job()
    rest = iter(re.split(r" {2,}|\n|{", scratch.run(name).out))
    assert [title for title in ORIGINAL[name]["shows"] if title not in rest] == []


def test_the_loop_of_the_guide_suspends_the_jobs_of_one_tmp_directory(
    scratch: Scratch, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scratch.spec.write_text(scratch.spec.read_text().replace("max_jobs: 1", "max_jobs: 2"))
    assert scratch.run("plot", "--once").code == 0
    wait_for(lambda: len(scratch.ids()) == 2 and all(each.startswith("5ca1ab1") for each in scratch.ids()))
    (tmp_path / "bin").mkdir()
    script = tmp_path / "bin" / "plotman"
    script.write_text(f'#!/bin/sh\ncd {ROOT}\nexec {sys.executable} -m reconciler "$@"\n')
    script.chmod(0o755)
    shell = "for i in `plotman status | tail -n+2 | grep /tmp/01 | cut -c1-8`; do plotman suspend $i || exit; done"
    told = subprocess.run(
        ["bash", "-c", shell], capture_output=True, text=True, check=False,
        env={**os.environ, "PATH": f"{script.parent}:{os.environ['PATH']}"},
    )  # fmt: skip
    assert (told.returncode, told.stderr) == (0, "")
    lines = scratch.run("status").out.splitlines()
    assert lines[0].startswith("plot id")
    assert [" STP " in line for line in lines if "/tmp/01" in line] == [True]
    assert [" STP " in line for line in lines if "/tmp/00" in line] == [False]


def test_piped_the_table_is_plain(scratch: Scratch) -> None:
    scratch.one_job()
    header, *rows = scratch.run("status").out.splitlines()
    assert [row[:8].strip() for row in rows] == ["5ca1ab1e"]
    assert rows[0][8] == " "
    assert not set(header + rows[0]) & set("|│┃+─━\x1b")
