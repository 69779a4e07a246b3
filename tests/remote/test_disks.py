"""A farmer's disks, asked by a real OpenSSH server: with a shell, and with SFTP alone."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from reconciler.errors import FarmerError
from reconciler.inquiry import HEAD, By, Question, Volume
from reconciler.remote import heads, sftp
from reconciler.remote.asking import Asker, ByShell
from reconciler.remote.sftp import BySftp
from reconciler.remote.shell import Shell
from reconciler.state import Absent, Fact, Known, Unknown
from tests.remote.conftest import PLOT, QUICK, Mount
from tests.sshd import Server, serve

PART = f".{PLOT}.5000.plotter2.part"
OLD = PLOT.replace("k32", "k33")


@pytest.fixture(params=["shell", "sftp"])
def by(request: pytest.FixtureRequest) -> By:
    return "sftp" if request.param == "sftp" else "shell"


@pytest.fixture
def farmer(tmp_path: Path, by: By) -> Iterator[Server]:
    forced = ("ForceCommand internal-sftp",) if by == "sftp" else ()
    with serve(tmp_path / "sshd", lines=[*QUICK, *forced]) as running:
        yield running


@pytest.fixture
def asker(farmer: Server, by: By) -> Iterator[Asker]:
    made: Asker = BySftp(farmer.login) if by == "sftp" else ByShell(farmer.login)
    yield made
    made.close()


def question(farmer: Server, by: By, *disks: str, **more: object) -> Question:
    return Question(farmer="farmer", by=by, login=farmer.login, disks=disks, **more)  # type: ignore[arg-type]


def known(fact: Fact[Volume]) -> Volume:
    assert isinstance(fact, Known)
    return fact.value


def test_disks_are_told_as_they_are(
    asker: Asker, farmer: Server, by: By, tmp_path: Path, mount: Mount
) -> None:
    farm = tmp_path / "farm"
    for name, size in {"00": "8m", "with space": "4m", "frozen": "2m"}.items():
        mount(farm / name, size)
    (farm / "unmounted").mkdir()
    (farm / "a file").write_text("")
    (farm / "00" / "plots").mkdir()
    (farm / "00" / "plots" / PLOT).write_bytes(b"x" * 3_000_000)
    (farm / "00" / "plots" / PART).write_bytes(b"x" * 1000)
    (farm / "00" / "plots" / "note").write_bytes(b"x")
    subprocess.run(["mount", "-o", "remount,ro", str(farm / "frozen")], check=True)
    found = asker.ask(question(farmer, by, f"{farm}/*", "/none", folder="plots", seek=(PLOT, "other.plot")))
    full = known(found[f"{farm}/00/plots"])
    stat = os.statvfs(farm / "00")
    assert (full.free, full.total) == (stat.f_bavail * stat.f_frsize, 8 << 20)
    assert (full.plots, [file.name for file in full.sought]) == (1, [PLOT])
    assert [(file.name, file.bytes) for file in full.parts] == [(PART, 1000)]
    assert known(found[f"{farm}/with space/plots"]).total == 4 << 20
    assert not known(found[f"{farm}/frozen/plots"]).writable
    assert isinstance(found[f"{farm}/unmounted/plots"], Absent)
    assert isinstance(found["/none/plots"], Absent)
    assert len(found) == 5


def test_names_that_are_no_utf_8_cost_nothing(asker: Asker, farmer: Server, by: By, tmp_path: Path) -> None:
    disk = tmp_path / "farm" / os.fsdecode(b"\xff")
    disk.mkdir(parents=True)
    for name in (PLOT, os.fsdecode(b"\xe4.txt"), os.fsdecode(b".\xe4.plot.5000.plotter2.part")):
        (disk / name).write_bytes(b"plot")
    one = question(farmer, by, f"{tmp_path}/farm/*", mount=False, seek=(PLOT,), heads=True)
    volume = known(asker.ask(one)[str(disk)])
    assert [file.name for file in volume.sought] == [PLOT]
    assert [os.fsencode(file.name) for file in volume.parts] == [b".\xe4.plot.5000.plotter2.part"]
    assert [file.head for file in volume.every] == [b"plot"]


def test_a_disk_that_is_unmounted_turns_absent(
    asker: Asker, farmer: Server, by: By, tmp_path: Path, mount: Mount
) -> None:
    disk = tmp_path / "farm" / "00"
    mount(disk, "2m")
    one = question(farmer, by, f"{tmp_path}/farm/*")
    assert isinstance(asker.ask(one)[str(disk)], Known)
    subprocess.run(["umount", str(disk)], check=True)
    assert isinstance(asker.ask(one)[str(disk)], Absent)


def test_ages_are_by_the_farmer_s_clock(asker: Asker, farmer: Server, by: By, tmp_path: Path) -> None:
    for name, age in {PART: 7200.0, f".{PLOT}.a1B2c3": 0.0}.items():
        (tmp_path / name).write_text("")
        os.utime(tmp_path / name, (0, time.time() - age))
    parts = known(asker.ask(question(farmer, by, str(tmp_path), mount=False))[str(tmp_path)]).parts
    ages = {file.name: file.age or 0.0 for file in parts}
    assert 7190 < ages[PART] < 7300
    assert -2 < ages[f".{PLOT}.a1B2c3"] < 100


def test_each_head_is_read_once_and_a_round_reads_only_so_many(
    asker: Asker, farmer: Server, by: By, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(heads, "AT_ONCE", 1)
    for name in (PLOT, OLD):
        (tmp_path / name).write_bytes(name.encode() * 20)
        os.utime(tmp_path / name, (0, time.time() - 3600))
    (tmp_path / f".{PLOT}.a1B2c3").write_text("")
    one = question(farmer, by, str(tmp_path), mount=False, heads=True)

    def read() -> dict[str, bytes]:
        return {file.name: file.head for file in known(asker.ask(one)[str(tmp_path)]).every}

    whole = {name: (name.encode() * 20)[:HEAD] for name in (PLOT, OLD)}
    first = read()
    assert sorted(head != b"" for head in first.values()) == [False, True]
    assert read() == whole
    for name in whole:
        content = (tmp_path / name).read_bytes()
        (tmp_path / name).write_bytes(b"x" * len(content))
        os.utime(tmp_path / name, (0, time.time() - 3600))
    assert read() == whole
    (tmp_path / OLD).unlink()
    assert read() == {PLOT: whole[PLOT]}


def test_a_connection_lost_between_two_questions_is_made_anew(
    asker: Asker, farmer: Server, by: By, tmp_path: Path
) -> None:
    one = question(farmer, by, str(tmp_path), mount=False)
    asker.ask(one)
    children = Path(f"/proc/{farmer.process.pid}/task/{farmer.process.pid}/children").read_text().split()
    assert children
    for pid in children:
        os.kill(int(pid), 9)
    deadline = time.monotonic() + 60
    while _shell(asker).alive:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    assert isinstance(asker.ask(one)[str(tmp_path)], Known)


def test_a_connection_serves_question_after_question(
    asker: Asker, farmer: Server, by: By, tmp_path: Path
) -> None:
    for _ in range(3):
        asker.ask(question(farmer, by, str(tmp_path), mount=False))
    assert farmer.log().count("Accepted publickey") == 1


def _shell(asker: Asker) -> Shell:
    assert isinstance(asker, ByShell | BySftp)
    return asker._shell


def test_a_shell_that_is_none_is_broken(tmp_path: Path) -> None:
    with serve(tmp_path / "sshd", lines=[*QUICK, "ForceCommand internal-sftp"]) as running:
        asker = ByShell(running.login)
        with pytest.raises(FarmerError) as caught:
            asker.ask(question(running, "shell", "/"))
        asker.close()
    assert caught.value.kind == "broken"
    assert "sftp connections only" in str(caught.value)


def test_a_shell_disk_that_hangs_costs_its_own_answer_and_is_left_alone(tmp_path: Path) -> None:
    for name in ("00", "01"):
        (tmp_path / "farm" / name).mkdir(parents=True)
    tools = tmp_path / "tools"
    tools.mkdir()
    (tools / "df").write_text(
        f'#!/bin/sh\ncase $* in */01*) echo >>{tmp_path}/asked; exec sleep 60 ;; esac\nexec /bin/df "$@"\n'
    )
    (tools / "df").chmod(0o755)
    with serve(tmp_path / "sshd", lines=[f"SetEnv SHLVL=1 PATH={tools}:/usr/bin:/bin"]) as running:
        asker = ByShell(running.login, deadline=5)
        one = question(running, "shell", f"{tmp_path}/farm/*", mount=False)
        for _ in range(2):
            found = asker.ask(one)
            assert isinstance(found[f"{tmp_path}/farm/00"], Known)
            assert isinstance(found[f"{tmp_path}/farm/01"], Unknown)
        asker.close()
    assert (tmp_path / "asked").read_text() == "\n"


def test_an_sftp_disk_that_hangs_costs_its_own_answer_and_is_left_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    room = sftp._room

    def slow(client: object, path: str) -> sftp.Room:
        if path.endswith("/00"):
            asked.append(path)
            raise TimeoutError
        return room(client, path)

    monkeypatch.setattr(sftp, "_room", slow)
    for name in ("00", "01"):
        (tmp_path / "farm" / name).mkdir(parents=True)
    with serve(tmp_path / "sshd", lines=QUICK) as running:
        asker = BySftp(running.login)
        one = question(running, "sftp", f"{tmp_path}/farm/*", mount=False)
        first, second = asker.ask(one), asker.ask(one)
        asker.close()
    assert isinstance(first[f"{tmp_path}/farm/00"], Unknown)
    assert isinstance(first[f"{tmp_path}/farm/01"], Unknown)
    assert isinstance(second[f"{tmp_path}/farm/00"], Unknown)
    assert isinstance(second[f"{tmp_path}/farm/01"], Known)
    assert len(asked) == 1
