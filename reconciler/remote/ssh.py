"""The ssh command that a program of this machine reaches another one with, out of a Login.

It never asks, never trusts an unknown host, and finds out within a minute that the other end is gone.
"""

from __future__ import annotations

import shlex
from dataclasses import replace

from reconciler.inquiry import Login

OPTIONS = (
    "BatchMode=yes",
    "StrictHostKeyChecking=yes",
    "ConnectTimeout=20",
    "ServerAliveInterval=15",
    "ServerAliveCountMax=4",
    "LogLevel=ERROR",
    "ClearAllForwardings=yes",
    # A shared connection would outlive us, and keep our pipes open.
    "ControlMaster=no",
    "ControlPath=none",
)


def ssh_argv(login: Login) -> tuple[str, ...]:
    """The command up to, and without, the host."""
    argv = ["ssh", "-T"]
    if login.config is not None:
        argv += ["-F", login.config]
    for option in OPTIONS:
        argv += ["-o", option]
    if login.known_hosts is not None:
        argv += ["-o", f'UserKnownHostsFile="{_literal(login.known_hosts)}"']
    if login.identity is not None:
        argv += ["-i", _literal(login.identity), "-o", "IdentitiesOnly=yes"]
    if login.port is not None:
        argv += ["-p", str(login.port)]
    if login.jump is not None:
        argv += _through(login, login.jump)
    return tuple(argv)


def _through(login: Login, jump: str) -> tuple[str, ...]:
    """The way over other hosts. ssh's -J would give them neither the key nor the known hosts that were named here."""
    if login.identity is None and login.known_hosts is None and login.config is None:
        return "-J", jump
    before, _, last = jump.rpartition(",")
    user, _, place = last.rpartition("@")
    host, _, port = place.rpartition(":") if place.rpartition(":")[2].isdigit() else (place, "", "")
    hop = replace(
        login,
        host=host.strip("[]"),
        user=user or None,
        port=int(port) if port else None,
        jump=before or None,
    )
    words = [*ssh_argv(hop), *(("-l", hop.user) if hop.user is not None else ()), "-W", "[%h]:%p", hop.host]
    # It goes through a shell; what has a meaning to ssh itself in the hop's own words is doubled.
    shown = [word if word == "[%h]:%p" else word.replace("%", "%%") for word in words]
    return "-o", f"ProxyCommand={shlex.join(shown)}"


def _literal(path: str) -> str:
    """A path in which ssh finds nothing to expand."""
    return path.replace("%", "%%")
