"""An old plot where it stands: to be looked at, and to be removed if it is still what was seen.

Three ways, one for each kind of farmer; which one follows from how plots get there.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Mapping
from contextlib import suppress
from importlib import resources
from typing import TYPE_CHECKING, Protocol, Self, TypeAlias, TypeVar

from reconciler.errand import Farewell
from reconciler.inquiry import HEAD
from reconciler.noun import noun
from reconciler.transports.failure import Broken, Conflict, Failure, Missing
from reconciler.transports.words import last_words, meaning

if TYPE_CHECKING:
    from reconciler.remote.shell import Shell
    from reconciler.transports.wire import Wire

Raw: TypeAlias = bytes
T = TypeVar("T")

SOON = 120.0
"""Seconds that a farmer may take; a disk may have to spin up, and to free a large file takes a while."""

_CODES: Mapping[int, type[Failure]] = {71: Missing, 72: Conflict}


@noun
class Sight:
    """A regular file as it was seen.

    age: seconds since its last change, by the clock of its machine; None: not told. head: its first HEAD bytes.
    mark: what tells it from any other file that may get its name.
    """

    bytes: int
    age: float | None
    head: Raw
    mark: str


class Standing(Protocol):
    """One old plot. Raises Failure, FarmerError or OSError; the file is untouched unless `remove` had begun."""

    def __enter__(self) -> Self: ...

    def __exit__(self, *_: object) -> None: ...

    def look(self) -> Sight | None:
        """None: its folder is there, and nothing under its name. Raises Conflict for what is no regular file."""

    def remove(self, sight: Sight) -> None:
        """Remove it, and flush its folder where that can be. Raises Conflict where it is not that file any more."""


def standing(farewell: Farewell, now: float) -> Standing:
    """The old plot of that errand. now: wall clock."""
    login = farewell.way.login
    if login is None:
        return Here(farewell, now)
    from reconciler.remote.shell import Shell

    return (BySftp if farewell.transport == "sftp" else ByShell)(farewell, Shell(login))


class Here:
    """On a disk of this machine."""

    def __init__(self, farewell: Farewell, now: float) -> None:
        self._farewell = farewell
        self._now = now

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def look(self) -> Sight | None:
        """By one open file, so that all that is seen is of one file."""
        folder = os.open(self._farewell.disk, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            if not stat.S_ISREG(os.lstat(self._farewell.plot, dir_fd=folder).st_mode):
                raise Conflict(f"{self._farewell.path} is no regular file")
            flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
            file = os.open(self._farewell.plot, flags, dir_fd=folder)
        except FileNotFoundError:
            return None
        finally:
            os.close(folder)
        try:
            found = os.fstat(file)
            return Sight(found.st_size, self._now - found.st_mtime, os.pread(file, HEAD, 0), _mark(found))
        finally:
            os.close(file)

    def remove(self, sight: Sight) -> None:
        """As `Standing`."""
        folder = os.open(self._farewell.disk, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            with suppress(FileNotFoundError):
                if _mark(os.lstat(self._farewell.plot, dir_fd=folder)) != sight.mark:
                    raise Conflict(f"{self._farewell.path} has changed since it was looked at")
                os.unlink(self._farewell.plot, dir_fd=folder)
            with suppress(OSError):
                os.fsync(folder)
        finally:
            os.close(folder)


def _mark(found: os.stat_result) -> str:
    return f"{found.st_dev} {found.st_ino} {found.st_mode} {found.st_size} {found.st_mtime_ns}"


class ByShell:
    """At a farmer with a shell, by ``remover.sh``."""

    def __init__(self, farewell: Farewell, shell: Shell) -> None:
        self._farewell = farewell
        self._shell = shell
        self._script = resources.files(__package__).joinpath("remover.sh").read_text()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._shell.close()

    def look(self) -> Sight | None:
        """As `Standing`."""
        said = self._ask("look")
        if not said.strip():
            return None
        marks, _, head = said.partition("\n")
        try:
            size, modified, _, now = (int(word) for word in marks.split())
            return Sight(
                size, now - modified, bytes.fromhex(head), f"{marks.rpartition(' ')[0]}\n{head.strip()}"
            )
        except ValueError:
            raise Broken(
                f"{self._farewell.farmer}: {last_words(said)!r} is no file's size, times and head"
            ) from None

    def remove(self, sight: Sight) -> None:
        """As `Standing`; all of it in one round trip."""
        self._ask("remove", *sight.mark.split("\n"))

    def _ask(self, verb: str, *more: str) -> str:
        place = (self._farewell.disk, self._farewell.plot)
        ran = self._shell.run(self._script, verb, *place, *more, deadline=SOON)
        if ran.code == 0:
            return ran.out
        kind = _CODES.get(ran.code) or meaning(ran.err)
        raise kind(f"{self._farewell.farmer}: {last_words(ran.err)}")


class BySftp:
    """At a farmer that has nothing but an ssh server. Its clock is not known, and so no age."""

    def __init__(self, farewell: Farewell, shell: Shell) -> None:
        self._farewell = farewell
        self._shell = shell
        self._open: Wire | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._shell.close()

    def look(self) -> Sight | None:
        """As `Standing`."""
        return self._over_the_link(self._look)

    def remove(self, sight: Sight) -> None:
        """As `Standing`."""
        if self.look() != sight:
            raise Conflict(f"{self._farewell.path} has changed since it was looked at")
        self._over_the_link(lambda wire: wire.remove(self._farewell.path))

    def _over_the_link(self, ask: Callable[[Wire], T]) -> T:
        """What the farmer answers. Raises OSError for what its disk does, FarmerError for what the connection does."""
        from reconciler.transports.wire import Wire

        if self._open is None:
            self._open = Wire(self._shell.sftp(deadline=SOON))
        try:
            return ask(self._open)
        except Exception as error:
            if isinstance(error, Failure) or (isinstance(error, OSError) and error.errno is not None):
                raise
            with self._shell.meant():
                raise

    def _look(self, wire: Wire) -> Sight | None:
        from reconciler.transports.wire import READ

        path = self._farewell.path
        if wire.look(self._farewell.disk) is None:
            raise Missing(f"{self._farewell.disk} is not there")
        found = wire.look(path)
        if found is None:
            return None
        if not found.regular:
            raise Conflict(f"{path} is no regular file")
        with wire.opened(path, READ) as handle:
            head = b"".join(wire.read(handle, 0, min(HEAD, found.bytes)))
        return Sight(found.bytes, None, head, f"{found.modified}")
