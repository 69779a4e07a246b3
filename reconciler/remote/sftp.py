"""Asking a farmer that gives no shell, by SFTP.

It has no clock to ask for, and no mount table: a disk counts as mounted where its file system is another than that
of the folder its pattern begins with. A file's age is counted from the newest time that any file here shows, which is
the latest that the farmer's clock is known to be; so a file can seem younger than it is, never older.
"""

from __future__ import annotations

import os
import stat
import struct
import time
from collections.abc import Iterator, Mapping, Sequence
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any, NamedTuple

from paramiko.sftp import CMD_CLOSE, CMD_OPENDIR, CMD_READDIR
from paramiko.sftp_attr import SFTPAttributes

from reconciler.inquiry import HEAD, Login, Question, Volume
from reconciler.remote.heads import Heads
from reconciler.remote.hung import Hung
from reconciler.remote.script import is_wild
from reconciler.remote.shell import Shell
from reconciler.remote.volumes import Listed, is_plot, may_land, target_of, volume_of
from reconciler.spec.farmers import fixed_part
from reconciler.state import Absent, Fact, Known, Unknown

if TYPE_CHECKING:
    import paramiko

DEADLINE = 20.0
"""Seconds that one answer is waited for."""

LONGEST = 60.0
"""Seconds after which no further disk is asked in one round."""

# OpenSSH's extension, in its PROTOCOL file: eleven numbers of 64 bits in the order of statvfs(3).
_EXTENDED = 200
_STATVFS = struct.Struct(">11Q")
_READ_ONLY = 1


class Room(NamedTuple):
    """What statvfs says of a path. id: what tells its file system from others; bytes."""

    id: tuple[int, ...]
    free: int
    total: int
    writable: bool


class Looked(NamedTuple):
    """A disk as it was seen. base: the file system that it must not be on."""

    files: tuple[Listed, ...]
    room: Room
    base: Room


class BySftp:
    """Asks by SFTP over ssh. deadline: seconds that one answer is waited for."""

    def __init__(self, login: Login, *, deadline: float = DEADLINE) -> None:
        self._login = login
        self._deadline = deadline
        self._shell = Shell(login)
        self._sftp: paramiko.SFTPClient | None = None
        self._hung = Hung()
        self._heads = Heads()

    def ask(self, question: Question) -> Mapping[str, Fact[Volume]]:
        """As `asking.Asker`. A disk that hangs costs its own answer, and this time that of those behind it."""
        sftp = self._sftp
        if sftp is None or not self._shell.alive:
            self._shell.close()
            self._shell = Shell(self._login)
            sftp = self._sftp = self._shell.sftp(deadline=self._deadline)
        with self._shell.meant():
            volumes = self._volumes(sftp, question)
            if question.heads and self._shell.alive:
                volumes = self._heads.add_to(volumes, lambda paths: dict(_read_heads(sftp, paths)))
        return volumes

    def close(self) -> None:
        """As `asking.Asker`."""
        self._shell.close()

    def _volumes(self, sftp: paramiko.SFTPClient, question: Question) -> Mapping[str, Fact[Volume]]:
        ends = time.monotonic() + LONGEST
        skipped = self._hung.skipped(time.monotonic())
        facts: dict[str, Fact[Looked]] = {}
        for pattern in question.disks:
            disks = _fact(lambda pattern=pattern: tuple(_expand(sftp, pattern)))
            if not isinstance(disks, Known):
                facts[pattern] = disks
                continue
            for disk in disks.value:
                if disk in skipped:
                    facts[disk] = Unknown("did not answer, and is left alone for a while")
                elif not self._shell.alive or time.monotonic() > ends:
                    facts[disk] = Unknown("was not asked: another disk took too long")
                else:
                    facts[disk] = self._look(sftp, question, fixed_part(pattern), disk)
        times = [
            file.modified or 0.0
            for fact in facts.values()
            if isinstance(fact, Known)
            for file in fact.value.files
        ]
        clock = min(max(times, default=0.0), time.time())
        return {target_of(question, disk): _volume(question, fact, clock) for disk, fact in facts.items()}

    def _look(self, sftp: paramiko.SFTPClient, question: Question, base: str, disk: str) -> Fact[Looked]:
        def look() -> Looked:
            target = target_of(question, disk)
            try:
                listed = _listed(sftp, target)
            except FileNotFoundError:
                # The folder for plots is made by the first of them; until then its disk answers for it.
                target = disk
                sftp.stat(os.fsencode(disk))
                listed = []
            # The sizes of files on their way come before the room that is left.
            files = tuple(
                Listed(entry.filename, entry.st_size or 0, float(entry.st_mtime or 0))
                for entry in listed
                if stat.S_ISREG(entry.st_mode or 0)
            )
            return Looked(files, _room(sftp, target), _room(sftp, base))

        try:
            fact = _fact(look)
        except TimeoutError:
            self._hung.add([disk], time.monotonic())
            self._shell.close()
            return Unknown("has not answered")
        self._hung.answered([disk])
        return fact


