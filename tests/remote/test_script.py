"""The script itself, in every shell and with every set of tools that this machine has."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from reconciler.inquiry import HEAD, Question, Volume
from reconciler.remote import reply
from reconciler.remote.script import HEADS, quote_pattern, script_for
from reconciler.state import Absent, Fact, Known, Unknown
from tests.remote.conftest import PLOT, Mount
from tests.sick import sick

PART = f".{PLOT}.5000.plotter2.part"
Ask = Callable[..., dict[str, Fact[Volume]]]
SHELLS = ["dash", "bash", "ksh", "busybox"]


@pytest.fixture(params=SHELLS)
def shell(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[list[str]]:
    """A shell's command; BusyBox brings its own tools."""
    name = str(request.param)
    path = shutil.which(name)
    if path is None:
        pytest.skip(f"no {name} here")
    if name != "busybox":
        yield [path]
        return
    tools = tmp_path / "busybox"
    tools.mkdir()
    applets = subprocess.run([path, "--list"], capture_output=True, text=True, check=True).stdout.split()
    for applet in applets:
        (tools / applet).symlink_to(path)
    yield ["env", f"PATH={tools}", str(tools / "sh")]


def said(shell: list[str], script: str, *arguments: str) -> str:
    text = f'main() {{\n{script}\n}}\nmain "$@" </dev/null\n'
    ran = subprocess.run(
        [*shell, "-s", "--", *arguments], input=text, capture_output=True, text=True, timeout=60, check=False
    )
    assert (ran.returncode, ran.stderr) == (0, "")
    return ran.stdout


@pytest.fixture
def ask(shell: list[str]) -> Ask:
    def put(skip: tuple[str, ...] = (), **asked: Any) -> dict[str, Fact[Volume]]:
        question = Question(farmer="farmer", by="shell", **asked)
        return dict(reply.parse(question, said(shell, script_for(question, skip), *question.seek)))

    return put


def known(fact: Fact[Volume]) -> Volume:
    assert isinstance(fact, Known)
    return fact.value


def test_what_lies_on_a_disk_is_told(ask: Ask, tmp_path: Path) -> None:
    disk = tmp_path / "farm" / "an odd 'disk'"
    (disk / "plots").mkdir(parents=True)
    for name, size in {PLOT: 300, PART: 200, f".{PLOT}.a1B2c3": 100, f"{PLOT}.tmp": 50, "note": 5}.items():
        (disk / "plots" / name).write_bytes(b"x" * size)
    (disk / "plots" / "plot-k32-folder.plot.tmp").mkdir()
    os.utime(disk / "plots" / PART, (0, time.time() - 7200))
    found = ask(
        disks=(f"{tmp_path}/farm/*",), folder="plots", mount=False, seek=("-x", "a  b", PLOT, "missing.plot")
    )
    volume = known(found[f"{disk}/plots"])
    assert volume.plots == 1
    assert [(file.name, file.bytes) for file in volume.sought] == [(PLOT, 300)]
    assert {file.name: file.bytes for file in volume.parts} == {
        PART: 200,
        f".{PLOT}.a1B2c3": 100,
        f"{PLOT}.tmp": 50,
    }
    ages = {file.name: file.age for file in volume.parts}
    assert 7190 < (ages[PART] or 0) < 7290
    assert volume.every == ()
    assert volume.writable
    stat = os.statvfs(disk)
    assert volume.total <= stat.f_blocks * stat.f_frsize


@pytest.mark.parametrize("name", [PLOT, PART])
def test_a_disk_on_which_what_stands_cannot_be_told_is_unknown(ask: Ask, tmp_path: Path, name: str) -> None:
    disk = tmp_path / "disk"
    with sick(disk, name):
        for heads in (False, True):
            told = ask(disks=(str(disk),), seek=(PLOT,), heads=heads)[str(disk)]
            assert isinstance(told, Unknown)
            assert "Structure needs cleaning" in told.why


