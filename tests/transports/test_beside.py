"""What is done at a farmer beside a copy, by the shells and tools that farmers have."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from reconciler.errand import Way
from reconciler.inquiry import Login
from reconciler.remote.ran import Ran, Waiting
from reconciler.remote.shell import Shell
from reconciler.transports import beside
from reconciler.transports.beside import Beside, Mounted, lies_below, read_df
from reconciler.transports.failure import Broken, Conflict, Corrupt, Failure, Full, Missing
from reconciler.transports.source import Source
from tests.sick import sick
from tests.transports.farm import MEGABYTE, Farm, nothing

SHELLS = ("dash", "bash", "busybox sh")
NEEDED = ["awk", "dd", "df", "find", "ln", "ls", "mkdir", "mv", "openssl", "rm", "sha256sum", "sync", "touch"]
TOOLS: Mapping[str, Mapping[str, str | None]] = {
    "its own": {},
    "no links": {"ln": "echo 'ln: Operation not permitted' >&2; exit 1"},
    "no sync of one file": {"sync": ":"},
    "no find, no sha256sum": {"find": None, "sha256sum": None},
}
"""What is particular to a farmer's tools: the text of one, or None where there is none."""


class Here(Shell):
    """A farmer's shell, run on this machine with the tools in that folder, and no others."""

    def __init__(self, shell: str, folder: Path, tools: Mapping[str, str | None]) -> None:
        super().__init__(Login(host="nowhere"))
        program, *words = shell.split()
        found = shutil.which(program)
        assert found is not None
        self._argv = [found, *words]
        self._env = {"PATH": str(folder)}
        folder.mkdir()
        for name in NEEDED:
            text = tools.get(name, "")
            tool = found if words else shutil.which(name)
            if text:
                (folder / name).write_text(f"#!/bin/sh\n{text}\n")
                (folder / name).chmod(0o755)
            elif text is not None and tool is not None and not (words and name == "openssl"):
                (folder / name).symlink_to(tool)

    def run(self, script: str, *arguments: str, deadline: float, waiting: Waiting | None = None) -> Ran:
        text = f"main() {{\n{script}\n}}\nmain {shlex.join(arguments)} </dev/null\n"
        ran = subprocess.run(
            [*self._argv, "-s"],
            input=os.fsencode(text),
            capture_output=True,
            env=self._env,
            timeout=deadline,
            check=False,
        )
        return Ran(ran.returncode, os.fsdecode(ran.stdout), os.fsdecode(ran.stderr))


class Appending(Beside):
    """A transport whose program appends what is missing."""

    def copy(self, source: Source) -> None:
        whole = b"".join(source.blocks())
        with open(self.part, "ab") as file:
            file.write(whole[file.tell() :])


@pytest.fixture(params=[(shell, tools) for shell in SHELLS for tools in TOOLS], ids=": ".join)
def shell(request: pytest.FixtureRequest, tmp_path: Path) -> Here:
    name, tools = request.param
    if shutil.which(name.split()[0]) is None:
        pytest.skip(f"no {name} here")
    return Here(name, tmp_path / "bin", TOOLS[tools])


@pytest.fixture(autouse=True)
def _quiet_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(beside, "QUIET", 0.0)


def at(farm: Farm, shell: Shell, way: Way | None = None) -> Appending:
    errand = replace(farm.errand, way=way or Way(verify="sha256"))
    return Appending(errand, lambda _done: None, nothing, shell)


def bring(target: Appending, source: Source) -> None:
    target.reserve(source)
    target.copy(source)
    target.sync()
    target.verify(source)
    target.publish(source)


@pytest.mark.parametrize("name", ["usual.plot", '-n it\'s\n*?[a] $x `y` "z" \\.plot', os.fsdecode(b"\xff")])
def test_a_plot_gets_its_name_and_is_known_again(here: Farm, shell: Here, name: str) -> None:
    farm = here.called(name)
    data = farm.put(70_000)
    with Source(farm.errand.path) as source, at(farm, shell) as target:
        assert target.stands() is None
        assert not target.same(source)
        bring(target, source)
        assert target.stands() == len(data)
        assert target.same(source)
    assert os.listdir(farm.disk) == [name]
    assert farm.at_target.read_bytes() == data


def test_a_plot_of_which_nothing_can_be_told_is_not_taken_for_absent(here: Farm, shell: Here) -> None:
    here.put(1000)
    with sick(here.disk, here.plot), Source(here.errand.path) as source, at(here, shell) as target:
        with pytest.raises(Broken, match="Structure needs cleaning"):
            target.same(source)
        with pytest.raises(Broken, match="Structure needs cleaning"):
            target.stands()


def test_a_part_file_of_ours_is_taken_up_and_damage_in_it_found(here: Farm, shell: Here) -> None:
    data = here.put(3 * MEGABYTE)
    torn = data[: 2 * MEGABYTE] + b"written twice"
    for standing, damaged in ((data[:30_000], False), (torn, False), (data, False), (b"!" + data[1:], True)):
        here.part(len(data)).write_bytes(standing)
        with Source(here.errand.path) as source, at(here, shell, Way()) as target:
            if damaged:
                with pytest.raises(Corrupt, match="sha256"):
                    bring(target, source)
                target.discard()
            else:
                bring(target, source)
                assert here.at_target.read_bytes() == data
                here.at_target.unlink()
    assert os.listdir(here.disk) == []


