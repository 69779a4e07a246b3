"""Which mount answers for a path, and which mounts should be there but are not.

Nothing here touches a file system other than the root's and those in memory: they hold this program, too, so
asking them cannot hang what does not hang already.
"""

from __future__ import annotations

import os
import re
import time
from collections.abc import Iterator
from math import inf
from typing import NamedTuple

OCTAL = re.compile(rb"\\([0-7]{3})")
HEXADECIMAL = re.compile(r"\\x([0-9a-fA-F]{2})")
LINKS = 40  # as many as the kernel follows before it gives ELOOP
DATING = frozenset({b"ext2", b"ext3", b"ext4", b"xfs", b"btrfs", b"f2fs", b"tmpfs", b"zfs"})
"""File systems that date a directory anew whenever a name comes to it or goes from it. Those over a network, over
several others or in user space may not, or tell it late.
"""
MEMORY = frozenset({b"tmpfs", b"ramfs"})
"""File systems that lie in memory."""


class _Row(NamedTuple):
    """A line of mountinfo. device: its number; kind: of file system."""

    point: str
    device: int
    kind: bytes


class Mounts:
    """The mount table as of the last refresh.

    mountinfo: format of proc(5); fstab: of fstab(5); units: a folder of systemd.mount(5) units.
    trust: seconds for which the tables count as just read.
    """

    def __init__(
        self,
        *,
        mountinfo: str = "/proc/self/mountinfo",
        fstab: str = "/etc/fstab",
        units: str = "/etc/systemd/system",
        trust: float = 0.05,
    ) -> None:
        self._trust = trust
        self._read_at = -inf
        self._mountinfo, self._fstab, self._units = mountinfo, fstab, units
        self._raw: tuple[bytes, ...] = ()
        self._points = frozenset({"/"})
        self._absent: frozenset[str] = frozenset()
        self._dating: frozenset[int] = frozenset()
        self._ours = frozenset({"/"})
        self._links: dict[str, str | None] = {}
        self._settled: dict[str, str] = {}
        self._answering: dict[str, str] = {}
        self.refresh()

    def refresh(self) -> None:
        """Read the tables anew, unless that was done just now: one look asks several times."""
        if time.monotonic() - self._read_at < self._trust:
            return
        self._read_at = time.monotonic()
        raw = (_contents(self._mountinfo), _contents(self._fstab), *_units(self._units))
        if raw != self._raw:
            self._raw = raw
            rows = list(_rows(raw[0]))
            # Of what is mounted at one place the last is what answers there.
            kinds = {row.point: row.kind for row in rows}
            self._points = frozenset({"/", *kinds})
            self._ours = frozenset({"/", *(point for point, kind in kinds.items() if kind in MEMORY)})
            self._dating = frozenset(row.device for row in rows if row.kind in DATING)
            promised = (*_listed(raw[1]), *map(_mount_point, raw[2:]))
            self._absent = frozenset(promised) - self._points
        self._links.clear()
        self._settled.clear()
        self._answering.clear()

    def of(self, path: str) -> str:
        """The mount point that answers for this path."""
        if path not in self._answering:
            settled = self._settle(path)
            self._answering[path] = next(point for point in _upward(settled) if point in self._points)
        return self._answering[path]

    def ours(self, point: str) -> bool:
        """Does what is mounted there hang only where this program hangs, too: the root's, and what lies in memory?"""
        return point in self._ours

    def dates(self, device: int) -> bool:
        """Does the file system on that device, by its number, date each change of a directory?"""
        return device in self._dating

    def missing(self, path: str) -> str | None:
        """The mount point of fstab or systemd at or above this path that is not mounted now, if any."""
        if not self._absent:
            return None
        return next((point for point in _upward(self._settle(path)) if point in self._absent), None)

    def _settle(self, path: str) -> str:
        """The path with those links resolved that lie on the root file system, or in memory."""
        known = self._settled.get(path)
        if known is None:
            known = self._settled[path] = self._resolve(path)
        return known

    def _resolve(self, path: str) -> str:
        ahead = path.split("/")[::-1]
        done = ""
        links = 0
        while ahead:
            part = ahead.pop()
            if part in ("", "."):
                continue
            if part == "..":
                done = done.rpartition("/")[0]
                continue
            done = f"{done}/{part}"
            # What is asked beyond this would be asked of a file system that may hang by itself.
            if done in self._points and done not in self._ours:
                return "/".join([done, *(part for part in reversed(ahead) if part)])
            target = self._link(done)
            if target is None:
                continue
            links += 1
            if links > LINKS:
                break
            done = "" if target.startswith("/") else done.rpartition("/")[0]
            ahead.extend(reversed(target.split("/")))
        return done or "/"

    def _link(self, path: str) -> str | None:
        """Where a link leads; None: it is none."""
        if path not in self._links:
            try:
                self._links[path] = os.readlink(path)
            except OSError:
                self._links[path] = None
        return self._links[path]


def _upward(path: str) -> Iterator[str]:
    """The path and all above it, up to the root."""
    while path != "/":
        yield path
        path = path.rpartition("/")[0] or "/"
    yield "/"


def _contents(path: str) -> bytes:
    try:
        with open(path, "rb") as file:
            return file.read()
    except OSError:
        return b""


def _rows(raw: bytes) -> Iterator[_Row]:
    """Third and fifth field of each line of mountinfo, and the first one after the dash."""
    for line in raw.splitlines():
        fields, _, kind = line.partition(b" - ")
        _, _, device, _, point, *_ = (*fields.split(b" ", 5), *(b"",) * 5)
        major, _, minor = device.partition(b":")
        if point and major.isdigit() and minor.isdigit():
            yield _Row(_unescaped(point), os.makedev(int(major), int(minor)), kind.split(b" ", 1)[0])


def _listed(raw: bytes) -> Iterator[str]:
    """Second field of each line of fstab; swap has no mount point."""
    for line in raw.splitlines():
        fields = line.split(None, 2)
        if len(fields) > 1 and not fields[0].startswith(b"#") and fields[1].startswith(b"/"):
            yield _unescaped(fields[1]).rstrip("/") or "/"


def _unescaped(field: bytes) -> str:
    return os.fsdecode(OCTAL.sub(lambda match: bytes([int(match[1], 8) & 0xFF]), field))


def _units(folder: str) -> Iterator[bytes]:
    """The names of a folder's mount units, without their extension, in order."""
    try:
        names = os.listdir(os.fsencode(folder))
    except OSError:
        return
    for name in sorted(names):
        stem, dot, kind = name.rpartition(b".")
        if dot and kind == b"mount":
            yield stem


def _mount_point(unit: bytes) -> str:
    """Where a unit mounts: systemd demands that it is named after that place."""
    escaped = os.fsdecode(unit).replace("-", "/")
    return "/" + HEXADECIMAL.sub(lambda match: chr(int(match[1], 16)), escaped)
