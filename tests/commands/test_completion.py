"""Completion: what real shells get, cheaply, and never a message."""

from __future__ import annotations

import fcntl
import shutil
import subprocess
import sys
from collections.abc import Callable
from importlib import import_module
from pathlib import Path

import click
import pytest

from reconciler.commands import VERBS

from .conftest import Answer, Scratch
from .plotlogs import write_journal

ROOT = Path(__file__).parents[2]


Offer = Callable[..., list[str]]


@pytest.fixture
def offered(plotman: Callable[..., Answer]) -> Offer:
    """What is offered for the last word of a line."""

    def offer(line: str, shell: str = "bash", **environment: str) -> list[str]:
        words = line.split(" ")
        asked = {"COMP_WORDS": line, "COMP_CWORD": words[-1] if shell == "fish" else str(len(words) - 1)}
        with pytest.MonkeyPatch.context() as patch:
            for name, value in {"_PLOTMAN_COMPLETE": f"{shell}_complete", **asked, **environment}.items():
                patch.setenv(name, value)
            told = plotman()
        assert (told.code, told.err) == (0, "")
        return [line for line in told.out.splitlines() if line]

    return offer


@pytest.fixture
def names(offered: Offer) -> Offer:
    """Likewise by bash, without what kind they are."""
    return lambda line, **environment: [each.partition(",")[2] for each in offered(line, **environment)]


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_each_shell_gets_its_script(shell: str, plotman: Callable[..., Answer]) -> None:
    answer = plotman("completion", shell)
    assert (answer.code, answer.err) == (0, "")
    assert f"_PLOTMAN_COMPLETE={shell}_complete" in answer.out
    if shutil.which(shell) is not None:
        told = subprocess.run([shell, "-n"], input=answer.out, text=True, capture_output=True, check=False)
        assert (told.returncode, told.stderr) == (0, "")


def test_another_shell_is_refused_with_those_that_are_known(plotman: Callable[..., Answer]) -> None:
    answer = plotman("completion", "tcsh")
    assert answer.code == 64
    assert "bash" in answer.err


def test_commands_and_options_are_offered(names: Offer) -> None:
    assert names("plotman ") == list(VERBS)
    assert names("plotman un") == ["unpause"]
    assert names("plotman config mig") == ["migrate"]
    assert names("plotman analyze --by") == [
        "--bytmp",
        "--bybitfield",
        "--byplotter",
        "--byk",
        "--bycompression",
    ]


def test_ids_are_offered_as_tables_show_them(scratch: Scratch, offered: Offer, names: Offer) -> None:
    job = scratch.one_job()
    assert names("plotman suspend ") == [job, "all"]
    assert names("plotman logs ") == [job]
    assert names(f"plotman logs -f {job[:3]}") == [job]
    assert names(f"plotman suspend {job}0") == [job + "0" * 56]
    assert names("plotman suspend f" + "0" * 30) == []
    assert any(job in line for line in offered("plotman suspend ", "zsh"))
    assert any(job in line for line in offered("plotman suspend ", "fish"))
    assert names(f"plotman suspend -f {scratch.spec} ", PLOTMAN_SPEC="/nowhere") == [job, "all"]


def test_explain_offers_directories_farmers_and_jobs(scratch: Scratch, names: Offer) -> None:
    tmp = [f"{scratch.root}/tmp/{name}" for name in ("00", "01")]
    assert names(f"plotman explain {scratch.root}/tmp/") == tmp
    assert names("plotman explain b") == ["barn"]


@pytest.mark.parametrize("verb", ["suspend", "resume", "kill", "details", "files", "ignore", "logs"])
def test_every_command_that_takes_ids_offers_them(verb: str, scratch: Scratch) -> None:
    command = import_module(f"reconciler.commands.{verb}").command
    (ids,) = (param for param in command.params if isinstance(param, click.Argument))
    write_journal(scratch.root / "logs", 1, "")
    held = next((scratch.root / "logs").glob("*.log"))
    with held.open() as log:
        fcntl.flock(log, fcntl.LOCK_EX)
        found = ids.shell_complete(click.Context(command), "0000")
    assert [item.value for item in found] == ["00000000"]


@pytest.mark.skipif(shutil.which("bash") is None, reason="no bash is installed")
def test_bash_itself_completes(scratch: Scratch, plotman: Callable[..., Answer]) -> None:
    job = scratch.one_job()
    (scratch.root / "bin").mkdir()
    script = scratch.root / "bin" / "plotman"
    script.write_text(f'#!/bin/sh\ncd {ROOT}\nexec {sys.executable} -m reconciler "$@"\n')
    script.chmod(0o755)
    asked = f"""
    PATH={script.parent}:$PATH
    {plotman("completion", "bash").out}
    COMP_WORDS=(plotman suspend {job[:4]}) COMP_CWORD=2
    _plotman_completion plotman
    printf '%s\\n' "${{COMPREPLY[@]}}"
    """
    told = subprocess.run(["bash"], input=asked, capture_output=True, text=True, check=True)
    assert told.stdout == f"{job}\n"


def test_where_something_is_in_the_way_nothing_is_said(scratch: Scratch, names: Offer) -> None:
    assert names("plotman suspend ", PLOTMAN_SPEC="/nowhere") == []
    scratch.spec.write_text("version: 3\ndirectories: [")
    assert names("plotman suspend 5") == []
