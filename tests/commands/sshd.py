"""An OpenSSH server of our own on the loopback, as a farmer."""

from __future__ import annotations

import getpass
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.ports import free_port

PROGRAM = "/usr/sbin/sshd"

CONFIG = """\
Port {port}
ListenAddress 127.0.0.1
HostKey {root}/host
AuthorizedKeysFile {root}/user.pub
PidFile none
StrictModes no
UsePAM no
PasswordAuthentication no
PermitRootLogin yes
Subsystem sftp internal-sftp
"""


@dataclass(frozen=True)
class Sshd:
    """Its port, and the files that a client needs. known: known_hosts with its key."""

    port: int
    identity: Path
    known: Path

    def entry(self, name: str, disks: str, **more: str) -> str:
        """Its part of a spec, in one line."""
        told = {
            "name": name,
            "host": "127.0.0.1",
            "user": getpass.getuser(),
            "port": str(self.port),
            "identity": str(self.identity),
            "known_hosts": str(self.known),
            "disks": disks,
            "mount": "false",
            **more,
        }
        return "{" + ", ".join(f"{key}: {value}" for key, value in told.items()) + "}"


@contextmanager
def running(root: Path) -> Iterator[Sshd]:
    """One that answers, until the context ends. root: a folder of its own."""
    for name in ("host", "user"):
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(root / name)], check=True)
    port = free_port()
    config = root / "sshd_config"
    config.write_text(CONFIG.format(port=port, root=root))
    known = root / "known_hosts"
    known.write_text(f"[127.0.0.1]:{port} {(root / 'host.pub').read_text()}")
    with subprocess.Popen(
        [PROGRAM, "-D", "-e", "-f", str(config)], stderr=subprocess.PIPE, text=True
    ) as server:
        try:
            assert server.stderr is not None
            while "listening on" not in (line := server.stderr.readline()):
                assert line, "sshd did not come up"
            yield Sshd(port, root / "user", known)
        finally:
            server.terminate()
