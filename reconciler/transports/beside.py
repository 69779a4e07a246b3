"""What the mover does itself at a farmer, over ssh, beside a program that only copies.

The steps are those of `contract.py`; what they do there is in ``beside.sh``, one verb a round trip. A transport
adds the copying: `Beside` is its base.

Room: the part file is created first, and only then all part files are listed, and only after them the free
room (`giving_way.py`). So of any movers that were let in the last to create its file saw the part files of all the
others, and there was room for what all of them still lacked; what grew meanwhile was counted twice, never not at all.
"""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor, wait
from importlib import resources
from typing import NamedTuple, Self

from reconciler.errand import STALE, Errand
from reconciler.remote.ran import TICK
from reconciler.remote.shell import Shell
from reconciler.transports import giving_way
from reconciler.transports.alone import Alone
from reconciler.transports.contract import Report, Step
from reconciler.transports.failure import Broken, Conflict, Corrupt, Failure, Missing, Tool
from reconciler.transports.giving_way import Claim, View, admission
from reconciler.transports.names import part_name
from reconciler.transports.source import Source
from reconciler.transports.words import last_words, meaning

SOON = 60.0
"""Seconds that a farmer may take for what touches no more than a few names; its disk may have to spin up."""

QUIET = 1.0
"""Seconds in which a part file that is taken up must not have grown."""

SLOWEST = 10_000_000
"""Bytes a second that a disk reads or writes at least, where the whole plot is read or flushed."""

_CODES: Mapping[int, type[Failure]] = {71: Missing, 72: Conflict, 73: Tool, 126: Tool, 127: Tool}

# POSIX df -P: name, blocks, used, available, capacity, mount point. Names and mount points may hold blanks.
_DF = re.compile(r"\s(?:\d+|-)\s+(?:-?\d+|-)\s+(?P<free>-?\d+)\s+(?:\d+%|-)\s+(?P<mount>/.*)$")


class Mounted(NamedTuple):
    """A line of ``df -P -k``. free: bytes for whoever asked."""

    free: int
    mount: str


def read_df(text: str) -> Mounted | None:
    """What its last line says; None: it is no such line."""
    found = _DF.search(text.rstrip("\n").rpartition("\n")[2])
    return Mounted(int(found["free"]) * 1024, found["mount"]) if found else None


def lies_below(mount: str, folder: str) -> bool:
    """Is that mount point strictly below the folder?"""
    return mount != folder and mount.startswith(f"{folder.rstrip('/')}/")