def _fact(look: Any) -> Fact[Any]:
    """What was seen, or why not. Lets through what speaks against the connection, not against the path."""
    try:
        return Known(look())
    except TimeoutError:
        raise
    except FileNotFoundError:
        return Absent("is not there")
    except OSError as error:
        if "closed" in str(error).lower():
            raise
        return Unknown(f"cannot be looked at: {error.strerror or error}")


def _volume(question: Question, fact: Fact[Looked], clock: float) -> Fact[Volume]:
    if not isinstance(fact, Known):
        return fact
    files, room, base = fact.value
    if question.mount and room.id == base.id:
        return Absent("is not mounted: it lies on the same file system as the folder above it")
    wanted = set(question.seek)
    return Known(
        volume_of(
            question,
            device=":".join(f"{number:x}" for number in room.id),
            free=room.free,
            total=room.total,
            writable=room.writable,
            count=sum(is_plot(file.name) for file in files),
            files=[
                file
                for file in files
                if file.name in wanted or may_land(file.name) or (question.heads and is_plot(file.name))
            ],
            clock=clock,
        )
    )


def _room(sftp: Any, path: str) -> Room:
    """Raises OSError, also where the server has no such request."""
    _, reply = sftp._request(_EXTENDED, "statvfs@openssh.com", os.fsencode(path))
    try:
        _, size, blocks, _, free, _, _, _, number, flags, _ = _STATVFS.unpack(reply.get_remainder())
    except struct.error as error:
        raise OSError(f"its answer about room cannot be read: {error}") from error
    # Some file systems have no number; then their sizes tell them apart, as well as they can.
    return Room((number,) if number else (size, blocks), free * size, blocks * size, not flags & _READ_ONLY)


def _listed(sftp: Any, folder: str) -> list[SFTPAttributes]:
    """What lies in a folder, also under names that are no UTF-8: paramiko's own listing gives up at such a name."""
    _, reply = sftp._request(CMD_OPENDIR, os.fsencode(folder))
    handle = reply.get_binary()
    found = []
    try:
        while True:
            _, reply = sftp._request(CMD_READDIR, handle)
            for _ in range(reply.get_int()):
                name, _line = os.fsdecode(reply.get_binary()), reply.get_binary()
                found.append(SFTPAttributes._from_msg(reply, name))
    except EOFError:
        sftp._request(CMD_CLOSE, handle)
        return found


def _expand(sftp: paramiko.SFTPClient, pattern: str) -> Iterator[str]:
    """The folders that match; a path without wildcards is itself, whether it exists or not."""
    if not is_wild(pattern):
        yield pattern
        return
    paths = [""]
    for step in pattern.split("/")[1:]:
        if not is_wild(step):
            paths = [f"{path}/{step}" for path in paths]
            continue
        paths = [
            f"{path}/{entry.filename}"
            for path in paths
            for entry in sorted(_listed(sftp, path or "/"), key=lambda entry: entry.filename)
            if fnmatchcase(entry.filename, step)
            and not entry.filename.startswith(".")
            and not stat.S_ISREG(entry.st_mode or 0)
        ]
    yield from paths


def _read_heads(sftp: paramiko.SFTPClient, paths: Sequence[str]) -> Iterator[tuple[str, bytes]]:
    for path in paths:
        try:
            with sftp.open(os.fsencode(path), "rb") as file:
                yield path, file.read(HEAD)
        except TimeoutError:
            raise
        except OSError:
            continue