def test_a_plot_that_nobody_asks_for_may_be_sick(ask: Ask, shell: list[str], tmp_path: Path) -> None:
    if shell[0] == "env":
        pytest.skip("BusyBox's own ls looks at every file of a folder that it lists")
    disk = tmp_path / "disk"
    with sick(disk, PLOT):
        for heads in (False, True):
            volume = known(ask(disks=(str(disk),), seek=("other.plot",), heads=heads)[str(disk)])
            assert (volume.plots, volume.every) == (1, ())


def test_every_plot_is_listed_where_heads_are_asked_for(ask: Ask, tmp_path: Path) -> None:
    names = {PLOT.replace("k32", f"k{k}") for k in range(30, 36)}
    for name in names:
        (tmp_path / name).write_bytes(b"x")
    volume = known(ask(disks=(str(tmp_path),), mount=False, heads=True)[str(tmp_path)])
    assert {file.name for file in volume.every} == names


def test_heads_are_read(shell: list[str], tmp_path: Path) -> None:
    long, short = bytes(range(256)) * 4, b"\x00\n"
    (tmp_path / "long one").write_bytes(long)
    (tmp_path / "short").write_bytes(short)
    out = said(shell, HEADS, f"{tmp_path}/long one", f"{tmp_path}/none", f"{tmp_path}/short")
    assert reply.parse_heads(out) == {1: long[:HEAD], 2: b"", 3: short}


def test_a_folder_that_is_yet_to_be_made_has_its_disk_s_room(ask: Ask, tmp_path: Path) -> None:
    volume = known(ask(disks=(str(tmp_path),), folder="plots", mount=False)[f"{tmp_path}/plots"])
    assert (volume.plots, volume.writable) == (0, True)
    assert volume.free > 0