def test_what_cannot_be_of_this_plot_is_made_anew(here: Farm, shell: Here) -> None:
    data = here.put(1000)
    elsewhere = here.logs / "elsewhere"
    elsewhere.write_bytes(b"published")
    os.link(elsewhere, here.part(1000))
    with Source(here.errand.path) as source, at(here, shell) as target:
        target.reserve(source)
        target.discard()
        here.part(1000).write_bytes(data + b"longer")
        bring(target, source)
    assert here.at_target.read_bytes() == data
    assert elsewhere.read_bytes() == b"published"


def test_no_name_is_ever_replaced(here: Farm, shell: Here) -> None:
    here.put(1000)
    with Source(here.errand.path) as source, at(here, shell) as target:
        target.reserve(source)
        target.copy(source)
        here.at_target.write_bytes(b"other")
        with pytest.raises(Conflict, match="5 bytes, not 1000"):
            target.publish(source)
        here.at_target.unlink()
        here.at_target.symlink_to("nowhere")
        with pytest.raises(Conflict, match="no regular file"):
            target.publish(source)
        target.discard()
    assert os.listdir(here.disk) == [here.plot]


def test_a_part_name_that_is_no_file_is_left_alone(here: Farm, shell: Here) -> None:
    here.put(1000)
    os.mkfifo(here.part(1000))
    with Source(here.errand.path) as source, at(here, shell) as target:
        with pytest.raises(Conflict, match="no regular file"):
            target.reserve(source)
        target.discard()
    assert here.part(1000).is_fifo()


@pytest.mark.parametrize("tools", list(TOOLS)[:2])
def test_the_target_folder_is_made_only_on_a_disk_that_is_there(
    here: Farm, tmp_path: Path, tools: str
) -> None:
    here.put(1000)
    folder = replace(here, disk=here.disk / "new" / "plots")
    with Source(here.errand.path) as source:
        with at(folder, Here("sh", tmp_path / "bin", TOOLS[tools]), Way(folder="new/plots")) as target:
            assert target.stands() is None
            assert not target.same(source)
            bring(target, source)
        assert os.listdir(folder.disk) == [here.plot]
        shutil.rmtree(here.disk)
        with (
            at(folder, Here("sh", tmp_path / "bin2", {}), Way(folder="new/plots")) as target,
            pytest.raises(Missing),
        ):
            target.reserve(source)
    assert not here.disk.exists()


DF = "Filesystem 1024-blocks Used Available Capacity Mounted on\n"


@pytest.mark.parametrize(
    ("line", "read"),
    [
        ("/dev/sda1   15000 14000  1000  94% /farm/00", Mounted(1_024_000, "/farm/00")),
        ("//nas/my share 15000 14000 1000 94% /mnt/my disk", Mounted(1_024_000, "/mnt/my disk")),
        ("tmpfs 0 0 0 - /dev/mq", Mounted(0, "/dev/mq")),
        ("/dev/ada0p2 15000 15500 -500 103% /", Mounted(-512_000, "/")),
        ("df: /farm/00: Input/output error", None),
        ("", None),
    ],
)
def test_df_is_read_by_its_columns(line: str, read: Mounted | None) -> None:
    assert read_df(f"{DF}{line}\n") == read


@pytest.mark.parametrize(
    ("mount", "folder", "below"),
    [
        ("/farm/00", "/farm", True),
        ("/farm", "/farm", False),
        ("/", "/farm", False),
        ("/farmer/00", "/farm", False),
        ("/farm", "/", True),
        ("/", "/", False),
    ],
)
def test_a_disk_lies_on_a_mount_point_of_its_own(
    here: Farm, tmp_path: Path, mount: str, folder: str, below: bool
) -> None:
    assert lies_below(mount, folder) is below
    here.put(1000)
    df = {"df": f"echo '{DF}/dev/sda1 9000 1000 8000 12% {mount}'"}
    with (
        Source(here.errand.path) as source,
        at(here, Here("sh", tmp_path / "bin", df), Way(beyond=folder)) as target,
    ):
        if below:
            target.reserve(source)
        else:
            with pytest.raises(Missing, match="not mounted"):
                target.reserve(source)
            assert os.listdir(here.disk) == []


def test_the_floor_stays_free(here: Farm, tmp_path: Path) -> None:
    here.put(10_000)
    df = {"df": f"echo '{DF}/dev/sda1 90 70 20 77% /farm'"}
    shell = Here("sh", tmp_path / "bin", df)
    with Source(here.errand.path) as source:
        with at(here, shell, Way(floor=10_000)) as target:
            target.reserve(source)
            target.discard()
        with at(here, shell, Way(floor=10_500)) as target, pytest.raises(Full, match="20 bytes more"):
            target.reserve(source)


@pytest.mark.parametrize(
    ("words", "kind"),
    [
        ("sh: 1: cannot create ./x: Read-only file system", "refused"),
        ("touch: cannot touch './x': Permission denied", "refused"),
        ("sync: error syncing './x': No space left on device", "full"),
        ("dd: error writing './x': Input/output error", "broken"),
        ("", "broken"),
    ],
)
def test_what_a_farmer_says_becomes_a_failure(here: Farm, tmp_path: Path, words: str, kind: str) -> None:
    here.put(1000)
    tools = {
        "ls": f"echo {shlex.quote(words)} >&2; exit 1",
        "touch": f"echo {shlex.quote(words)} >&2; exit 1",
    }
    here.part(1000).write_bytes(b"ours")
    with (
        Source(here.errand.path) as source,
        at(here, Here("sh", tmp_path / "bin", tools)) as target,
        pytest.raises(Failure) as raised,
    ):
        target.reserve(source)
    assert raised.value.kind == kind
    assert words in str(raised.value)
