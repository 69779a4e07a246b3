"""What the environment says of a service manager, and that telling it costs nothing, whatever it does."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest

from reconciler.machine.manager import Manager


def listener(address: str) -> socket.socket:
    """As the service manager has one."""
    found = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    found.settimeout(60.0)
    found.bind("\0" + address[1:] if address.startswith("@") else address)
    return found


@pytest.mark.parametrize(
    ("told", "found"),
    [
        ({}, None),
        ({"WATCHDOG_USEC": "5000000"}, None),
        ({"NOTIFY_SOCKET": ""}, None),
        ({"NOTIFY_SOCKET": "run/notify"}, None),
        ({"NOTIFY_SOCKET": "vsock:2:1234"}, None),
        ({"NOTIFY_SOCKET": "/n"}, Manager("/n")),
        ({"NOTIFY_SOCKET": "@n", "WATCHDOG_USEC": "1500000"}, Manager("@n", 1.5)),
        ({"NOTIFY_SOCKET": "/n", "WATCHDOG_USEC": "5000000", "WATCHDOG_PID": "7"}, Manager("/n", 5.0)),
        ({"NOTIFY_SOCKET": "/n", "WATCHDOG_USEC": "5000000", "WATCHDOG_PID": "8"}, Manager("/n")),
        ({"NOTIFY_SOCKET": "/n", "WATCHDOG_USEC": "0"}, Manager("/n")),
        ({"NOTIFY_SOCKET": "/n", "WATCHDOG_USEC": "-1"}, Manager("/n")),
        ({"NOTIFY_SOCKET": "/n", "WATCHDOG_USEC": "٣"}, Manager("/n")),
    ],
)
def test_it_is_known_by_the_environment_which_says_it_no_more(
    told: dict[str, str], found: Manager | None
) -> None:
    environment = {"HOME": "/root", **told}
    assert Manager.of(environment, 7) == found
    assert environment == {"HOME": "/root"}


@pytest.mark.parametrize("abstract", [False, True])
def test_it_hears_lines_in_one_piece(tmp_path: Path, abstract: bool) -> None:
    address = f"@plotman-test-{os.getpid()}" if abstract else str(tmp_path / "notify")
    with listener(address) as heard:
        Manager(address).tell("READY=1", "STATUS=3 jobs")
        assert heard.recv(100) == b"READY=1\nSTATUS=3 jobs"


def test_one_that_is_gone_or_does_not_read_holds_nobody_up(tmp_path: Path) -> None:
    address = str(tmp_path / "notify")
    Manager(address).tell("READY=1")
    Manager("/" + "x" * 200).tell("READY=1")
    with listener(address):
        for _ in range(2000):
            Manager(address).tell("WATCHDOG=1")
    Manager(address).tell("STOPPING=1")
