"""Commands that find their documents in the cache say what those say that read them, and load less for it."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from reconciler.commands import recalled
from reconciler.commands.context import Farm
from reconciler.spec.files import DISK

from .conftest import Answer, Scratch

ROOT = Path(__file__).parents[2]
JUDGES = ("jsonschema", "pydantic", "yaml")
LOOKS = (
    "import atexit, sys;"
    f"atexit.register(lambda: print([name for name in {JUDGES} if name in sys.modules], file=sys.stderr));"
    "from reconciler.commands import main; main()"
)


@pytest.fixture
def kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where entries lie."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache" / "plotman" / "read"


def loads(line: str) -> tuple[str, list[str]]:
    """What a command of a process of its own prints, and which judges it has loaded."""
    told = subprocess.run(
        [sys.executable, "-c", LOOKS, *line.split()],
        capture_output=True, text=True, env={**os.environ, "PYTHONPATH": str(ROOT)}, check=True,
    )  # fmt: skip
    found: list[str] = ast.literal_eval(told.stderr.splitlines()[-1])
    return told.stdout, found


@pytest.mark.parametrize(
    "line", ["status", "dirs", "dsched", "plan", "explain", "observe", "apply --dry-run", "apply --once"]
)
def test_a_spec_that_is_known_is_not_judged_again(line: str, scratch: Scratch, kept: Path) -> None:
    first, judges = loads(line)
    assert judges == list(JUDGES)
    again, judges = loads(line)
    assert judges == []
    assert line != "status" or again == first


def test_warnings_are_told_every_time(scratch: Scratch, kept: Path) -> None:
    text = scratch.spec.read_text().replace("space: {floor: 0, resume: 0}", "space: {floor: 100GB}")
    scratch.spec.write_text(text)
    first = scratch.run("status")
    assert (first.code, first.err.count("[resume-below-floor] warning")) == (0, 1)
    assert scratch.run("status") == first
    assert len(list(kept.iterdir())) == 2


def test_a_spec_that_changed_is_read_anew(scratch: Scratch, kept: Path) -> None:
    assert scratch.run("status").code == 0
    before = scratch.spec.stat()
    text = scratch.spec.read_text()
    scratch.spec.write_text(text.replace("k: 25", "k: 99"))
    os.utime(scratch.spec, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert scratch.run("status").code == 65
    scratch.spec.write_text(text)
    assert scratch.run("status").code == 0
    scratch.spec.unlink()
    assert scratch.run("status").code == 65


def test_a_layer_that_changed_is_read_anew(scratch: Scratch, kept: Path) -> None:
    base = scratch.spec.with_name("base.yaml")
    scratch.spec.rename(base)
    scratch.spec.write_text("extends: base.yaml\n")
    assert scratch.run("status").code == 0
    base.write_text(base.read_text().replace("k: 25", "k: 99"))
    assert scratch.run("status").code == 65


def test_a_plotter_that_comes_and_goes_is_seen(
    scratch: Scratch, kept: Path, plotman: Callable[..., Answer]
) -> None:
    names = set(recalled.plotters(str(scratch.spec)))
    own = scratch.root / "plotters" / "own.yaml"
    own.parent.mkdir()
    own.write_text(plotman("plotter", "show", "chia").out.replace("name: chia", "name: mine", 1))
    assert set(recalled.plotters(str(scratch.spec))) == names | {"mine"}
    assert set(recalled.plotters(str(scratch.spec))) == names | {"mine"}
    own.write_text("name: mine")
    assert scratch.run("status").code == 65
    own.unlink()
    assert set(recalled.plotters(str(scratch.spec))) == names


def test_a_spec_that_is_valid_and_does_not_fit_is_refused_every_time(scratch: Scratch, kept: Path) -> None:
    scratch.spec.write_text(scratch.spec.read_text().replace("  k: 25", "  k: 25\n  options: {nonsense: 1}"))
    first = scratch.run("status")
    assert first.code == 65
    assert scratch.run("status") == first


def test_logs_are_read_on_where_the_last_command_stopped(
    scratch: Scratch, kept: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recalled, "NEWS", 1)
    scratch.one_job()
    (log,) = (scratch.root / "logs").glob("*.plot.log")
    Farm.open(None).look()
    more = b"Computing table 2\nForward propagation table time: 1.000 seconds. CPU (100.000%)\n"
    with log.open("ab") as file:
        file.write(more)
    monkeypatch.setattr(recalled, "NEWS", 1 << 40)
    farm = Farm.open(None)
    again = farm.look()
    assert farm.observer.logbook.news == len(more)
    monkeypatch.setenv("XDG_CACHE_HOME", "/dev/null")
    anew = Farm.open(None).look()
    assert again.all_jobs == anew.all_jobs
    assert again.starts == anew.starts


def test_other_definitions_read_logs_from_their_beginning(
    scratch: Scratch, kept: Path, plotman: Callable[..., Answer], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recalled, "NEWS", 1)
    scratch.one_job()
    Farm.open(None).look()
    assert recalled.Logs(str(scratch.spec)).kept
    own = scratch.root / "plotters" / "own.yaml"
    own.parent.mkdir()
    own.write_text(plotman("plotter", "show", "chia").out)
    assert not recalled.Logs(str(scratch.spec)).kept


def test_whoever_stays_leaves_the_judging_to_another(scratch: Scratch, kept: Path) -> None:
    code = (
        "import sys; from reconciler.commands.context import Farm; farm = Farm.open(None, following=True);"
        f"print(farm.loaded.digest, [name for name in {JUDGES} if name in sys.modules])"
    )
    told = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True, text=True, env={**os.environ, "PYTHONPATH": str(ROOT)}, check=True,
    )  # fmt: skip
    assert told.stdout == f"{recalled.spec(str(scratch.spec), DISK).digest} []\n"


def test_what_another_may_not_keep_is_judged_here(
    scratch: Scratch, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", "/proc/nowhere")
    recalled.beforehand(str(scratch.spec))
    assert recalled.spec(str(scratch.spec), DISK).spec.plotting is not None
    scratch.spec.write_text("version: 3")
    recalled.beforehand(str(scratch.spec))
    assert scratch.run("status").code == 65
