"""Definitions are listed, shown and checked, and logs are read, as the definitions say."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tracemalloc
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from reconciler.commands import logfiles
from reconciler.plotters import Plotters

from .conftest import Answer
from .plotlogs import NAMES, plot_id, plotters, sample, write_journal

Run = Callable[..., Answer]

ROOT = Path(__file__).parents[2]
REAL = ROOT.parent / "shared" / "plotter-logs"
DEFINITIONS = ROOT / "reconciler" / "plotters" / "definitions"


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of a user's own definitions, beside a spec that need not exist."""
    monkeypatch.setenv("PLOTMAN_SPEC", str(tmp_path / "plotman.yaml"))
    (tmp_path / "plotters").mkdir()
    return tmp_path / "plotters"


@pytest.fixture
def log(tmp_path: Path) -> Path:
    path = tmp_path / "some.log"
    path.write_text(sample(plotters()["chia"]))
    return path


def index() -> list[dict[str, Any]]:
    """What the real logs say, where this machine has them."""
    path = REAL / "INDEX.yaml"
    entries: list[dict[str, Any]] = yaml.safe_load(path.read_text()) if path.exists() else []
    return [entry for entry in entries if entry["plotter"] in {each.family for each in plotters().values()}]


# list and show


def test_every_definition_is_listed(plotman: Run) -> None:
    lines = plotman("plotter", "list").out.splitlines()[1:]
    assert [line.split()[0] for line in lines] == NAMES
    document = json.loads(plotman("plotter", "list", "--json").out)
    assert [entry["name"] for entry in document] == NAMES
    assert all(entry["about"] and entry["family"] and entry["phases"] for entry in document)


@pytest.mark.parametrize("name", NAMES)
def test_what_is_shown_is_a_definition_of_its_own_right(name: str, plotman: Run, tmp_path: Path) -> None:
    shown = plotman("plotter", "show", name).out
    copy = tmp_path / "copy.yaml"
    copy.write_text(shown)
    assert plotman("plotter", "check", copy).out.startswith(f"{copy} is sound: {name}, ")
    (tmp_path / "only").mkdir()
    copy.rename(tmp_path / "only" / "copy.yaml")
    again = Plotters.load([str(tmp_path / "only")])[name].definition
    assert again == replace(plotters()[name].definition, like=None)


def test_a_users_own_definition_counts_everywhere(plotman: Run, folder: Path, tmp_path: Path) -> None:
    theirs = plotman("plotter", "show", "madmax").out.replace("name: madmax", "name: mine")
    (folder / "mine.yaml").write_text(
        theirs.replace("Plot Name: ", "My Name: ").replace("family: madmax\n", "")
    )
    assert "mine" in [entry["name"] for entry in json.loads(plotman("plotter", "list", "--json").out)]
    assert yaml.safe_load(plotman("plotter", "show", "mine").out)["name"] == "mine"
    log = tmp_path / "mine.log"
    log.write_text(sample(plotters()["madmax"]).replace("Plot Name: ", "My Name: "))
    read = json.loads(plotman("plotter", "read", "--json", log).out)
    assert (read["plotter"], read["plots"][0]["plot_id"]) == ("mine", plot_id(1))


def test_a_plotter_that_is_nearly_named_right_is_offered(plotman: Run, log: Path) -> None:
    for arguments in (("show", "madmaxx"), ("read", log, "--plotter", "madmaxx")):
        answer = plotman("plotter", *arguments)
        assert (answer.code, answer.out) == (64, "")
        assert "did you mean madmax?" in answer.err


def test_a_broken_definition_of_the_users_is_told_at_its_place(plotman: Run, folder: Path, log: Path) -> None:
    (folder / "broken.yaml").write_text("version: 1\nname: broken\nabuot: x\n")
    for arguments in (("list",), ("show", "chia"), ("read", log)):
        answer = plotman("plotter", *arguments)
        assert (answer.code, answer.out) == (65, "")
        assert f"{folder}/broken.yaml:3:1: abuot: " in answer.err


# read


@pytest.mark.parametrize("entry", index(), ids=lambda entry: str(entry["file"]))
def test_real_logs_are_read_as_their_index_says(entry: Mapping[str, Any], plotman: Run) -> None:
    answer = plotman("plotter", "read", "--json", REAL / entry["file"])
    assert (answer.code, answer.err) == (0, "")
    read = json.loads(answer.out)
    assert read["file"] == str(REAL / entry["file"])
    assert list(read) == ["file", "plotter", "mode", "version", "startup_error", "plots"]
    for field in ("plotter", "mode", "version", "startup_error"):
        assert read[field] == entry[field], field
    assert [list(plot) for plot in read["plots"]] == [list(plot) for plot in entry["plots"]]
    assert read["plots"] == entry["plots"]


