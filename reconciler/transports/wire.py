"""What SFTP says, message by message: paramiko frames and numbers the requests, this reads the answers.

paramiko's own methods keep no status codes, drop the errors of pipelined writes, cannot read a name that is no
UTF-8, and know none of OpenSSH's extensions. Sources: draft-ietf-secsh-filexfer-02 (version 3 of the protocol) and
OpenSSH's PROTOCOL, section 4 (``statvfs``, ``hardlink``, ``fsync``).
"""

from __future__ import annotations

import errno
import os
import stat
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

from paramiko import sftp
from paramiko.sftp_attr import SFTPAttributes

if TYPE_CHECKING:
    from paramiko import Message, SFTPClient

Raw: TypeAlias = bytes

CHUNK = 32000
"""Bytes of one read or write: every server takes so many, and with their header they are one packet of ssh."""

DEPTH = 64
"""Requests on their way at once."""

READ = sftp.SFTP_FLAG_READ
UPDATE = sftp.SFTP_FLAG_READ | sftp.SFTP_FLAG_WRITE
CREATE = UPDATE | sftp.SFTP_FLAG_CREATE | sftp.SFTP_FLAG_EXCL
"""How a file is opened; CREATE: only where it is not there yet."""

_ERRORS = {
    sftp.SFTP_EOF: errno.ENODATA,
    sftp.SFTP_NO_SUCH_FILE: errno.ENOENT,
    sftp.SFTP_PERMISSION_DENIED: errno.EACCES,
    sftp.SFTP_OP_UNSUPPORTED: errno.EOPNOTSUPP,
}
_READ_ONLY = 1


class Stat(NamedTuple):
    """A file or folder, links not followed. modified: seconds, by the farmer's clock."""

    bytes: int
    modified: int
    mode: int

    @property
    def regular(self) -> bool:
        """Is it a regular file?"""
        return stat.S_ISREG(self.mode)


class Room(NamedTuple):
    """A file system. free: bytes, files: new names, for whoever asks; device: equal for two folders of one."""

    free: int
    files: int
    writable: bool
    device: tuple[int, ...]


