"""Hosts of the example's repository on one machine: each with its own folders, loop, OpenSSH server and source."""

from __future__ import annotations

import getpass
import json
import shutil
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from reconciler.revision import Revisions
from reconciler.sources.kept import Kept
from tests.examples.fleet_forge import CHECKOUT, EXAMPLE
from tests.ports import free_port
from tests.sources.following import HASTY
from tests.sshd import Server, serve

DEADLINE = 120.0
"""Seconds for anything that a loop does: several start at once, maybe on a busy machine."""
READERS = ("runner", "collector")
"""Whose keys the hosts know."""


@dataclass(frozen=True)
class Host:
    """One that has a loop and an OpenSSH server. root: its files; webhook: the loop's port."""

    name: str
    root: Path
    server: Server
    webhook: int

    @property
    def source(self) -> Path:
        return self.root / "source.yaml"

    def seen(self) -> Revisions | None:
        """How far it follows the repository."""
        return Kept.read(str(self.root / "state")).revisions

    def hurry(self) -> None:
        """Have it look at the repository, as the forge would."""
        urllib.request.urlopen(f"http://127.0.0.1:{self.webhook}", data=b"", timeout=60).close()

    def wait(self, what: Callable[[Revisions], bool]) -> Revisions:
        """Until that holds; how far it follows the repository then."""
        end = time.monotonic() + DEADLINE
        while (seen := self.seen()) is None or not what(seen):
            assert time.monotonic() < end, (self.name, seen, (self.root / "loop.log").read_text())
            time.sleep(0.02)
        return seen

    def meets(self, what: Callable[[Revisions], bool]) -> None:
        """Have it look, until that holds."""
        self.hurry()
        self.wait(what)

    def look(self) -> Revisions:
        """Have it look once; what came of it."""
        before = self.seen()
        assert before is not None
        self.hurry()
        return self.wait(lambda seen: seen.asked != before.asked)


def overlay(host: str, root: Path, port: int) -> str:
    """The example's file of that host, for a machine that it shares with others, and that does not plot."""
    text: dict[str, Any] = yaml.safe_load((EXAMPLE / "hosts" / f"{host}.yaml").read_text())
    text["vars"] = {**text.get("vars", {}), "mnt": str(root / "mnt"), "logs": str(root / "logs")}
    text["host"] |= {"address": "127.0.0.1", "port": port, "user": getpass.getuser()}
    text["plotting"] = {"state": "drained"}
    # The farmers of the example are no machines here.
    text.pop("archive", None)
    text["delete"] = [*(path for path in text.get("delete", ()) if "archive" not in path), "archive"]
    return json.dumps(text)


@contextmanager
def host(
    name: str, source: str, root: Path, plotman: Path, url: str, keys: Path, **more: Any
) -> Iterator[Host]:
    """A machine that ssh reaches. source: which of the example's source documents it has; more: other keys of it."""
    with serve(root, lines=[f"SetEnv PLOTMAN_SPEC={root / 'source.yaml'}"]) as server:
        (root / "authorized_keys").write_text(_authorized(root, plotman, keys))
        found = Host(name, root, server, free_port())
        setting = yaml.safe_load((EXAMPLE / "machines" / "host" / f"source.{source}.yaml").read_text())
        del setting["identity"], setting["known_hosts"]
        setting |= {"git": url, "path": f"hosts/{name}.yaml", "state": str(root / "state"), "interval": "1h"}
        found.source.write_text(json.dumps({**setting, "webhook": f"127.0.0.1:{found.webhook}", **more}))
        yield found


def folders(root: Path) -> None:
    """Make what the example's specs name below `mnt`."""
    for name in ("nvme/0", "nvme/1", "nvme/2", "hdd/0", "hdd/1", "hdd/2", "dst/0"):
        (root / "mnt" / name).mkdir(parents=True)
    (root / "logs").mkdir()


@contextmanager
def looping(host: Host) -> Iterator[None]:
    """Its loop, in a process of its own, which may not have read the repository yet."""
    argv = [sys.executable, "-c", HASTY, "apply", "-f", str(host.source)]
    argv += ["--publish-observation", str(host.root / "observation.json")]
    with (host.root / "loop.log").open("wb") as log:
        process = subprocess.Popen(
            argv, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT, cwd=CHECKOUT
        )
    try:
        yield
    finally:
        process.terminate()
        process.wait(60)


def _authorized(root: Path, plotman: Path, keys: Path) -> str:
    """The example's file, with real keys and this machine's paths."""
    lines = []
    for line in (EXAMPLE / "machines" / "host" / "authorized_keys").read_text().splitlines():
        if line.startswith("restrict,"):
            told, _, reader = line.rpartition(" ")
            rule = told.partition(" ssh-ed25519 ")[0]
            rule = rule.replace("/opt/plotman/bin/plotman", str(plotman))
            rule = rule.replace("/var/lib/plotman", str(root))
            lines.append(f"{rule} {(keys / f'{reader}.pub').read_text().strip()}")
    assert len(lines) == len(READERS)
    return "\n".join(lines) + "\n"


def make_keys(folder: Path) -> Path:
    """A key of each reader, in a new folder."""
    folder.mkdir()
    for reader in READERS:
        argv = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", reader, "-f", str(folder / reader)]
        subprocess.run(argv, check=True, timeout=300)
    return folder


def home(folder: Path, hosts: Mapping[str, Host], key: Path) -> Path:
    """A home directory with a key that the hosts know, and with their host keys. Also a shim of ssh that uses it."""
    ssh = folder / ".ssh"
    ssh.mkdir(parents=True)
    known = "".join(host.server.known_hosts.read_text() for host in hosts.values())
    (ssh / "known_hosts").write_text(known)
    config = ssh / "config"
    config.write_text(
        f"Host *\n  IdentityFile {key}\n  IdentitiesOnly yes\n  UserKnownHostsFile {ssh / 'known_hosts'}\n"
    )
    # OpenSSH looks a user's home up, whatever HOME says.
    (folder / "bin").mkdir()
    (folder / "bin" / "ssh").write_text(f'#!/bin/sh\nexec {shutil.which("ssh")} -F "{config}" "$@"\n')
    (folder / "bin" / "ssh").chmod(0o755)
    return folder