def test_a_folder_of_which_nothing_can_be_told_is_not_yet_to_be_made(ask: Ask, tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    with sick(disk, "plots"):
        told = ask(disks=(str(disk),), folder="plots")[f"{disk}/plots"]
        assert isinstance(told, Unknown)
        assert "Structure needs cleaning" in told.why


def test_what_is_no_disk_is_no_disk(ask: Ask, tmp_path: Path) -> None:
    (tmp_path / "farm").mkdir()
    (tmp_path / "farm" / "a file").write_text("")
    found = ask(disks=(f"{tmp_path}/farm/*", f"{tmp_path}/none/*", f"{tmp_path}/none"), mount=False)
    assert found == {f"{tmp_path}/none": Absent("is not there")}


def test_a_folder_that_is_no_mount_point_is_absent(ask: Ask, tmp_path: Path) -> None:
    (tmp_path / "farm" / "00").mkdir(parents=True)
    (fact,) = ask(disks=(f"{tmp_path}/farm/*",)).values()
    assert isinstance(fact, Absent)
    assert "is not mounted" in fact.why


def test_a_disk_that_is_left_alone_is_not_touched(ask: Ask, tmp_path: Path) -> None:
    for name in ("it's 00", "01"):
        (tmp_path / name).mkdir()
    found = ask(disks=(f"{tmp_path}/*0*",), mount=False, skip=(f"{tmp_path}/it's 00",))
    assert isinstance(found[f"{tmp_path}/it's 00"], Unknown)
    assert isinstance(found[f"{tmp_path}/01"], Known)


def test_mounted_disks_are_told_with_their_exact_room(ask: Ask, tmp_path: Path, mount: Mount) -> None:
    for name, size in {"00": "8m", "with space": "4m", "frozen": "2m"}.items():
        mount(tmp_path / "farm" / name, size)
    (tmp_path / "farm" / "00" / PART).write_bytes(b"x" * 1_000_000)
    subprocess.run(["mount", "-o", "remount,ro", str(tmp_path / "farm" / "frozen")], check=True)
    found = ask(disks=(f"{tmp_path}/farm/*",), folder="plots")
    volumes = {path: known(fact) for path, fact in found.items()}
    root = f"{tmp_path}/farm"
    assert {path: volume.total for path, volume in volumes.items()} == {
        f"{root}/00/plots": 8 << 20,
        f"{root}/with space/plots": 4 << 20,
        f"{root}/frozen/plots": 2 << 20,
    }
    stat = os.statvfs(f"{root}/00")
    assert volumes[f"{root}/00/plots"].free == stat.f_bavail * stat.f_frsize
    assert len({volume.device for volume in volumes.values()}) == 3
    assert [path for path, volume in volumes.items() if not volume.writable] == [f"{root}/frozen/plots"]


def test_a_plain_path_may_lie_on_any_mount_point_but_the_root(ask: Ask, tmp_path: Path, mount: Mount) -> None:
    mount(tmp_path / "disk", "2m")
    (tmp_path / "disk" / "inner").mkdir()
    found = ask(disks=(f"{tmp_path}/disk/inner", "/"))
    assert isinstance(found[f"{tmp_path}/disk/inner"], Known)
    assert isinstance(found["/"], Absent)


def test_a_disk_that_hangs_holds_up_no_other(tmp_path: Path) -> None:
    """df hangs for one disk, as it does on a dead network share."""
    for name in ("00", "01", "02"):
        (tmp_path / "farm" / name).mkdir(parents=True)
    tools = tmp_path / "tools"
    tools.mkdir()
    (tools / "df").write_text('#!/bin/sh\ncase $* in */01*) exec sleep 30 ;; esac\nexec /bin/df "$@"\n')
    (tools / "df").chmod(0o755)
    question = Question(farmer="farmer", by="shell", disks=(f"{tmp_path}/farm/*",), mount=False)
    with subprocess.Popen(
        ["sh", "-s"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
        env={**os.environ, "PATH": f"{tools}:{os.environ['PATH']}"},
    ) as process:
        assert process.stdin is not None and process.stdout is not None
        process.stdin.write(script_for(question))
        process.stdin.close()
        out = ""
        while out.count(" end\n") < 2:
            out += process.stdout.readline()
        os.killpg(process.pid, 9)
    found = reply.parse(question, out)
    assert reply.unfinished(out) == (f"{tmp_path}/farm/01",)
    assert isinstance(found[f"{tmp_path}/farm/01"], Unknown)
    assert isinstance(found[f"{tmp_path}/farm/00"], Known)
    assert isinstance(found[f"{tmp_path}/farm/02"], Known)


NAMES = st.text(st.sampled_from("ab $`\"'\\;&|<>(){}#~!\n*?[]-^"), min_size=1, max_size=6).filter(
    lambda name: not name.startswith(".") and "/" not in name
)


@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(name=NAMES)
@example(name="$(id)")
@example(name="a b")
def test_a_pattern_means_nothing_but_its_wildcards(
    tmp_path_factory: pytest.TempPathFactory, name: str
) -> None:
    """What a shell makes of a pattern are files that Python's own matching takes, too."""
    folder = tmp_path_factory.mktemp("names")
    present = {name, "a", "b", "ab", "x y"}
    for each in present:
        (folder / each).write_text("")
    script = (
        f"for one in {quote_pattern(f'{folder}/')}{quote_pattern(name)}; do printf '%s\\0' \"$one\"; done"
    )
    ran = subprocess.run(["sh", "-c", script], capture_output=True, check=True)
    got = {os.fsdecode(one).rpartition("/")[2] for one in ran.stdout.split(b"\0")[:-1]}
    matched = got - {name}
    assert matched <= present
    assert all(any(letter in name for letter in "*?[") for _ in matched)
    if not any(letter in name for letter in "*?[]^!\\"):
        assert got == {name}
    elif not any(letter in name for letter in "[]^!\\"):
        assert got == {each for each in present if fnmatchcase(each, name)}
