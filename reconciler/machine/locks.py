"""One writer for each kind of work: a kernel lock that dies with its holder."""

from __future__ import annotations

import fcntl
import json
import os
import pwd
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from reconciler.errors import LockHeld, MachineError
from reconciler.machine.files import READ
from reconciler.machine.table import Table, lives
from reconciler.machine.text import reason
from reconciler.state import Ident

# Who only asks for the holder has the lock for a moment, too; a holder needs one to say who it is.
PATIENCE = 5.0
PAUSE = 0.005


@contextmanager
def lock(path: str, purpose: str, table: Table, boot: str) -> Iterator[Callable[[], None]]:
    """As `Machine.lock`; folders above it are made. The file stays: only its lock tells."""
    held = _locked(path, purpose, table, boot)

    def keep() -> None:
        nonlocal held
        # Where no file can be made, nobody else can lock one there either.
        with suppress(MachineError):
            if _gone(held, path):
                anew = _locked(path, purpose, table, boot)
                os.close(held)
                held = anew

    try:
        yield keep
    finally:
        _write(held, b"")
        os.close(held)


def holder(path: str) -> str | None:
    """As `Machine.holder`."""
    try:
        file = os.open(path, READ)
    except OSError:
        return None
    try:
        return None if _free(file, fcntl.LOCK_SH) else _words(_signature(file))
    finally:
        os.close(file)


def _locked(path: str, purpose: str, table: Table, boot: str) -> int:
    """Its file, open, locked and signed. Raises LockHeld, MachineError."""
    try:
        os.makedirs(os.path.dirname(path), exist_ok=True)
        file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o644)
    except OSError as error:
        raise MachineError(f"cannot open the lock {path}: {reason(error)}") from error
    try:
        _take(file, path, table, boot)
    except BaseException:
        os.close(file)
        raise
    _write(file, _sign(purpose, table))
    return file


def _gone(file: int, path: str) -> bool:
    """Does another file, or none, stand where this one was opened?"""
    try:
        return not os.path.samestat(os.fstat(file), os.lstat(path))
    except FileNotFoundError:
        return True
    except OSError:
        return False


def _take(file: int, path: str, table: Table, boot: str) -> None:
    """Lock it, or raise LockHeld."""
    until = time.monotonic() + PATIENCE
    while not _free(file, fcntl.LOCK_EX):
        signature = _signature(file)
        ident = Ident(boot, _number(signature, "pid"), _number(signature, "start"))
        if lives(table, ident) or time.monotonic() > until:
            raise LockHeld(f"{path} is held by {_words(signature)}; stop that, or let it do the work")
        time.sleep(PAUSE)


def _free(file: int, how: int) -> bool:
    """Try to lock it that way."""
    try:
        fcntl.flock(file, how | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError as error:
        raise MachineError(f"the file system knows no locks: {reason(error)}") from error
    return True


def _sign(purpose: str, table: Table) -> bytes:
    """Who holds it, for those who find it held."""
    row = table.row(os.getpid())
    signature = {
        "pid": os.getpid(),
        "start": row.ident.start if row else 0,
        "who": _user(),
        "purpose": purpose,
        "since": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
    }
    return json.dumps(signature).encode() + b"\n"


def _write(file: int, data: bytes) -> None:
    """Replace what the lock file says. A full disk costs the words, never the lock."""
    with suppress(OSError):
        os.ftruncate(file, 0)
        os.pwrite(file, data, 0)


def _signature(file: int) -> dict[str, object]:
    """What the holder has written; nothing where it has not yet."""
    try:
        found = json.loads(os.pread(file, 4096, 0))
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _number(signature: dict[str, object], key: str) -> int:
    value = signature.get(key)
    return value if isinstance(value, int) else 0


def _words(signature: dict[str, object]) -> str:
    if not signature:
        return "a process that has not said who it is"
    return "{purpose} (pid {pid}, {who}, since {since})".format_map(
        {key: signature.get(key, "?") for key in ("purpose", "pid", "who", "since")}
    )


def _user() -> str:
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        return f"uid {os.getuid()}"
