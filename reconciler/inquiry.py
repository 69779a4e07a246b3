"""The nouns of asking a farmer on another machine: how it is reached, what it is asked, and what it says.

`remote/` asks really, `simulate/` in memory; the observer puts the questions. Imports nothing but the nouns.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, TypeAlias

from reconciler.noun import noun
from reconciler.state import Fact, Instant

Raw: TypeAlias = bytes


@noun(kw_only=True)
class Login:
    """How another machine is reached by ssh; None: as ssh and its configuration have it.

    identity, known_hosts, config: files. jump: ``[user@]host[:port]``.
    """

    host: str
    user: str | None = None
    port: int | None = None
    identity: str | None = None
    jump: str | None = None
    known_hosts: str | None = None
    config: str | None = None


@noun(kw_only=True)
class Daemon:
    """An rsync daemon. root: the farmer's folder that the module stands for; password_file: a file's path."""

    host: str
    module: str
    root: str
    port: int = 873
    user: str | None = None
    password_file: str | None = None
    executable: str = "rsync"


By: TypeAlias = Literal["shell", "sftp", "daemon"]


@noun(kw_only=True)
class Question:
    """What a farmer on another machine is asked, all in one round trip.

    by: a shell over ssh; SFTP, where the farmer gives no shell; or only an rsync daemon.
    login: for shell and sftp; daemon, capacity (bytes of each disk): for daemon.
    disks: paths or patterns of the disks; folder: the folder on each that plots go to, "": the disk itself.
    mount: a disk must lie on a mount point of its own, which for a pattern lies below its fixed part.
    seek: names of plots to look for. heads: list every plot, too, with its first HEAD bytes.
    """

    farmer: str
    by: By
    login: Login | None = None
    daemon: Daemon | None = None
    capacity: int | None = None
    disks: tuple[str, ...]
    folder: str = ""
    mount: bool = True
    seek: tuple[str, ...] = ()
    heads: bool = False


HEAD = 512
"""First bytes of a plot that are read where heads are asked for."""


@noun
class Found:
    """A file at a farmer. age: seconds since its last change, by the farmer's own clock; None: not told.

    head: its first bytes; empty unless asked for.
    """

    name: str
    bytes: int
    age: float | None
    head: Raw = b""


@noun(kw_only=True)
class Volume:
    """A target folder as its farmer told of it.

    device: what the farmer calls the device below it; free: for whoever writes there, bytes.
    plots: how many files under final names; sought: those of them that were sought.
    parts: files that will be plots, whoever writes them. every: all plots with their heads, where asked for.
    """

    device: str
    free: int
    total: int
    writable: bool
    plots: int
    sought: tuple[Found, ...] = ()
    parts: tuple[Found, ...] = ()
    every: tuple[Found, ...] = ()


@noun(kw_only=True)
class Answer:
    """What a farmer said. asked: when the question was put, by this machine's clocks.

    seek: the names that were looked for. volumes: each target folder by its path; Unknown: that disk did
    not answer; Absent: it is not mounted.
    """

    asked: Instant
    seek: tuple[str, ...]
    volumes: Mapping[str, Fact[Volume]]


@noun(kw_only=True)
class Heard:
    """What is known of a farmer. answer: its last one; None: none yet.

    trouble: why the last try failed; None: it did not. kind: that failure's stable name: "away" (no
    connection, or lost), "login" (it refused us), "host-key" (not who it should be), "silent" (a deadline
    passed), "tool" (a program is missing here), "broken" (an answer that cannot be read). next_at: wall
    clock of the next try, after a failure.
    """

    answer: Answer | None
    trouble: str | None = None
    kind: str | None = None
    next_at: float | None = None