class Beside:
    """One plot's place on one of a farmer's disks; a transport adds `copy`.

    resumed: the part file was there already.
    """

    def __init__(self, errand: Errand, report: Report, step: Step, shell: Shell | None = None) -> None:
        if shell is None:
            assert errand.way.login is not None, "a transport beside ssh has a login"
            shell = Shell(errand.way.login)
        self.errand = errand
        self.report = report
        self.step = step
        self.shell = shell
        self.resumed = False
        self._bytes = 0
        self._part: str | None = None
        self._alone: Alone | None = None
        self._published = False
        self._verified = ""
        self._path = f"{errand.disk.rstrip('/')}/{errand.plot}"
        self._folder = errand.disk
        self._disk = errand.base
        self._beyond = ""
        self._script = resources.files(__package__).joinpath("beside.sh").read_text()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._release()
        self.shell.close()

    @property
    def part(self) -> str:
        """The part file's path at the farmer, once it is reserved."""
        return f"{self._folder.rstrip('/')}/{self._held}"

    def stands(self) -> int | None:
        """Bytes of the regular file under the plot's final name, on a disk that is mounted."""
        self._check_mount()
        found = self._look(self.errand.plot)
        return int(found) if found.isdigit() else None

    def same(self, source: Source) -> bool:
        """Compares size and sha256, both ends read at the same time."""
        self._bytes = source.bytes
        self._check_mount()
        found = self._look(self.errand.plot)
        if not found:
            return False
        if not found.isdigit():
            raise Conflict(f"{self._path} is no regular file")
        if int(found) != source.bytes:
            raise Conflict(f"{self._path} stands there with {found} bytes, not {source.bytes}")
        if source.shows_in(lambda name: self._look(name) != ""):
            raise Conflict(f"{self.errand.disk} shows the folder that the plot is to leave")
        self._ask("settle", self._folder, self.errand.plot, long=True)
        ours, theirs = self._digests(self.errand.plot, source)
        if ours != theirs:
            raise Conflict(f"{self._path} stands there with other content")
        self._take(source)
        self.discard()
        return True

    def reserve(self, source: Source) -> None:
        """Its room is claimed, and free after all other claims."""
        self._check_mount()
        if self.errand.way.folder:
            self._ask("make", self._disk, self.errand.way.folder)
        self._take(source)
        if self.resumed:
            self._mend()
        for _ in admission(self._held, self.errand.host, self._folder, self._view):
            self._rest(giving_way.PAUSE)

    def sync(self) -> None:
        """By the farmer's ``sync FILE``, ``dd conv=fsync`` or plain ``sync``, whichever it has."""
        self._ask("sync", self._folder, self._held, long=True)

    def verify(self, source: Source) -> None:
        """Its size; its sha256 too where that is asked for, or the copy went on from another one's end."""
        self._identify(source)
        if self.errand.way.verify == "sha256" or self.resumed:
            ours, theirs = self._digests(self._held, source)
            if ours != theirs:
                raise Corrupt(f"{self.part}: sha256 is {theirs} there and {ours} here; check RAM and disk")

    def publish(self, source: Source) -> None:
        """By a hard link; where the file system has none, by a rename that looks first."""
        try:
            self._ask("name", self._folder, self._held, self.errand.plot, self._verified)
        except Conflict:
            if not self.same(source):
                raise
            return
        # From here on the way out is to finish.
        self._published = True
        self.step("linked")
        self.discard()

    def discard(self) -> None:
        """Only the part file that this move has reserved."""
        if self._part is not None:
            self._ask("drop", self._folder, self._part, long=True)
            self._release()

    @property
    def _held(self) -> str:
        if self._part is None:
            raise AssertionError("reserve comes first")
        return self._part

    def _take(self, source: Source) -> None:
        """Create the part file, or take up ours."""
        if self._part is not None:
            return
        self._bytes = source.bytes
        name = part_name(self.errand.plot, source.bytes, self.errand.host)
        self._alone = Alone(f"{self.errand.farmer}:{self._folder}/{name}")
        self.resumed = "taken" in self._ask("reserve", self._folder, name, str(source.bytes))
        self._part = name

    def _identify(self, source: Source) -> None:
        """Note which file is to get the plot's name. Raises Missing, or Corrupt where it has other bytes."""
        self._verified = self._ask("identity", self._folder, self._held).strip()
        found = self._verified.partition(" ")[0]
        if found != str(source.bytes):
            raise Corrupt(f"{self.part} has {found} bytes, not {source.bytes}")

    def _mend(self) -> None:
        """Bring a part file that was taken up to an end that can be appended to.

        The other end of a copy that broke off may still write what it got; who appends meanwhile spoils both. And an
        rsync 3.2 that was cut off while it wrote in place has been seen to leave its last 32 KiB there twice.
        """
        before = None
        while before != (before := self._look(self._held)):
            self._rest(QUIET)
        self._ask("cut", self._folder, self._held)

    def _release(self) -> None:
        self._part = None
        if self._alone is not None:
            self._alone.release()
            self._alone = None

    def _check_mount(self) -> None:
        """Raises Missing where the disk is not there, or is not mounted as it should be."""
        if not self.errand.way.beyond:
            return
        beyond, _, df = self._ask("mounted", self._disk, self.errand.way.beyond).partition("\n")
        self._beyond = beyond
        self._read_df(df)

    def _read_df(self, df: str) -> int:
        """The free bytes; raises Missing as above."""
        found = read_df(df)
        if found is None:
            raise Broken(f"{self._disk}: df says {last_words(df)!r}, which cannot be read")
        if self._beyond and not lies_below(found.mount, self._beyond):
            raise Missing(
                f"{self._disk} is not mounted: it lies on {found.mount}, and a mount point below "
                f"{self._beyond} would be right"
            )
        return found.free

    def _look(self, name: str) -> str:
        """The size of the file under that name, "other", or "" for none."""
        try:
            return self._ask("look", self._folder, name).strip()
        except Missing:
            # The disk may be there without its folder yet.
            if not self.errand.way.folder:
                raise
            self._ask("look", self._disk, name)
            return ""

    def _view(self) -> View:
        """Every part file of the folder, and then its room."""
        listed, _, df = self._ask("room", self._folder).rpartition("\0")
        claims = []
        for entry in filter(None, listed.split("\0")):
            size, stale, name = entry.split(" ", 2)
            claims.append(Claim(name, int(size), STALE if stale else 0.0))
        return View(claims, self._read_df(df) - self.errand.way.floor)

    def _rest(self, seconds: float) -> None:
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0:
            self.report(0)
            time.sleep(min(left, TICK / 4))

    def _digests(self, name: str, source: Source) -> tuple[str, str]:
        """sha256 of the source, and of that file at the farmer, each read by its own machine meanwhile."""
        over = threading.Event()

        def read() -> str:
            for _ in source.blocks():
                if over.is_set():
                    break
            return source.digest.hexdigest()

        with ThreadPoolExecutor(1) as reader:
            ours: Future[str] = reader.submit(read)
            try:
                said = self._ask("digest", self._folder, name, long=True)
                while not wait([ours], TICK).done:
                    self.report(source.bytes)
            finally:
                over.set()
        found = re.search(r"\b[0-9a-f]{64}\b", said)
        if found is None:
            raise Broken(f"{self.errand.disk}: {last_words(said)!r} is no sha256")
        return ours.result(), found[0]

    def _ask(self, verb: str, *names: str, long: bool = False) -> str:
        """One verb of ``beside.sh``; what it prints. long: it reads or flushes the whole plot."""
        deadline = SOON + (self._bytes / SLOWEST if long else 0)
        waiting = None if self._published else lambda: self.report(self._bytes)
        ran = self.shell.run(self._script, verb, *names, deadline=deadline, waiting=waiting)
        if ran.code == 0:
            return ran.out
        kind = _CODES.get(ran.code) or meaning(ran.err)
        raise kind(f"{self.errand.farmer}: {last_words(ran.err)}")