@pytest.mark.parametrize("name", NAMES)
def test_every_sample_is_read_as_its_plotters(name: str, plotman: Run, tmp_path: Path) -> None:
    log = tmp_path / "sample.log"
    log.write_text(sample(plotters()[name], 1) + sample(plotters()[name], 2))
    read = json.loads(plotman("plotter", "read", "--json", log, "--plotter", name).out)
    assert (read["plotter"], read["startup_error"]) == (plotters()[name].family, None)
    assert [plot["plot_id"] for plot in read["plots"]] == [plot_id(1), plot_id(2)]
    assert read["plots"][0]["plotting_done"] is True
    # Several plotters may print the same; whichever is guessed, no plot is lost.
    guessed = json.loads(plotman("plotter", "read", "--json", log).out)
    assert [plot["plot_id"] for plot in guessed["plots"]] == [plot_id(1), plot_id(2)]


def test_one_log_is_an_object_and_several_are_a_list(plotman: Run, log: Path) -> None:
    one = json.loads(plotman("plotter", "read", log, "--json").out)
    assert json.loads(plotman("plotter", "read", log, log, "--json").out) == [one, one]


def test_without_json_each_plot_is_a_row(plotman: Run, log: Path) -> None:
    log.write_text(sample(plotters()["chia"], 1) + sample(plotters()["chia"], 2, lines=14))
    header, one, two = plotman("plotter", "read", log).out.splitlines()
    assert header.split()[:4] == ["log", "plotter", "plot", "k"]
    assert one.split()[2:5] == [plot_id(1)[:8], "32", "/mnt/tmp/00"]
    assert one.endswith("delivered")
    assert two.endswith("not done")


def test_a_journals_log_is_its_records_plotters(plotman: Run, tmp_path: Path) -> None:
    write_journal(tmp_path, 1, sample(plotters()["madmax"]), plotter="madmax")
    write_journal(tmp_path, 2, "", plotter="madmax")
    full, empty = json.loads(plotman("plotter", "read", "--json", *sorted(tmp_path.glob("*.log"))).out)
    assert (full["plotter"], len(full["plots"])) == ("madmax", 1)
    assert (empty["plotter"], empty["plots"]) == ("madmax", [])


def _missing(path: Path) -> None:
    path.unlink()


def _folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


