"""The command line as such: cheap to ask for help, strict with what it is given."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from collections.abc import Callable
from importlib import import_module
from pathlib import Path

import click
import pytest

from reconciler import commands
from reconciler.commands import VERBS

from .conftest import Answer, Scratch

ROOT = Path(__file__).parents[2]
HEAVY = ("pydantic", "jsonschema", "fabric", "deepdiff", "rich", "psutil", "yaml")
LOOKS = (
    "import atexit, sys;"
    f"atexit.register(lambda: print([name for name in {HEAVY} if name in sys.modules], file=sys.stderr));"
    "from reconciler.commands import main; main()"
)


@pytest.mark.parametrize("arguments", [("version",), ("--help",), ("-h",), ("nonsense",)])
def test_asking_for_little_imports_little(arguments: tuple[str, ...]) -> None:
    told = subprocess.run(
        [sys.executable, "-c", LOOKS, *arguments], capture_output=True, text=True, cwd=ROOT, check=False
    )
    assert ast.literal_eval(told.stderr.splitlines()[-1]) == []


@pytest.mark.parametrize(
    "line", ["status", "dirs", "plan", "explain", "observe", "apply --dry-run", "apply --once"]
)
def test_a_command_imports_nothing_heavy_that_it_does_not_use(line: str, scratch: Scratch) -> None:
    """Neither what asks farmers, nor screens, nor the comparison of what differs in part, nor what tells people."""
    heavy = (
        "fabric",
        "paramiko",
        "textual",
        "deepdiff",
        "apprise",
        "prometheus_client",
        "asyncio",
        "inotify_simple",
    )
    code = LOOKS.replace(str(HEAVY), str(heavy))
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    told = subprocess.run(
        [sys.executable, "-c", code, *line.split()], capture_output=True, text=True, env=env, check=False
    )
    assert told.returncode == 0, told.stderr
    assert ast.literal_eval(told.stderr.splitlines()[-1]) == []


def test_python_dash_m_is_the_same_program() -> None:
    told = subprocess.run(
        [sys.executable, "-m", "reconciler", "version"], capture_output=True, text=True, cwd=ROOT, check=False
    )
    assert (told.returncode, told.stderr) == (0, "")
    assert told.stdout.startswith("plotman")


@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"])
@pytest.mark.parametrize(("line", "code"), [("version", 0), ("kill 5ca1ab1e", 64), ("nonsense", 64)])
def test_a_standard_stream_that_is_closed_costs_what_goes_through_it_and_no_more(
    line: str, code: int, closed: str
) -> None:
    shell = f'"{sys.executable}" -m reconciler {line} {closed}'
    told = subprocess.run(["sh", "-c", shell], stderr=subprocess.PIPE, text=True, cwd=ROOT, check=False)
    assert (told.returncode, "Traceback" in told.stderr) == (code, False)


def test_help_names_every_verb_and_what_it_does(plotman: Callable[..., Answer]) -> None:
    text = plotman("--help").out
    for name, told in VERBS.items():
        assert f"  {name} " in text
        assert told in text


@pytest.mark.parametrize("name", VERBS)
def test_every_verb_has_its_module_and_its_help(name: str, plotman: Callable[..., Answer]) -> None:
    command = import_module(f"{commands.__name__}.{name}").command
    assert isinstance(command, click.Command)
    answer = plotman(name, "--help")
    assert answer.code == 0
    assert answer.out.startswith(f"Usage: plotman {name} ")


@pytest.mark.parametrize(
    "line",
    [
        "", "nonsense", "--nonsense", "plan --nonsense", "plan more", "plan -f", "apply --only dig", "apply a b",
        "apply plan.json --once", "plot --only spawn,dig", "archive --once=yes", "diff --json", "status 1234",
        "details", "files", "logs", "logs a b", "suspend", "suspend --for soon all", "suspend --for 20 all", "resume",
        "kill", "kill all", "ignore", "pause digging", "pause --for", "unpause --for 2h", "kick now", "observe --xml",
        "explain --all", "version 2", "dirs tmp", "dsched x",
    ],
)  # fmt: skip
def test_wrong_usage_exits_64_and_says_why_on_stderr(
    line: str, scratch: Scratch, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", open(os.devnull))  # noqa: SIM115 - closed with the test's process
    answer = scratch.run(*line.split())
    assert (answer.code, answer.out) == (64, "")
    assert answer.err


def test_a_verb_that_is_nearly_right_is_offered(plotman: Callable[..., Answer]) -> None:
    assert "did you mean status?" in plotman("statsu").err
    assert "--observed" in plotman("plan", "--observ", "x").err


def test_a_reader_that_leaves_is_no_news(scratch: Scratch) -> None:
    shell = f"{sys.executable} -m reconciler explain | true"
    told = subprocess.run(["bash", "-c", shell], capture_output=True, text=True, cwd=ROOT, check=True)
    assert told.stderr == ""


@pytest.mark.parametrize(
    ("arguments", "environment", "expected"),
    [
        ((), {"PYTHONIOENCODING": "utf-8"}, "·"),
        (("--ascii",), {"PYTHONIOENCODING": "utf-8"}, "-"),
        ((), {"PYTHONIOENCODING": "ascii"}, "-"),
        ((), {"PYTHONIOENCODING": "latin-1"}, "-"),
    ],
)
def test_symbols_are_what_stdout_can_show(
    scratch: Scratch, arguments: tuple[str, ...], environment: dict[str, str], expected: str
) -> None:
    told = subprocess.run(
        [sys.executable, "-m", "reconciler", *arguments, "plan"],
        capture_output=True, cwd=ROOT, check=True, env={**os.environ, **environment},
    )  # fmt: skip
    assert f" {expected} observed" in told.stdout.decode()
    assert b"\x1b" not in told.stdout
