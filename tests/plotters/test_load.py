"""Definitions from files: every fault at its place, users' own beside the packaged ones."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from reconciler.errors import PlotterError
from reconciler.plotters import Plotters
from reconciler.plotters.files import PACKAGED

CHIA = Path(PACKAGED, "chia.yaml").read_text(encoding="utf-8")
CHIAPOS = Path(PACKAGED, "chiapos.yaml").read_text(encoding="utf-8")


def faults(folder: Path, text: str) -> list[str]:
    (folder / "mine.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(PlotterError) as caught:
        Plotters.load([str(folder)])
    return [str(problem).removeprefix(f"{folder}/") for problem in caught.value.problems]


def place(text: str, needle: str) -> str:
    before = text[: text.index(needle)]
    return f"mine.yaml:{before.count(chr(10)) + 1}:{len(before) - before.rfind(chr(10))}"


def test_the_packaged_definitions_are_sound(tmp_path: Path, plotters: Plotters) -> None:
    """They are taken at their word when packaged, so here they are looked at like anybody's."""
    folder = shutil.copytree(PACKAGED, tmp_path / "plotters")
    assert Plotters.load([str(folder)]).keys() == plotters.keys()
    assert len(plotters) >= 17


def test_a_users_definition_stands_beside_the_packaged_ones(tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text(
        CHIA.replace("name: chia\n", "name: mine\n").replace("[chia, chia.bin]", "[mine-plotter]"),
        encoding="utf-8",
    )
    found = Plotters.load([str(tmp_path), str(tmp_path / "missing")])
    assert found.keys() == Plotters.load().keys() | {"mine"}
    recognised = found.recognise(["/opt/mine-plotter", "plots", "create"])
    assert recognised is found["mine"]
    assert found["mine"].phases == found["chia"].phases


def test_a_users_definition_takes_the_place_of_one_of_its_name(tmp_path: Path) -> None:
    (tmp_path / "chia.yaml").write_text(CHIA.replace("about: ", "about: my own "), encoding="utf-8")
    assert Plotters.load([str(tmp_path)])["chia"].definition.about.startswith("my own ")


@pytest.mark.parametrize(
    ("old", "new", "at", "says"),
    [
        ("'-t', '--tmp_dir'", "-2, '--tmp_dir'", "-2, '--tmp_dir'", "-2 is not text; put it in quotes"),
        ("'-r', '--num_threads'", "'r', '--num_threads'", "'r', '--num", "command.options[4].flags[0]"),
        ("words:", "wrods:", "wrods:", "did you mean words? [unknown-key]"),
        ("about: chia", "aboot: chia", "aboot:", "did you mean about?"),
        ("like: chiapos", "like: chiapo", "chiapo\n", "did you mean chiapos? [like]"),
        ("version: 1", "version: 2", "2\n", "version:"),
        ("type: path", "type: folder", "folder", "type:"),
        ("executable: chia\n", "executable: chia\n  executable: other\n", "executable: other", "given twice"),
        ("programs: [chia, chia.bin]", "programs: [chia", ": chia\n  before", "[syntax]"),
    ],
)
def test_a_fault_is_told_at_its_place(tmp_path: Path, old: str, new: str, at: str, says: str) -> None:
    text = CHIA.replace("name: chia\n", "name: mine\n")
    assert old in text
    text = text.replace(old, new, 1)
    found = faults(tmp_path, text)
    assert any(each.startswith(place(text, at)) and says in each for each in found), found


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("ID: (?P<plot_id>[0-9a-f]{64})$", "ID: (?P<plot_id>[0-9a-f{64})$", "is no regular expression"),
        ("ID: (?P<plot_id>", "(?i)ID: (?P<plot_id>", "is no regular expression"),
        ("Plot size is: (?P<k>\\d+)$", "Plot (size) is: \\1(?P<k>\\d+)$", "refers back to a group"),
        ("(?P<pid>\\d+)", "(?P<bid>\\d+)", "has the group bid, which means nothing"),
        ("(?P<major>\\d) =", "(\\d) =", "major and phase_seconds"),
        ("Computing table (?P<step>\\d)", "Computing table (\\d)", "`steps` and the group `step`"),
        ("phase: '2:0'", "phase: '2'", "a major one alone together with steps"),
        ("{match: 'Copy time", "{next: true, match: 'Copy time", "next, which is for lines marked as error"),
        ("ID: (?P<plot_id>", "Id: (?P<plot_id>", "read by the log rules, does not tell the plot id [sample]"),
        ("marks: [done, delivered]", "marks: [delivered]", "is not seen to be done [sample]"),
        ("share: 0.139", "share: 0.5", "shares that do not add up to 1 [sample]"),
        ("phase: '3:0'", "phase: '4:1'", "phases out of order [sample]"),
    ],
)
def test_a_definition_that_cannot_read_its_own_sample_is_refused(
    tmp_path: Path, old: str, new: str, says: str
) -> None:
    text = CHIAPOS.replace("name: chiapos\n", "name: mine\n")
    assert old in text
    found = faults(tmp_path, text.replace(old, new, 1))
    assert any(says in each for each in found), found


