"""An rsync daemon at the farmer.

Where the farmer can be reached by ssh too, ssh does all but the copying (`beside.py`), and the daemon appends to
the part file; both must then be allowed to write it.

Where there is only the daemon, no part file of ours can be made, so nothing is reserved: the planner has judged
the room. rsync copies to a temporary file of its own, flushes it and renames it where nothing has the final name;
an interrupted copy begins anew. Then rsync compares the whole of both files by its strongest checksum.
"""

from __future__ import annotations

import posixpath
import re
import tempfile
import time
from contextlib import AbstractContextManager
from typing import NamedTuple, Self

from reconciler.errand import Errand
from reconciler.inquiry import Daemon
from reconciler.remote import tool
from reconciler.transports.beside import Beside
from reconciler.transports.contract import Report, Step, Transport
from reconciler.transports.failure import Broken, Conflict, Corrupt, Missing, Tool
from reconciler.transports.rsync_run import STANDSTILL, Copying, check, literal
from reconciler.transports.source import Source
from reconciler.transports.words import meaning

ANSWER = 90
"""Seconds without a sign of life of a daemon that is asked for names only."""

SLOWEST = 10_000_000
"""Bytes a second that both ends read at least."""

_SENT = "<f+++++++++ "
"""How --itemize-changes begins the line of a file that was not there before."""

# A line of --list-only: mode, size, date and time of this machine, name.
_LISTED = re.compile(r"(?P<type>[-dlbcpsD])\S{9,10}\s+(?P<bytes>\d+) (?P<modified>[\d/]{10} [\d:]{8}) ")


class Listed(NamedTuple):
    """A name in a daemon's listing. modified: as it is written there; regular: is it a regular file?"""

    bytes: int
    modified: str
    regular: bool


def open_rsyncd(errand: Errand, report: Report, step: Step) -> AbstractContextManager[Transport]:
    """The transport, with or without ssh beside the daemon."""
    kind = RsyncdAlone if errand.way.login is None else Rsyncd
    return kind(errand, report, step)


def url(daemon: Daemon, path: str) -> str:
    """A path at the farmer, as rsync writes it. Raises Missing where the daemon's module does not hold it."""
    if not lies_in(path, daemon.root):
        raise Missing(f"{path} is not in {daemon.root}, which the rsync module {daemon.module} stands for")
    within = posixpath.relpath(path, daemon.root)
    user = f"{daemon.user}@" if daemon.user is not None else ""
    host = f"[{daemon.host}]" if ":" in daemon.host else daemon.host
    return f"rsync://{user}{host}:{daemon.port}/{daemon.module}/{within}"


def lies_in(path: str, folder: str) -> bool:
    """Is the path the folder, or below it?"""
    return f"{path.rstrip('/')}/".startswith(f"{folder.rstrip('/')}/")


def daemon_of(errand: Errand) -> Daemon:
    """The errand's daemon."""
    assert errand.way.daemon is not None, "rsyncd has a daemon"
    return errand.way.daemon


def password(daemon: Daemon) -> tuple[str, ...]:
    """rsync's option for it."""
    return (f"--password-file={daemon.password_file}",) if daemon.password_file is not None else ()


class Rsyncd(Beside):
    """A plot's place at a farmer with ssh beside its daemon."""

    def copy(self, source: Source) -> None:
        """Appends what is missing."""
        daemon = daemon_of(self.errand)
        copying = Copying(self.errand, self.report, self.step)
        to = literal(url(daemon, self.part))
        copying.run(source, to, "--append", "--protect-args", *password(daemon))


