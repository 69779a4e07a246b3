"""The units as systemd judges them, and their command lines run as systemd would, on a real farm."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from reconciler import documents
from reconciler.machine import LocalMachine
from tests.commands import conftest
from tests.commands.conftest import DEADLINE, Scratch, wait_for
from tests.ports import free_port

from .units import PROGRAM, SYSTEMD, command, environment, unit

ROOT = Path(__file__).parents[2]
UNIT, SOURCE = SYSTEMD / "plotman.service", SYSTEMD / "plotman.service.d" / "source.conf"
plotman, scratch = conftest.plotman, conftest.scratch


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd is not installed")
@pytest.mark.parametrize("name", ["plotman", "plotman-plot", "plotman-archive"])
@pytest.mark.parametrize("dropped", [False, True], ids=["alone", "with its drop-ins"])
def test_systemd_finds_no_fault(tmp_path: Path, name: str, dropped: bool) -> None:
    found = tmp_path / f"{name}.service"
    found.write_text(UNIT.read_text().replace(PROGRAM, "/bin/true"))
    if dropped:
        (tmp_path / f"{name}.service.d").mkdir()
        for each in (SYSTEMD / f"{name}.service.d").iterdir():
            (tmp_path / f"{name}.service.d" / each.name).write_text(
                each.read_text().replace(PROGRAM, "/bin/true")
            )
    told = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", str(found)],
        capture_output=True, text=True, check=False, env={**os.environ, "SYSTEMD_UNIT_PATH": f"{tmp_path}:"},
    )  # fmt: skip
    # An unknown key is only warned of.
    assert (told.returncode, told.stdout, told.stderr) == (0, "", "")


def test_what_ends_the_loop_ends_no_job() -> None:
    found = unit(UNIT)
    assert found["Service.KillMode"] == ["process"]
    assert found["Service.OOMPolicy"] == ["continue"]
    assert found["Service.PrivateTmp"] == ["no"]
    assert found["Service.LimitCORE"] == ["0"]
    assert not [key for key in found if key.startswith(("Service.Memory", "Service.CPU"))]
    assert unit(UNIT)["Service.RestartPreventExitStatus"] == ["64 65"]
    assert unit(UNIT, SOURCE)["Service.RestartPreventExitStatus"] == ["64"]


class Service:
    """The unit's command on a scratch farm, with this test in systemd's place."""

    def __init__(self, scratch: Scratch, watchdog: float = 60.0, *drop_ins: Path) -> None:
        found = unit(UNIT, *drop_ins)
        self.root = scratch.root
        self.told: list[str] = []
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.setblocking(False)
        (scratch.root / "notify").unlink(missing_ok=True)
        self.socket.bind(str(scratch.root / "notify"))
        assert found["Service.Type"] == ["notify"]
        assert float(found["Service.WatchdogSec"][0].removesuffix("min")) == 5.0
        here = {"/var/lib/plotman": str(scratch.root), "127.0.0.1:9773": f"127.0.0.1:{free_port()}"}
        given = command(found)
        for theirs, ours in here.items():
            given = [word.replace(theirs, ours) for word in given]
        env = {
            **os.environ,
            **environment(found),
            "PLOTMAN_SPEC": str(scratch.spec),
            "NOTIFY_SOCKET": str(scratch.root / "notify"),
            "WATCHDOG_USEC": str(int(watchdog * 1e6)),
        }
        with (scratch.root / "said").open("ab") as said:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "reconciler", *given], stdout=said, stderr=said, env=env, cwd=ROOT
            )

    def says(self, line: str) -> int:
        """How often it has said so."""
        while True:
            try:
                self.told += self.socket.recv(4096).decode().splitlines()
            except BlockingIOError:
                return self.told.count(line)

    def ended(self, number: int) -> int:
        """Signal the main process alone, as KillMode=process does; its exit code."""
        self.process.send_signal(number)
        return self.process.wait(DEADLINE)

    def close(self) -> None:
        self.process.kill()
        self.process.wait(DEADLINE)
        self.socket.close()


@pytest.fixture
def services(scratch: Scratch) -> Iterator[list[Service]]:
    found: list[Service] = []
    yield found
    for each in found:
        each.close()


def jobs(scratch: Scratch) -> list[int]:
    """The plotters that live, by their pids."""
    return sorted(
        int(path.name) for path in (scratch.root / "pids").iterdir() if Path(f"/proc/{path.name}").exists()
    )


def test_it_is_ready_and_alive_by_its_ticks_and_jobs_outlive_each_of_its_ends(
    scratch: Scratch, services: list[Service]
) -> None:
    first = Service(scratch, 1.0)
    services.append(first)
    wait_for(lambda: first.says("READY=1") == 1)
    assert first.told.index("READY=1") == 0
    wait_for(lambda: first.says("WATCHDOG=1") >= 3)
    wait_for(lambda: len(jobs(scratch)) == 1)
    before = jobs(scratch)
    assert first.ended(signal.SIGTERM) == 0
    assert first.says("STOPPING=1") == 1
    assert jobs(scratch) == before

    second = Service(scratch, 1.0)
    services.append(second)
    wait_for(lambda: second.says("WATCHDOG=1") >= 2)
    assert second.ended(signal.SIGABRT) == -signal.SIGABRT, "as the watchdog ends it"
    said = (scratch.root / "said").read_text()
    assert "Fatal Python error: Aborted" in said
    assert 'reconciler/loop.py", line' in said, "where it was"
    assert jobs(scratch) == before

    third = Service(scratch, 1.0)
    services.append(third)
    wait_for(lambda: third.says("WATCHDOG=1") >= 2)
    assert jobs(scratch) == before, "found, and not started anew"


def test_the_drop_ins_line_serves_metrics_and_publishes(scratch: Scratch, services: list[Service]) -> None:
    service = Service(scratch, 60.0, SOURCE)
    services.append(service)
    file = scratch.root / "observation.json"
    wait_for(lambda: service.says("READY=1") == 1 and file.exists())
    assert documents.observation_from_json(file.read_text(), "it").host == LocalMachine().host


def test_a_reload_is_a_look_at_once(scratch: Scratch, services: list[Service]) -> None:
    text = scratch.spec.read_text().replace("max_jobs: 1,", "max_jobs: 1, tick: 1h,")
    scratch.spec.write_text(text)
    (line,) = unit(UNIT)["Service.ExecReload"]
    service = Service(scratch)
    services.append(service)
    wait_for(lambda: service.says("READY=1") == 1)
    scratch.spec.write_text(f"{text}wrong: 1\n")
    subprocess.run(line.replace("$MAINPID", str(service.process.pid)).split(), check=True)
    wait_for(lambda: "wrong" in (scratch.root / "said").read_text())
    assert service.process.poll() is None


def test_two_services_share_the_work(scratch: Scratch) -> None:
    verbs = [
        command(unit(UNIT, SYSTEMD / f"plotman-{name}.service.d" / "verb.conf"))
        for name in ("plot", "archive")
    ]
    assert verbs == [["plot"], ["archive"]]
    for verb in verbs:
        assert scratch.run(*verb, "--once").code == 0
    wait_for(lambda: len(jobs(scratch)) == 1)