def test_all_faults_are_told_at_once(tmp_path: Path) -> None:
    (tmp_path / "other.yaml").write_text("name: [", encoding="utf-8")
    text = CHIA.replace("name: chia\n", "name: mine\n").replace("words:", "wrods:").replace("'-e',", "-e,", 1)
    assert len(faults(tmp_path, text.replace("value: nobitfield", "value: 7"))) >= 3


@pytest.mark.parametrize("content", [b"", b"\xff\xfe\x00", b"[]", b"name: x", b"- " * 3000, b"a: &a [*a]"])
def test_a_file_that_is_no_definition_is_a_problem_and_no_crash(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "mine.yaml").write_bytes(content)
    with pytest.raises(PlotterError) as caught:
        Plotters.load([str(tmp_path)])
    assert caught.value.problems[0].file.endswith("mine.yaml")


def test_a_definition_may_be_like_one_that_is_like_another(tmp_path: Path) -> None:
    text = CHIA.replace("name: chia\n", "name: mine\n").replace("[chia, chia.bin]", "[mine]")
    (tmp_path / "mine.yaml").write_text(text.replace("like: chiapos", "like: chia-chiapos"), encoding="utf-8")
    found = Plotters.load([str(tmp_path)])
    assert found["mine"].definition.log == found["chiapos"].definition.log


def test_definitions_that_are_like_each_other_are_refused(tmp_path: Path) -> None:
    for name, like in (("mine", "other"), ("other", "mine")):
        text = CHIA.replace("name: chia\n", f"name: {name}\n").replace("like: chiapos", f"like: {like}")
        (tmp_path / f"{name}.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(PlotterError) as caught:
        Plotters.load([str(tmp_path)])
    assert [problem.rule for problem in caught.value.problems] == ["like", "like"]


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("programs: [chia, chia.bin]", "programs: []", "no process could be recognised"),
        ("executable: chia\n", "executable: 'chia_{k}'\n", "needs ks"),
        ("executable: chia\n", "executable: chia\n  ks: [32]\n", ""),
        (
            "'-r', '--num_threads'], value: threads",
            "'-r', '--num_threads'], value: buckets",
            "buckets in two rows",
        ),
    ],
)
def test_a_command_that_contradicts_itself_is_refused(tmp_path: Path, old: str, new: str, says: str) -> None:
    text = CHIA.replace("name: chia\n", "name: mine\n")
    assert old in text
    if says:
        assert any(says in each for each in faults(tmp_path, text.replace(old, new, 1)))
        return
    (tmp_path / "mine.yaml").write_text(text.replace(old, new, 1), encoding="utf-8")
    assert Plotters.load([str(tmp_path)])["mine"].definition.command.ks == (32,)
