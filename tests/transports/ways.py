"""How each transport is set up for the contract's tests, and what is particular to it. The farmer is a folder here."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import pytest

from reconciler.errand import Way
from reconciler.inquiry import Daemon
from tests.ports import free_port
from tests.sshd import Server, serve


@dataclass(frozen=True)
class Setup:
    """A transport, as farmers have it.

    way: how to get there. ssh: the farmer is reached by ssh, beside or under the copy.
    parts: it copies to a part file of ours, which is resumed; else what is interrupted begins anew.
    often: it comes to "copied-some" at each block, not only now and then.
    steps: which of the steps that only a transport knows it comes to.
    wild: names may hold wildcards.
    """

    transport: str
    way: Callable[[Servers], Way]
    ssh: bool = True
    parts: bool = True
    often: bool = False
    steps: frozenset[str] = frozenset({"copied-some", "linked"})
    wild: bool = True


QUICK = ("SetEnv SHLVL=1",)
"""bash reads ~/.bashrc, which may take long, for a command over ssh, unless it thinks another shell has begun it."""


@dataclass(frozen=True)
class Servers:
    """A farmer's servers, each started when it is first asked for, and ended with the stack."""

    root: Path
    ending: ExitStack

    @cached_property
    def ssh(self) -> Server:
        return self.ending.enter_context(serve(self.root / "sshd", lines=QUICK))

    @cached_property
    def rsync(self) -> Daemon:
        return self.ending.enter_context(daemon(self.root / "rsyncd"))


@contextmanager
def daemon(root: Path) -> Iterator[Daemon]:
    """A real rsync daemon on a loopback port, which knows one user and holds every file of this machine."""
    if shutil.which("rsync") is None:
        pytest.skip("no rsync here")
    root.mkdir()
    port = free_port()
    (root / "secrets").write_text("plotter:se cret\n")
    (root / "password").write_text("se cret\n")
    for name in ("secrets", "password"):
        (root / name).chmod(0o600)
    who = f"uid = {os.geteuid()}\ngid = {os.getegid()}\n" if os.geteuid() == 0 else ""
    (root / "conf").write_text(
        f"address = 127.0.0.1\nport = {port}\nuse chroot = no\nlog file = {root / 'log'}\n{who}"
        f"[farm]\npath = /\nread only = no\nauth users = plotter\nsecrets file = {root / 'secrets'}\n"
    )
    process = subprocess.Popen(["rsync", "--daemon", "--no-detach", f"--config={root / 'conf'}"])
    served = Daemon(
        host="127.0.0.1",
        module="farm",
        root="/",
        port=port,
        user="plotter",
        password_file=str(root / "password"),
    )
    deadline = time.monotonic() + 60
    while subprocess.run(
        ["rsync", f"rsync://127.0.0.1:{port}/"], capture_output=True, check=False
    ).returncode:
        assert process.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.02)
    try:
        yield served
    finally:
        process.terminate()
        process.wait(60)


def me() -> str:
    return pwd.getpwuid(os.geteuid()).pw_name


COPY = "import shutil, sys; shutil.copyfile(*sys.argv[1:])"

SETUPS: Mapping[str, Setup] = {
    "local": Setup("local", lambda _: Way(), ssh=False, often=True),
    "rsync": Setup("rsync", lambda has: Way(login=has.ssh.login, verify="sha256")),
    "rsyncd": Setup("rsyncd", lambda has: Way(login=has.ssh.login, daemon=has.rsync, verify="sha256")),
    "rsyncd-alone": Setup(
        "rsyncd",
        lambda has: Way(daemon=has.rsync),
        ssh=False,
        parts=False,
        steps=frozenset({"copied-some"}),
        wild=False,
    ),
    "sftp": Setup("sftp", lambda has: Way(login=has.ssh.login), often=True),
    "command": Setup(
        "command",
        lambda has: Way(login=has.ssh.login, argv=(sys.executable, "-c", COPY, "{source}", "{target}")),
    ),
}
"""Every transport of the table, at least once; the contract's tests run for each.

A program without ssh has tests of its own: its owner's check is all that is known of its target.
"""
