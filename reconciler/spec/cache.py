"""What was read and found valid, kept for the next command, which then need not judge it anew.

A cache, in this user's own folder ($XDG_CACHE_HOME/plotman/read, else the platform's place): who deletes it, or has no
place for it, loses nothing but time. An entry counts only if

- its file is this user's, and nobody else can write to it;
- it is whole, by its digest;
- it was kept by this very code: the same modules, schemas, libraries and Python;
- every text that it was made of is the same still, which the caller checks: `Entry.texts`.

An entry holds what its documents say, the owner's keys too. So only its user can read it, as he could the
documents; and of each name there is only the newest, so that what a document says no more stands nowhere.

Entries are pickles, since those are read many times faster than documents are judged. Reading one makes nouns of this
tool and nothing else (`_Nouns`), so that even a forged one calls no code of its choice.
"""

from __future__ import annotations

import hashlib
import io
import os
import pickle
import stat
import sys
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.util import find_spec
from typing import Any, Generic, TypeVar

import reconciler
from reconciler.errors import SpecError
from reconciler.noun import noun
from reconciler.spec.files import Files
from reconciler.spec.place import user_folder

T = TypeVar("T")

MOST = 64
"""Entries that are kept; the oldest give way."""
LARGEST = 16_000_000
"""Bytes of the largest entry."""

_JUDGES = ("", "observe", "plotters", "spec", "transports", "schemas", "../schemas")
"""Where the code and the schemas lie by which documents are judged and logs are read, from the package on."""
_NOUNS = (
    "reconciler.errors",
    "reconciler.journal",
    "reconciler.observe.logbook",
    "reconciler.plotters.",
    "reconciler.spec.",
    "reconciler.state",
    "reconciler.transports.record",
)
_OTHERS = {("datetime", "date")}
_TELLING = (".py", ".json", ".dist-info", ".egg-info")
_DIGEST = hashlib.sha256().digest_size


@noun
class Entry(Generic[T]):
    """What is kept. texts: the digest of each text that it was made of, by its path."""

    texts: Mapping[str, str]
    value: T

    @classmethod
    def of(cls, texts: Mapping[str, str], value: T) -> Entry[T]:
        """texts: what it was made of, by path."""
        return cls({path: digest(text) for path, text in texts.items()}, value)

    def holds(self, files: Files) -> bool:
        """Is every text that it was made of the same still?"""
        try:
            return all(digest(files.read(path)) == told for path, told in self.texts.items())
        except SpecError:
            return False


def digest(text: str) -> str:
    """What tells one text from another."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def recall(name: str, kind: type[T]) -> Entry[T] | None:
    """What was kept under that name by this code, of that kind; None: nothing that counts."""
    try:
        data = _read(_path(name))
        head, body = data[:_DIGEST], data[_DIGEST:]
        if head != _sum(body):
            return None
        entry = _Nouns(io.BytesIO(body)).load()
    except Exception:
        # Whatever a damaged file does to a reader: it is as if there were none.
        return None
    return entry if isinstance(entry, Entry) and isinstance(entry.value, kind) else None


def keep(name: str, entry: Entry[Any]) -> None:
    """Keep it under that name, in the place of what was kept before; where that is not possible, nothing is kept."""
    try:
        body = pickle.dumps(entry, pickle.HIGHEST_PROTOCOL)
        path = _path(name)
        folder = os.path.dirname(path)
        os.makedirs(folder, mode=0o700, exist_ok=True)
        _write(path, _sum(body) + body)
        _thin(folder)
    except Exception:
        # No place, no room, or nothing that can be kept: no command fails for that.
        return


class _Nouns(pickle.Unpickler):
    """Makes nouns of this tool only."""

    def find_class(self, module: str, name: str) -> Any:
        """The class of that name, defined in that module. Raises UnpicklingError for all else."""
        known = (module.startswith(_NOUNS) or (module, name) in _OTHERS) and "." not in name
        found = super().find_class(module, name) if known else None
        if not isinstance(found, type) or found.__module__ != module:
            raise pickle.UnpicklingError(f"{module}.{name} is no noun")
        return found


def _path(name: str) -> str:
    return os.path.join(user_folder("cache"), "read", digest(name)[:32])


def _read(path: str) -> bytes:
    """All bytes of an entry's file. Raises OSError, also where it is not only this user's to write."""
    file = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    with open(file, "rb") as stream:
        found = os.fstat(file)
        others = found.st_mode & (stat.S_IWGRP | stat.S_IWOTH)
        if not stat.S_ISREG(found.st_mode) or found.st_uid != os.geteuid() or others:
            raise PermissionError(path)
        return stream.read(LARGEST)


def _write(path: str, data: bytes) -> None:
    """The file, whole or not at all, for this user only. Raises OSError."""
    draft = f"{path}.{os.getpid()}"
    file = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    try:
        with open(file, "wb") as stream:
            stream.write(data)
        os.replace(draft, path)
    except BaseException:
        os.unlink(draft)
        raise


def _thin(folder: str) -> None:
    """Drop the oldest entries, and drafts among them that nobody finished, where there are too many."""
    with os.scandir(folder) as listing:
        files = sorted((entry.stat(follow_symlinks=False).st_mtime_ns, entry.path) for entry in listing)
    for _, path in files[:-MOST]:
        os.unlink(path)


def _sum(body: bytes) -> bytes:
    return hashlib.sha256(_code() + body).digest()


@cache
def _code() -> bytes:
    """What tells this code from any other. Raises OSError where it lies in no files."""
    mark = repr((reconciler.__version__, sys.version, *_marks()))
    return hashlib.sha256(mark.encode("utf-8", "surrogateescape")).digest()


def _marks() -> Iterator[tuple[str, int, int]]:
    """The path, size and time of each file of the code that judges, and of each library that lies beside pydantic."""
    package = os.path.dirname(os.path.abspath(reconciler.__file__))
    found = find_spec("pydantic")
    if found is None or found.origin is None:
        raise FileNotFoundError("pydantic")
    libraries = os.path.dirname(os.path.dirname(found.origin))
    for folder in (*(os.path.join(package, place) for place in _JUDGES), libraries):
        if os.path.isdir(folder):
            with os.scandir(folder) as listing:
                entries = [entry for entry in listing if entry.name.endswith(_TELLING)]
            for entry in sorted(entries, key=lambda each: each.name):
                found_there = entry.stat()
                yield entry.path, found_there.st_size, found_there.st_mtime_ns
