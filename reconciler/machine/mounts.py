"""Which mount answers for a path, and which mounts should be there but are not.

Nothing here touches a file system other than the root's: that one holds this program, too, so asking it
cannot hang what does not hang already.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator

OCTAL = re.compile(rb"\\([0-7]{3})")
HEXADECIMAL = re.compile(r"\\x([0-9a-fA-F]{2})")
LINKS = 40  # as many as the kernel follows before it gives ELOOP


class Mounts:
    """The mount table as of the last refresh.

    mountinfo: format of proc(5); fstab: of fstab(5); units: a folder of systemd.mount(5) units.
    """

    def __init__(
        self,
        *,
        mountinfo: str = "/proc/self/mountinfo",
        fstab: str = "/etc/fstab",
        units: str = "/etc/systemd/system",
    ) -> None:
        self._mountinfo, self._fstab, self._units = mountinfo, fstab, units
        self._raw: bytes | None = None
        self._points = frozenset({"/"})
        self._promised: frozenset[str] = frozenset()
        self._settled: dict[str, str] = {}
        self._answering: dict[str, str] = {}
        self.refresh()

    def refresh(self) -> None:
        """Read the tables anew."""
        raw = _contents(self._mountinfo)
        if raw != self._raw:
            self._raw = raw
            self._points = frozenset({"/", *_mounted(raw)})
        self._promised = frozenset({*_listed(_contents(self._fstab)), *_units(self._units)})
        self._settled.clear()
        self._answering.clear()

    def of(self, path: str) -> str:
        """The mount point that answers for this path."""
        if path not in self._answering:
            settled = self._settle(path)
            self._answering[path] = next(point for point in _upward(settled) if point in self._points)
        return self._answering[path]

    def missing(self, path: str) -> str | None:
        """The mount point of fstab or systemd at or above this path that is not mounted now, if any."""
        absent = self._promised - self._points
        return next((point for point in _upward(self._settle(path)) if point in absent), None)

    def _settle(self, path: str) -> str:
        """The path with those links resolved that lie on the root file system."""
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
            if done in self._points:
                return "/".join([done, *(part for part in reversed(ahead) if part)])
            try:
                target = os.readlink(done)
            except OSError:
                continue
            links += 1
            if links > LINKS:
                break
            done = "" if target.startswith("/") else done.rpartition("/")[0]
            ahead.extend(reversed(target.split("/")))
        return done or "/"


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


def _mounted(raw: bytes) -> Iterator[str]:
    """Fifth field of each line of mountinfo."""
    for line in raw.splitlines():
        fields = line.split(b" ", 5)
        if len(fields) == 6:
            yield _unescaped(fields[4])


def _listed(raw: bytes) -> Iterator[str]:
    """Second field of each line of fstab; swap has no mount point."""
    for line in raw.splitlines():
        fields = line.split(None, 2)
        if len(fields) > 1 and not fields[0].startswith(b"#") and fields[1].startswith(b"/"):
            yield _unescaped(fields[1]).rstrip("/") or "/"


def _unescaped(field: bytes) -> str:
    return os.fsdecode(OCTAL.sub(lambda match: bytes([int(match[1], 8) & 0xFF]), field))


def _units(folder: str) -> Iterator[str]:
    """The mount points of a folder's units: systemd demands that the unit is named after its place."""
    try:
        names = os.listdir(folder)
    except OSError:
        return
    for name in names:
        stem, dot, kind = name.rpartition(".")
        if dot and kind == "mount":
            yield "/" + HEXADECIMAL.sub(lambda match: chr(int(match[1], 16)), stem.replace("-", "/"))
