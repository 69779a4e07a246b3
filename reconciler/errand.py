"""What a mover is sent to do: which plot goes from where to where and how, on its command line."""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, field, fields
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Literal

from reconciler.inquiry import Daemon, Login
from reconciler.noun import noun

if TYPE_CHECKING:
    from reconciler.spec.farmers import Archive

AT_FARMER = frozenset({"away", "login", "host-key", "silent", "tool"})
"""Kinds of failure that speak against the farmer as a whole, not against one of its disks."""

NO_FAULT = frozenset({"busy", "stopped", "conflict", "crowded", "gone", "growing", "source"})
"""Kinds of failure that speak against neither, but at most against the plot or the moment."""

NO_WAIT = frozenset({"stopped", "conflict"})
"""Kinds after which nothing has to be waited for: a person's wish, and what a limit of its own holds."""

NOT_THERE = frozenset({"full", "corrupt", "crowded", "growing", "gone", "refused", "missing"})
"""Kinds of failure after which a plot is not bound there any more: nothing of it is left, or it cannot be used."""


STALE = 6 * 3600.0
"""Seconds after which another host's part file that nobody has touched counts as left behind."""


@noun(kw_only=True)
class Way:
    """How to get to a farmer: what of its part of the spec a mover needs. All empty: a disk of this machine.

    login: the ssh beside the copy, or under it; None: there is none. daemon: the rsync daemon to copy to.
    folder: the last part of the target folder, which is made where it is missing; "": it must be there.
    beyond: the mount point of the disk must lie below this path; "": no matter. ("/": any but the root.)
    floor: bytes to leave free. verify: what is compared at the farmer. bandwidth: bytes a second.
    idle: read the plot only while nothing else wants that drive. executable: rsync on this machine.
    argv, check: of a program that copies, and of one that checks; what `fill` knows of the farmer stands in them.
    """

    login: Login | None = None
    daemon: Daemon | None = None
    folder: str = ""
    beyond: str = ""
    floor: int = 0
    verify: Literal["size", "sha256"] = "size"
    bandwidth: int | None = None
    idle: bool = False
    executable: str = "rsync"
    argv: tuple[str, ...] = ()
    check: tuple[str, ...] = ()


@noun(kw_only=True)
class Errand:
    """One plot to move.

    plot: the file's name; source: the directory it lies in.
    farmer: the farmer's name in the spec; disk: the target folder there.
    transport: a name in the table of transports.
    host: this machine's name, which the part file carries.
    id: the transfer's id. logs: the log directory, whose loops are woken at the end; "": none are.
    """

    plot: str
    source: str
    farmer: str
    disk: str
    transport: str
    host: str
    id: str
    logs: str = ""
    way: Way = field(default_factory=Way)

    @property
    def path(self) -> str:
        """Where the plot lies."""
        return f"{self.source.rstrip('/')}/{self.plot}"

    @property
    def base(self) -> str:
        """The disk: the part of the target folder that must be there."""
        return self.disk.removesuffix(f"/{self.way.folder}") if self.way.folder else self.disk


@noun(kw_only=True)
class Farewell:
    """One old plot to remove at a farmer, where it is still what it was seen to be.

    plot, bytes, modified, k, compression, contract: as `farmer.OldPlot`.
    farmer: the farmer's name in the spec; disk: the folder there that it stands in.
    transport: a name in the table of transports: how plots get there says how they can be removed there.
    id: the removal's id. logs: the log directory, whose loops are woken at the end; "": none are.
    """

    plot: str
    bytes: int
    modified: float
    k: int
    compression: int
    contract: str
    farmer: str
    disk: str
    transport: str
    id: str
    logs: str = ""
    way: Way = field(default_factory=Way)

    @property
    def path(self) -> str:
        """Where the plot stands."""
        return f"{self.disk.rstrip('/')}/{self.plot}"


def to_argv(errand: Errand | Farewell) -> tuple[str, ...]:
    """The arguments of a mover or remover for that errand; values may begin with a dash."""
    plain = (f for f in fields(errand) if f.name != "way")
    return (
        *(f"--{f.name}={getattr(errand, f.name)}" for f in plain),
        f"--way={way_to_json(errand.way)}",
    )


@lru_cache(maxsize=256)
def way_to_json(way: Way) -> str:
    """The way as one line; what is as usual is left out."""
    usual = asdict(Way())
    return json.dumps({key: value for key, value in asdict(way).items() if value != usual[key]})


@lru_cache(maxsize=256)
def way_from_json(text: str) -> Way:
    """That line's way. Raises ValueError, TypeError."""
    told: Mapping[str, Any] = json.loads(text)
    parts: dict[str, Any] = dict(told)
    if parts.get("login") is not None:
        parts["login"] = Login(**parts["login"])
    if parts.get("daemon") is not None:
        parts["daemon"] = Daemon(**parts["daemon"])
    for key in ("argv", "check"):
        parts[key] = tuple(parts.get(key, ()))
    return Way(**parts)


def login_of(archive: Archive) -> Login | None:
    """How a farmer is reached by ssh; None: not at all."""
    if archive.host is None or not archive.by_ssh:
        return None
    return Login(
        host=archive.host,
        user=archive.user,
        port=archive.port,
        identity=archive.identity,
        jump=archive.jump,
        known_hosts=archive.known_hosts,
        config=archive.ssh_config,
    )


def daemon_of(archive: Archive) -> Daemon | None:
    """The rsync daemon that its plots go to; None: another transport."""
    transport = archive.transport
    if transport.kind != "rsyncd" or archive.host is None:
        return None
    return Daemon(
        host=archive.host,
        module=transport.module,
        root=transport.root,
        port=transport.port,
        user=transport.user,
        password_file=transport.password_file,
        executable=transport.executable,
    )


def way_of(archive: Archive, disk: str) -> Way:
    """The way to a target folder of that farmer."""
    transport = archive.transport
    command = transport.kind == "command"
    return Way(
        login=login_of(archive),
        daemon=daemon_of(archive),
        folder=archive.path or "",
        beyond=archive.beyond(disk) if archive.mount else "",
        floor=archive.floor,
        verify=getattr(transport, "verify", "size") if not command else "size",
        bandwidth=transport.bandwidth,
        idle=transport.ionice == "idle",
        executable=getattr(transport, "executable", "rsync"),
        argv=fill(transport.argv, _names_of(archive)) if transport.kind == "command" else (),
        check=fill(transport.verify or (), _names_of(archive)) if transport.kind == "command" else (),
    )


def fill(argv: Sequence[str], values: Mapping[str, str]) -> tuple[str, ...]:
    """Each argument with ``{name}`` for a value wherever that stands; other braces are left as they are."""
    return tuple(re.sub(r"\{(\w+)\}", lambda found: values.get(found[1], found[0]), word) for word in argv)


def _names_of(archive: Archive) -> Mapping[str, str]:
    """What a program can be told of a farmer; of what is left out the usual, as ssh has it."""
    return {
        "host": archive.host or "localhost",
        "user": archive.user or _me(),
        "port": str(archive.port or 22),
    }


def _me() -> str:
    """Who runs this; a container may have users that nobody named."""
    import getpass

    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return str(os.getuid())


@lru_cache(maxsize=256)
def entry_of(archive: Archive) -> str:
    """A digest of a farmer's part of the spec: where it has changed, old failures say nothing any more."""
    return hashlib.sha256(repr(archive).encode()).hexdigest()[:12]
