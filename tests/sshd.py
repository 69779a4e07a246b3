"""A real OpenSSH server on a loopback port, with its own host key and user's key; ends with its context."""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from reconciler.inquiry import Login

from .ports import free_port

SSHD = shutil.which("sshd") or "/usr/sbin/sshd"


@dataclass(frozen=True)
class Server:
    """A server that answers. root: its files; process: the listening one."""

    port: int
    root: Path
    process: subprocess.Popen[bytes]
    address: str = "127.0.0.1"

    @property
    def identity(self) -> Path:
        return self.root / "user_key"

    @property
    def known_hosts(self) -> Path:
        return self.root / "known_hosts"

    @property
    def login(self) -> Login:
        return Login(
            host=self.address,
            user=pwd.getpwuid(os.geteuid()).pw_name,
            port=self.port,
            identity=str(self.identity),
            known_hosts=str(self.known_hosts),
            config="/dev/null",
        )

    def log(self) -> str:
        return (self.root / "log").read_text()


@contextmanager
def serve(
    root: Path, *, lines: Sequence[str] = (), address: str = "127.0.0.1", prefix: Sequence[str] = ()
) -> Iterator[Server]:
    """lines: more of sshd_config; prefix: a command that runs it elsewhere (``ip netns exec NAME``)."""
    if not os.access(SSHD, os.X_OK):
        pytest.skip("no sshd here: Debian has it in openssh-server")
    root.mkdir(parents=True, exist_ok=True)
    for name in ("host_key", "user_key"):
        if not (root / name).exists():
            argv = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(root / name)]
            subprocess.run(argv, check=True, timeout=60)
    shutil.copy(root / "user_key.pub", root / "authorized_keys")
    if os.geteuid() == 0:
        Path("/run/sshd").mkdir(exist_ok=True)
    port = free_port()
    config = [
        f"Port {port}",
        f"ListenAddress {address}",
        f"HostKey {root / 'host_key'}",
        f"AuthorizedKeysFile {root / 'authorized_keys'}",
        f"PidFile {root / 'pid'}",
        "StrictModes no",
        "UsePAM no",
        "PasswordAuthentication no",
        "KbdInteractiveAuthentication no",
        "MaxStartups 100",
        "MaxSessions 100",
        "Subsystem sftp internal-sftp",
        *lines,
    ]
    (root / "sshd_config").write_text("\n".join(config) + "\n")
    key = (root / "host_key.pub").read_text().split()
    (root / "known_hosts").write_text(f"[{address}]:{port} {key[0]} {key[1]}\n")
    with (root / "log").open("ab") as log:
        argv = [*prefix, SSHD, "-D", "-e", "-f", str(root / "sshd_config")]
        process = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
    try:
        if not prefix:
            _until_it_answers(address, port, process, root / "log")
        yield Server(port, root, process, address)
    finally:
        process.terminate()
        process.wait(60)


def _until_it_answers(address: str, port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + 60
    while True:
        try:
            with socket.create_connection((address, port), timeout=1) as sock:
                if sock.recv(4) == b"SSH-":
                    return
        except OSError:
            pass
        assert process.poll() is None, log.read_text()
        assert time.monotonic() < deadline, log.read_text()
        time.sleep(0.02)
