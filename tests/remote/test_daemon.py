"""A farmer that has nothing but a real rsync daemon."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from reconciler.errors import FarmerError
from reconciler.inquiry import Daemon, Question
from reconciler.remote.daemon import ByDaemon
from reconciler.remote.tool import LIMIT
from reconciler.state import Absent, Known, Unknown
from tests.ports import free_port
from tests.remote.conftest import PLOT
from tests.sick import sick

PART = f".{PLOT}.5000.plotter2.part"


@contextmanager
def rsyncd(root: Path, folder: Path, *lines: str) -> Iterator[Daemon]:
    rsync = shutil.which("rsync")
    if rsync is None:
        pytest.skip("no rsync here")
    port = free_port()
    root.mkdir()
    config = root / "rsyncd.conf"
    settings = ["use chroot = no", *lines, "[farm]", f"path = {folder}", "read only = no"]
    config.write_text("\n".join(settings) + "\n")
    argv = [rsync, "--daemon", "--no-detach", f"--port={port}", "--address=127.0.0.1", f"--config={config}"]
    with subprocess.Popen(argv, stdin=subprocess.DEVNULL) as process:
        deadline = time.monotonic() + 60
        while True:
            try:
                socket.create_connection(("127.0.0.1", port), timeout=1).close()
                break
            except OSError:
                assert time.monotonic() < deadline
                time.sleep(0.02)
        yield Daemon(host="127.0.0.1", module="farm", root="/srv/farm", port=port)
        process.terminate()


def question(daemon: Daemon, *disks: str, **more: object) -> Question:
    return Question(farmer="nas", by="daemon", daemon=daemon, disks=disks, capacity=10_000, **more)  # type: ignore[arg-type]


def test_disks_are_told_by_their_listing(tmp_path: Path) -> None:
    disk = tmp_path / "module" / "disk 0"
    (disk / "plots").mkdir(parents=True)
    (tmp_path / "module" / "disk 1").mkdir()
    (tmp_path / "module" / "other" / "deep").mkdir(parents=True)
    (disk / "plots" / PLOT).write_bytes(b"x" * 3000)
    (disk / "plots" / PART).write_bytes(b"x" * 1000)
    (disk / "notes").write_bytes(b"x" * 50)
    (tmp_path / "module" / "other" / "deep" / "file").write_bytes(b"x" * 9000)
    os.utime(disk / "plots" / PART, (0, time.time() - 7200))
    with rsyncd(tmp_path / "rsyncd", tmp_path / "module") as daemon:
        found = ByDaemon().ask(
            question(daemon, "/srv/farm/disk*", "/srv/farm/none", folder="plots", seek=(PLOT, "other"))
        )
    assert set(found) == {"/srv/farm/disk 0/plots", "/srv/farm/disk 1/plots", "/srv/farm/none/plots"}
    full, empty = found["/srv/farm/disk 0/plots"], found["/srv/farm/disk 1/plots"]
    assert isinstance(full, Known) and isinstance(empty, Known)
    assert (full.value.free, full.value.total, full.value.plots) == (10_000 - 4050, 10_000, 1)
    assert [(file.name, file.bytes) for file in full.value.sought] == [(PLOT, 3000)]
    (part,) = full.value.parts
    assert (part.name, part.bytes) == (PART, 1000)
    assert 7190 < (part.age or 0) < 7300
    assert empty.value.free == 10_000
    assert found["/srv/farm/none/plots"] == Absent("is not there")


@pytest.mark.parametrize("name", [PLOT, PART])
@pytest.mark.parametrize("folder", ["", "plots"])
def test_a_disk_on_which_what_stands_cannot_be_told_is_unknown(
    tmp_path: Path, name: str, folder: str
) -> None:
    disk, well = tmp_path / "module" / "sick", tmp_path / "module" / "well"
    (well / folder).mkdir(parents=True)
    with sick(disk / folder, name), rsyncd(tmp_path / "rsyncd", tmp_path / "module") as daemon:
        asked = question(daemon, "/srv/farm/sick", "/srv/farm/well", folder=folder, seek=(PLOT,))
        told, other = ByDaemon().ask(asked).values()
    assert isinstance(told, Unknown)
    assert "Structure needs cleaning" in told.why
    assert isinstance(other, Known)


def test_what_matters_to_nobody_may_be_sick(tmp_path: Path) -> None:
    disk = tmp_path / "module" / "disk"
    with sick(disk, PLOT), rsyncd(tmp_path / "rsyncd", tmp_path / "module") as daemon:
        (told,) = ByDaemon().ask(question(daemon, "/srv/farm/disk", seek=("other.plot",))).values()
    assert isinstance(told, Known)


def test_a_listing_is_read_whole_however_long_it_is(tmp_path: Path) -> None:
    disk = tmp_path / "module" / "disk"
    disk.mkdir(parents=True)
    for number in range(LIMIT // 200):
        (disk / f"{number:0200}.jpg").touch()
    (disk / "a first one").write_bytes(b"x" * 3000)
    with rsyncd(tmp_path / "rsyncd", tmp_path / "module") as daemon:
        (fact,) = ByDaemon().ask(question(daemon, "/srv/farm/disk")).values()
    assert isinstance(fact, Known)
    assert fact.value.free == 10_000 - 3000


@pytest.mark.parametrize("name", ["Plätze", "農場", "tab\tnew\nline"])
def test_a_disk_of_any_name_is_known_again(tmp_path: Path, name: str) -> None:
    (tmp_path / "module" / name).mkdir(parents=True)
    (tmp_path / "module" / name / PLOT).write_bytes(b"x" * 3000)
    with rsyncd(tmp_path / "rsyncd", tmp_path / "module") as daemon:
        found = ByDaemon().ask(question(daemon, f"/srv/farm/{name}"))
    fact = found[f"/srv/farm/{name}"]
    assert isinstance(fact, Known)
    assert fact.value.plots == 1


def test_the_module_itself_can_be_the_disk(tmp_path: Path) -> None:
    (tmp_path / "module").mkdir()
    (tmp_path / "module" / PLOT).write_bytes(b"x" * 3_000_000)
    with rsyncd(tmp_path / "rsyncd", tmp_path / "module") as daemon:
        found = ByDaemon().ask(question(daemon, "/srv/farm"))
    (fact,) = found.values()
    assert isinstance(fact, Known)
    assert (fact.value.free, fact.value.plots) == (0, 1)


def test_a_refused_user_and_an_unknown_module_are_told(tmp_path: Path) -> None:
    (tmp_path / "module").mkdir()
    (tmp_path / "secrets").write_text("plotter:right\n")
    (tmp_path / "secrets").chmod(0o600)
    (tmp_path / "password").write_text("wrong\n")
    (tmp_path / "password").chmod(0o600)
    auth = ("auth users = plotter", f"secrets file = {tmp_path / 'secrets'}")
    with rsyncd(tmp_path / "rsyncd", tmp_path / "module", *auth) as daemon:
        own = replace(daemon, user="plotter", password_file=str(tmp_path / "password"))
        for one in (own, replace(daemon, module="none")):
            with pytest.raises(FarmerError) as caught:
                ByDaemon().ask(question(one, "/srv/farm"))
            assert caught.value.kind == "login"
        (tmp_path / "password").write_text("right\n")
        assert ByDaemon().ask(question(own, "/srv/farm"))


def test_a_daemon_that_does_not_run_is_away() -> None:
    with pytest.raises(FarmerError) as caught:
        ByDaemon().ask(question(Daemon(host="127.0.0.1", module="m", root="/r", port=free_port()), "/r"))
    assert caught.value.kind == "away"


def test_a_disk_that_is_not_below_the_module_is_refused() -> None:
    with pytest.raises(FarmerError, match="not below /srv/farm"):
        ByDaemon().ask(question(Daemon(host="127.0.0.1", module="m", root="/srv/farm"), "/srv/farms/x"))