def _fifo(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


def _binary(path: Path) -> None:
    path.write_bytes(bytes(range(256)) * 50)


def _empty(path: Path) -> None:
    path.write_bytes(b"")


def _no_log(path: Path) -> None:
    path.write_text("a letter to a friend\n" * 9)


BROKEN: Mapping[str, tuple[Callable[[Path], None], str]] = {
    "missing": (_missing, "cannot be read: no such file or directory"),
    "a folder": (_folder, "cannot be read: is a directory"),
    "a fifo": (_fifo, "is no regular file; a log is"),
    "binary": (_binary, "is no text; a plotter's log is"),
    "empty": (_empty, "holds no line that means anything to a plotter"),
    "no log": (_no_log, "holds no line that means anything to a plotter"),
}


@pytest.mark.parametrize("kind", BROKEN)
def test_a_file_that_is_no_log_is_named_and_costs_nothing_else(
    kind: str, plotman: Run, tmp_path: Path, log: Path
) -> None:
    other = tmp_path / "other.log"
    other.write_text("x")
    spoil, says = BROKEN[kind]
    spoil(other)
    answer = plotman("plotter", "read", "--json", other, log)
    assert answer.code == 4
    assert f"{other} {says}" in answer.err
    assert [read["file"] for read in json.loads(answer.out)] == [str(log)]
    alone = plotman("plotter", "read", "--json", other)
    assert (alone.code, alone.out) == (4, "")


def test_a_name_that_no_file_can_have_is_told(plotman: Run) -> None:
    answer = plotman("plotter", "read", "a\0b")
    assert answer.code == 4
    assert "a?b cannot be read" in answer.err


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads everything")
def test_a_log_of_someone_else_is_told(plotman: Run, log: Path) -> None:
    log.chmod(0)
    assert "cannot be read: permission denied" in plotman("plotter", "read", log).err


def test_zeros_of_a_power_cut_do_not_hide_a_log(plotman: Run, log: Path) -> None:
    log.write_bytes(log.read_bytes() + bytes(5000))
    assert json.loads(plotman("plotter", "read", "--json", log).out)["plots"][0]["delivered"] is True


def test_a_log_that_begins_with_much_else_is_told_by_what_follows(plotman: Run, log: Path) -> None:
    text = log.read_text()
    # The first line that means something is cut in two where a block ends.
    first = text.index("Starting plotting") + 20
    noise = "n" * 99 + "\n"
    count, rest = divmod(logfiles.BLOCK - first, len(noise))
    log.write_text(noise * count + "n" * (rest - 1) + "\n" + text)
    plot = json.loads(plotman("plotter", "read", "--json", log).out)["plots"][0]
    assert (plot["tmp_dir"], plot["plot_id"]) == ("/mnt/tmp/00", plot_id(1))


@pytest.mark.parametrize("line", [b"x" * 999 + b"\n", b"x" * 1000])
def test_memory_does_not_grow_with_the_log(line: bytes, log: Path) -> None:
    start = log.read_bytes()
    with log.open("wb") as file:
        file.write(start[: len(start) // 2])
        for _ in range(24):
            file.write(line * 1000)
    logfiles.read(str(log), plotters())
    tracemalloc.start()
    try:
        logfiles.read(str(log), plotters())
        assert tracemalloc.get_traced_memory()[1] < 12 * logfiles.BLOCK
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("terminal", [True, False])
def test_progress_is_shown_on_a_terminal_only_and_apart_from_the_answer(terminal: bool, log: Path) -> None:
    code = "from reconciler.commands import main, progress; progress.LONG = 0; main()"
    leader, follower = os.openpty()
    shown = b""
    with subprocess.Popen(
        [sys.executable, "-c", code, "plotter", "read", "--json", log],
        stdout=subprocess.PIPE, stderr=follower if terminal else subprocess.PIPE, cwd=ROOT,
    ) as process:  # fmt: skip
        os.close(follower)
        try:
            while block := os.read(leader, 65536):
                shown += block
        except OSError:
            pass  # Linux says EIO where nobody holds the other end any more.
        os.close(leader)
        out, err = process.communicate(timeout=60)
    assert json.loads(out)["plots"][0]["plot_id"] == plot_id(1)
    assert (b"reading 1 log" in shown) == terminal
    assert not err


def test_keys_in_an_error_are_shortened(plotman: Run, log: Path) -> None:
    log.write_text(f"Caught plotting error: bad key {'ab' * 48}\n")
    read = plotman("plotter", "read", "--json", "--plotter", "chia", log).out
    assert "ab" * 10 not in read
    assert "bad key abababab" in read


# check


@pytest.mark.parametrize("name", NAMES)
def test_check_shows_each_line_with_what_is_read_from_it(name: str, plotman: Run, tmp_path: Path) -> None:
    log = tmp_path / "sample.log"
    log.write_text(sample(plotters()[name]))
    answer = plotman("plotter", "check", DEFINITIONS / f"{name}.yaml", "--log", log)
    assert (answer.code, answer.err) == (0, "")
    lines = answer.out.splitlines()[2:]
    numbered = [line for line in lines if line[:6].strip()]
    assert [int(line[:6]) for line in numbered] == list(range(1, len(log.read_text().splitlines()) + 1))
    facts = [line.split(" = ", 1)[1] for line in lines if not line[:6].strip()]
    assert f"plot_id {plot_id(1)}" in facts
    told = [fact.removeprefix("phase ") for fact in facts if fact.startswith("phase ")]
    assert told == sorted(told) and told
    assert numbered[-1][8:11] == told[-1]
    assert facts.count("plotting_done yes") == 1


def test_check_tells_a_line_that_is_not_whole(plotman: Run, log: Path) -> None:
    log.write_text("ID: 12")
    lines = plotman("plotter", "check", DEFINITIONS / "chia.yaml", "--log", log).out.splitlines()
    assert lines[2:] == ["     1  -    ID: 12", "line 1 is not whole yet, and so not read"]


def test_check_tells_of_an_empty_log_nothing(plotman: Run, log: Path) -> None:
    log.write_text("")
    answer = plotman("plotter", "check", DEFINITIONS / "chia.yaml", "--log", log)
    assert (answer.code, answer.out.splitlines()[1:]) == (0, [""])


FAULTY = {
    "unknown key": ("version: 1\nname: chia\nlike: chiapos\nabuot: x\n", ":4:1: abuot: "),
    "like none": ("version: 1\nname: x\nlike: chiapoz\n", ":3:7: like: "),
    "duplicate key": ("version: 1\nname: x\nname: y\n", ":3:1: name: "),
    "empty": ("", ":1:1:"),
    "a list": ("- 1\n", ":1:1:"),
    "no YAML": ("a: [\n", "plotter.yaml:"),
}


@pytest.mark.parametrize("kind", FAULTY)
def test_a_faulty_definition_is_told_at_its_place(kind: str, plotman: Run, tmp_path: Path) -> None:
    text, says = FAULTY[kind]
    path = tmp_path / "plotter.yaml"
    path.write_text(text)
    answer = plotman("plotter", "check", path)
    assert (answer.code, answer.out) == (65, "")
    assert says in answer.err
    assert all(line.startswith(str(path)) for line in answer.err.splitlines())


def test_a_definition_that_is_not_there_is_told(plotman: Run, tmp_path: Path) -> None:
    answer = plotman("plotter", "check", tmp_path / "none.yaml")
    assert (answer.code, answer.out) == (65, "")
    assert "none.yaml: cannot be read" in answer.err


def test_a_definition_of_the_users_folder_is_checked_there_and_its_faults_are_told_once(
    plotman: Run, folder: Path
) -> None:
    base = plotman("plotter", "show", "chiapos").out.replace("name: chiapos", "name: base")
    (folder / "base.yaml").write_text(base)
    mine = folder / "mine.yaml"
    command = "command: {programs: [mine], executable: mine}\n"
    mine.write_text(f"version: 1\nname: mine\nabout: mine\nlike: base\n{command}")
    assert plotman("plotter", "check", mine).code == 0
    mine.write_text(mine.read_text() + "wrong: 1\n")
    assert len(plotman("plotter", "check", mine).err.splitlines()) == 1


def test_check_shows_what_is_read_from_a_command_line(plotman: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir("/usr")
    given = ["chia", "plots", "create", "-k", "33", "-t", "lib", "--log", "x y", "-r", "4", "-f", "ab" * 48]
    answer = plotman("plotter", "check", DEFINITIONS / "chia.yaml", "--argv", *given)
    facts = dict(
        line.split(maxsplit=1) for line in answer.out.splitlines()[2:] if not line.startswith("option")
    )
    assert (facts["k"], facts["tmp"], facts["tmp2"]) == ("33", "/usr/lib", "-")
    assert facts["extras"] == "--log x y (not known to this definition)"
    assert "option threads  4" in answer.out
    assert "abababab" not in answer.out


def test_a_command_line_may_be_one_quoted_word(plotman: Run) -> None:
    quoted = plotman(
        "plotter", "check", DEFINITIONS / "chia.yaml", "--argv", "chia plots create -k 34 -t '/a b'"
    )
    assert "/a b" in quoted.out
    given = plotman("plotter", "check", DEFINITIONS / "chia.yaml", "--argv=chia plots create -k 34 -t '/a b'")
    assert given.out == quoted.out


def test_a_command_line_of_another_plotter_is_told(plotman: Run) -> None:
    answer = plotman("plotter", "check", DEFINITIONS / "chia.yaml", "--argv", "chia_plot", "-t", "/t/")
    assert answer.code == 1
    assert "is no job of chia, but one of madmax" in answer.err
    answer = plotman("plotter", "check", DEFINITIONS / "chia.yaml", "--argv", "sleep", "5")
    assert "is no job of chia, nor of any other" in answer.err


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("plotter nonsense", 64), ("plotter list more", 64), ("plotter list --nonsense", 64),
        ("plotter show", 64), ("plotter show chia chia", 64), ("plotter show ''", 64), ("plotter read", 64),
        ("plotter read --json", 64), ("plotter read --plotter", 64), ("plotter read --xml {log}", 64),
        ("plotter check", 64), ("plotter check {chia} --argv", 64), ("plotter check {chia} --argv \"'\"", 64),
        ("plotter check {chia} --log", 64), ("plotter check {chia} {chia}", 64),
        ("plotter check {chia} --log {log}.none", 1), ("plotter check {chia} --log /", 1),
    ],
)  # fmt: skip
def test_wrong_usage_says_why(line: str, code: int, log: Path) -> None:
    shell = f"{sys.executable} -m reconciler {line.format(log=log, chia=DEFINITIONS / 'chia.yaml')}"
    told = subprocess.run(["bash", "-c", shell], capture_output=True, text=True, cwd=ROOT, check=False)
    assert told.returncode == code
    assert told.stderr
    assert "Traceback" not in told.stderr