class RsyncdAlone:
    """A plot's place at a farmer of which there is only the daemon."""

    def __init__(self, errand: Errand, report: Report, step: Step) -> None:
        self._errand = errand
        self._report = report
        self._step = step
        self._daemon = daemon_of(errand)
        self._path = f"{errand.disk.rstrip('/')}/{errand.plot}"
        self._made = False
        self._url = url(self._daemon, self._path)
        if literal(self._path) != self._path:
            raise Tool(
                f"{self._path}: a daemon takes * ? and [ for wildcards; a name without them would be right"
            )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        return None

    def stands(self) -> int | None:
        """By the daemon's listing."""
        found = self._list()
        return found.bytes if found is not None and found.regular else None

    def same(self, source: Source) -> bool:
        """By a dry run that compares checksums."""
        found = self._list()
        if found is None:
            return False
        if not found.regular:
            raise Conflict(f"{self._path} is no regular file")
        if found.bytes != source.bytes:
            raise Conflict(f"{self._path} stands there with {found.bytes} bytes, not {source.bytes}")
        if self._differs(source):
            raise Conflict(f"{self._path} stands there with other content")
        # The farmer may be this very machine. A copy of ours is younger than its source; the source itself is not.
        if found.modified == time.strftime("%Y/%m/%d %H:%M:%S", time.localtime(source.modified)):
            raise Conflict(
                f"{self._path} is as old as {source.path} to the second, and may be that very file"
            )
        return True

    def reserve(self, source: Source) -> None:
        """Nothing can be reserved."""

    def copy(self, source: Source) -> None:
        """Under a temporary name of rsync's; then flushed and renamed where the final name is free."""
        copying = Copying(self._errand, self._report, self._step)
        # The disk was found there by now, so of its path only the folder of ours can be missing.
        making = ("--mkpath",) if self._errand.way.folder else ()
        options = (
            "--whole-file",
            "--ignore-existing",
            "--fsync",
            "--itemize-changes",
            "--protect-args",
            *making,
        )
        said = copying.run(source, self._url, *options, *password(self._daemon))
        self._made = any(line.startswith(_SENT) for line in said)
        if not self._made and not self.same(source):
            raise Broken(f"{self._path} was not copied")

    def sync(self) -> None:
        """Was done by rsync."""

    def verify(self, source: Source) -> None:
        """rsync finds no difference in a dry run that reads both."""
        if self._list() is None:
            raise Broken(f"{self._path} is not there after its copy")
        if self._differs(source):
            raise Corrupt(f"{self._path} differs from {source.path} after its copy; it must be removed there")

    def publish(self, source: Source) -> None:
        """Was done by rsync."""

    def discard(self) -> None:
        """The plot that this move has made. rsync's own temporary file is removed by rsync."""
        if not self._made:
            return
        self._made = False
        # Of an empty folder's copy all is removed that is not in it, but nothing that is excluded.
        with tempfile.TemporaryDirectory() as empty:
            self._ask(f"{empty}/", f"{url(self._daemon, self._errand.disk)}/", "--dirs", "--delete")

    def _list(self) -> Listed | None:
        """What is under the plot's final name; None: nothing, on a disk that is there."""
        try:
            listed = self._listing(self._errand.disk)
        except Missing:
            if not self._errand.way.folder:
                raise
            self._listing(self._errand.base)
            return None
        # The first is the folder itself.
        found = [match for line in listed.splitlines() if (match := _LISTED.match(line))][1:]
        if not found:
            return None
        return Listed(int(found[0]["bytes"]), found[0]["modified"], found[0]["type"] == "-")

    def _listing(self, folder: str) -> str:
        """Of a folder, and in it of the plot's name alone. Raises Missing where the folder is not there."""
        return self._ask(f"{url(self._daemon, folder)}/", "--list-only", "--no-human-readable")

    def _ask(self, *words: str) -> str:
        """rsync with the plot's name alone of a folder; what it prints."""
        argv = (
            self._errand.way.executable,
            f"--timeout={ANSWER}",
            f"--include=/{self._errand.plot}",
            "--exclude=*",
            *password(self._daemon),
            *words,
        )
        ran = tool.run(argv, deadline=2 * ANSWER, waiting=lambda: self._report(0))
        if ran.code != 0 and meaning(ran.err) is Missing:
            raise Missing(f"{self._errand.farmer}: {self._errand.disk} is not there")
        check(self._errand, ran)
        return ran.out

    def _differs(self, source: Source) -> bool:
        """Would rsync, asked to compare checksums, send the plot again?"""
        argv = (
            self._errand.way.executable,
            "--checksum",
            "--dry-run",
            "--itemize-changes",
            "--protect-args",
            *password(self._daemon),
            "--",
            source.path,
            self._url,
        )
        deadline = STANDSTILL + source.bytes / SLOWEST
        ran = tool.run(
            argv, deadline=deadline, waiting=lambda: self._report(source.bytes), keep=(source.descriptor,)
        )
        check(self._errand, ran)
        return bool(ran.out.strip())
