"""Two hosts with addresses of their own on this machine: two network namespaces and the cable between them."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

import pytest


@dataclass(frozen=True)
class Hosts:
    """near, far: their namespaces; address: the far one's."""

    near: str
    far: str
    address: str

    def at(self, host: str) -> tuple[str, ...]:
        """What a command begins with that is to run on one of them."""
        return ("ip", "netns", "exec", host)

    def cable(self, state: str) -> None:
        """Pull it out ("down"), or put it in again ("up")."""
        _run(*self.at(self.far), "ip", "link", "set", "cable", state)


@contextmanager
def two_hosts() -> Iterator[Hosts]:
    """Skips where namespaces cannot be made."""
    if os.geteuid() != 0 or shutil.which("ip") is None:
        pytest.skip("network namespaces need root and iproute2")
    token = os.urandom(3).hex()
    hosts = Hosts(f"near-{token}", f"far-{token}", "10.213.77.2")
    with ExitStack() as ending:
        for name in (hosts.near, hosts.far):
            if subprocess.run(["ip", "netns", "add", name], capture_output=True, check=False).returncode:
                pytest.skip("network namespaces cannot be made here")
            ending.callback(_run, "ip", "netns", "del", name)
        ends = ("cable", "netns", hosts.near), ("peer", "name", "cable", "netns", hosts.far)
        _run("ip", "link", "add", *ends[0], "type", "veth", *ends[1])
        for name, address in ((hosts.near, "10.213.77.1"), (hosts.far, hosts.address)):
            _run(*hosts.at(name), "ip", "address", "add", f"{address}/30", "dev", "cable")
            for device in ("lo", "cable"):
                _run(*hosts.at(name), "ip", "link", "set", device, "up")
        yield hosts


def _run(*argv: str) -> None:
    subprocess.run(argv, check=True, timeout=60)
