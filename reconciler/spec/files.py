"""The files that a spec is made of: one document, and those that it extends."""

from __future__ import annotations

import os
import posixpath
from collections.abc import Mapping
from typing import Protocol

from reconciler.errors import Problem, SpecError

MAX_BYTES = 256_000
"""Bytes of the largest document."""


class Files(Protocol):
    """A tree of text files, such as a disk's or a revision's."""

    def read(self, path: str) -> str:
        """A file's text. Raises SpecError where it is missing, unreadable, huge, or not UTF-8."""

    def beside(self, path: str, other: str) -> str:
        """The path of a file that the document at `path` names, from its own folder on.

        Raises SpecError where that is no path in this tree.
        """


class Disk(Files):
    """The files of this machine."""

    def read(self, path: str) -> str:
        """A file's text, as read_text gives it."""
        return read_text(path)

    def beside(self, path: str, other: str) -> str:
        """The other path, from the document's folder on unless it is absolute."""
        return beside(path, other)


DISK = Disk()


class Noted(Files):
    """Other files. texts: each that was read from them, by its path."""

    def __init__(self, files: Files) -> None:
        self._files = files
        self.texts: dict[str, str] = {}

    def read(self, path: str) -> str:
        """As the others give it."""
        text = self.texts[path] = self._files.read(path)
        return text

    def beside(self, path: str, other: str) -> str:
        """As the others tell it."""
        return self._files.beside(path, other)


class Texts(Files):
    """Texts in memory, by path."""

    def __init__(self, texts: Mapping[str, str]) -> None:
        self._texts = texts

    def read(self, path: str) -> str:
        """The text of that path. Raises SpecError where there is none."""
        if path not in self._texts:
            raise SpecError([Problem(path, 0, 0, "", "cannot be read: there is no such file", "unreadable")])
        return self._texts[path]

    def beside(self, path: str, other: str) -> str:
        """As on a disk."""
        return beside(path, other)


def beside(path: str, other: str) -> str:
    """The path that `other` means in the document at `path`, without needless ``.`` and ``..``."""
    return posixpath.normpath(posixpath.join(posixpath.dirname(path), other))


def read_text(path: str) -> str:
    """The text of a file of this machine. Raises SpecError where it is missing, unreadable, huge, or not UTF-8."""
    try:
        with open(path, "rb", opener=_open) as file:
            data = file.read(MAX_BYTES + 1)
    except (OSError, ValueError) as error:
        reason = (getattr(error, "strerror", None) or str(error)).lower()
        raise SpecError([Problem(path, 0, 0, "", f"cannot be read: {reason}", "unreadable")]) from None
    return text_of(data, path)


def _open(path: str, flags: int) -> int:
    """The file, open. A named pipe that nobody writes to is empty: to wait for a writer may be to wait for ever."""
    file = os.open(path, flags | os.O_NONBLOCK)
    os.set_blocking(file, True)
    return file


def text_of(data: bytes, name: str) -> str:
    """A document's text from its bytes. Raises SpecError where there are too many, or they are not UTF-8."""
    if len(data) > MAX_BYTES:
        size = f"has more than {MAX_BYTES:,} bytes; no document does"
        raise SpecError([Problem(name, 0, 0, "", size, "too-big")])
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = data[: error.start]
        line, column = before.count(b"\n") + 1, error.start - before.rfind(b"\n")
        what = f"is not UTF-8 text: byte 0x{data[error.start]:02x}"
        raise SpecError([Problem(name, line, column, "", what, "not-text")]) from None