class Wire:
    """An SFTP session. Paths are absolute, any bytes.

    Raises OSError with an errno for what the server answers: ENOENT, EACCES, EOPNOTSUPP where it does not know the
    request, and EIO for all that it calls a failure. What the connection does is raised as paramiko has it.
    """

    def __init__(self, client: SFTPClient) -> None:
        self._client = client
        self._answers: dict[int, tuple[int, Message]] = {}
        self._writes: deque[int] = deque()

    # names

    def look(self, path: str) -> Stat | None:
        """None: nothing is there."""
        try:
            _, answer = self._ask(sftp.CMD_LSTAT, os.fsencode(path))
        except FileNotFoundError:
            return None
        return _stat(answer)

    def names(self, folder: str) -> Iterator[tuple[str, Stat]]:
        """Every name in a folder, and what it is."""
        _, answer = self._ask(sftp.CMD_OPENDIR, os.fsencode(folder))
        handle = answer.get_binary()
        try:
            while True:
                try:
                    _, answer = self._ask(sftp.CMD_READDIR, handle)
                except OSError as error:
                    if error.errno == errno.ENODATA:
                        return
                    raise
                for _ in range(answer.get_int()):
                    name = os.fsdecode(answer.get_binary())
                    answer.get_binary()  # the line that ls -l would show
                    yield name, _stat(answer)
        finally:
            self.close(handle)

    def make_folder(self, path: str) -> None:
        """Make a folder; its parent is there."""
        self._ask(sftp.CMD_MKDIR, os.fsencode(path), SFTPAttributes())

    def remove(self, path: str) -> None:
        """Remove a file."""
        self._ask(sftp.CMD_REMOVE, os.fsencode(path))

    def link(self, old: str, new: str) -> None:
        """Give a file a second name, which must be free."""
        self._ask(sftp.CMD_EXTENDED, b"hardlink@openssh.com", os.fsencode(old), os.fsencode(new))

    def rename(self, old: str, new: str) -> None:
        """Give a file another name, which must be free: a server of version 3 refuses to replace."""
        self._ask(sftp.CMD_RENAME, os.fsencode(old), os.fsencode(new))

    def room(self, path: str) -> Room:
        """The file system that a path lies on."""
        _, answer = self._ask(sftp.CMD_EXTENDED, b"statvfs@openssh.com", os.fsencode(path))
        _, unit, blocks, _, free, nodes, _, files, device, flags, _ = (answer.get_int64() for _ in range(11))
        # Some file systems have no number; then their sizes tell them apart.
        return Room(free * unit, files, not flags & _READ_ONLY, (device, unit, blocks, nodes))

    # content

    def open(self, path: str, flags: int) -> Raw:
        """The handle of a file."""
        _, answer = self._ask(sftp.CMD_OPEN, os.fsencode(path), flags, SFTPAttributes())
        handle: bytes = answer.get_binary()
        return handle

    def close(self, handle: Raw) -> None:
        """Let go of a file or folder; what was written stays as it is."""
        self._ask(sftp.CMD_CLOSE, handle)

    @contextmanager
    def opened(self, path: str, flags: int) -> Iterator[Raw]:
        """An open file's handle."""
        handle = self.open(path, flags)
        try:
            yield handle
        finally:
            self.close(handle)

    def cut(self, handle: Raw, size: int) -> None:
        """Give a file that length; it counts as changed now."""
        attributes = SFTPAttributes()
        attributes.st_size = size
        self._ask(sftp.CMD_FSETSTAT, handle, attributes)

    def flush(self, handle: Raw, patience: float) -> None:
        """Bring an open file to disk, for so many seconds at most; nothing where the server cannot."""
        channel = self._client.get_channel()
        usual = channel.gettimeout()
        channel.settimeout(patience)
        try:
            self._ask(sftp.CMD_EXTENDED, b"fsync@openssh.com", handle)
        except OSError as error:
            if error.errno != errno.EOPNOTSUPP:
                raise
        finally:
            channel.settimeout(usual)

    def write(self, handle: Raw, offset: int, data: bytes) -> None:
        """Have bytes written; what comes of it shows at a later write, or in `settle`."""
        place = sftp.int64(offset)
        self._writes.append(self._send(sftp.CMD_WRITE, handle, place, data))
        if len(self._writes) > DEPTH:
            self._answer(self._writes.popleft())

    def settle(self) -> None:
        """Wait for what comes of all writes."""
        while self._writes:
            self._answer(self._writes.popleft())

    def read(self, handle: Raw, start: int, end: int) -> Iterator[bytes]:
        """A file's bytes from start to end, in order; a file that is shorter just ends early."""
        asked: deque[tuple[int, int, int]] = deque()
        while start < end or asked:
            while start < end and len(asked) < DEPTH:
                size = min(CHUNK, end - start)
                asked.append((self._send(sftp.CMD_READ, handle, sftp.int64(start), size), start, size))
                start += size
            data = b""
            number, offset, size = asked.popleft()
            try:
                data = self._answer(number)[1].get_binary()
                while len(data) < size:
                    # A server may give less than it was asked for.
                    place = sftp.int64(offset + len(data))
                    data += self._ask(sftp.CMD_READ, handle, place, size - len(data))[1].get_binary()
            except OSError as error:
                if error.errno != errno.ENODATA:
                    raise
                start = end
            if data:
                yield data

    # messages

    def _ask(self, kind: int, *words: Any) -> tuple[int, Message]:
        return self._answer(self._send(kind, *words))

    def _send(self, kind: int, *words: Any) -> int:
        number: int = self._client._async_request(self, kind, *words)
        return number

    def _answer(self, number: int) -> tuple[int, Message]:
        while number not in self._answers:
            self._client._read_response()
        kind, answer = self._answers.pop(number)
        if kind == sftp.CMD_STATUS:
            status = answer.get_int()
            if status != sftp.SFTP_OK:
                code = _ERRORS.get(status, errno.EIO)
                told = answer.get_binary().decode("utf-8", "replace")
                raise OSError(code, told or os.strerror(code))
        return kind, answer

    def _async_response(self, kind: int, answer: Message, number: int) -> None:
        """What paramiko hands each answer to."""
        self._answers[number] = (kind, answer)


def _stat(answer: Message) -> Stat:
    """What stands next in an answer."""
    told = SFTPAttributes._from_msg(answer)
    return Stat(told.st_size or 0, told.st_mtime or 0, told.st_mode or 0)
