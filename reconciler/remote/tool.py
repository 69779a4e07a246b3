"""Programs of this machine beside a farmer's: the one import of subprocess outside `machine/`."""

from __future__ import annotations

import contextlib
import os
import re
import selectors
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence

from reconciler.errors import FarmerError
from reconciler.remote.ran import TICK, Ran, Waiting

LIMIT = 1 << 20
"""Characters that are kept of what one program prints: the last, so that the end of a long story is told."""

GRACE = 5.0
"""Seconds that a program has between being asked to end and being ended."""

BLOCK = 1 << 16

_BREAK = re.compile(rb"[\r\n]+")


def run(
    argv: Sequence[str],
    *,
    deadline: float,
    line: Callable[[str], None] | None = None,
    waiting: Waiting | None = None,
    keep: Sequence[int] = (),
    env: Mapping[str, str | None] | None = None,
) -> Ran:
    """Run a program with the C locale in a process group of its own, which is ended when its waiting ends early.

    line: called with each line of its standard output as it comes; a carriage return ends one, too.
    keep: descriptors that it inherits. env: added to our own; a variable that is None there is left out.
    A program that has ended is not waited for any more because of what it left in the background.

    Raises FarmerError: "tool" where it cannot be run, "silent" where it has not ended within the deadline's seconds;
    and what line or waiting raise. A program ended by signal N has the code -N.
    """
    ends = time.monotonic() + deadline
    child = _start(argv, stdin=subprocess.DEVNULL, keep=keep, env=env or {})
    try:
        out, err = _Lines(line), _Lines(None)
        with selectors.DefaultSelector() as said:
            said.register(child.stdout, selectors.EVENT_READ, out)  # type: ignore[arg-type]  # both are pipes
            said.register(child.stderr, selectors.EVENT_READ, err)  # type: ignore[arg-type]
            while child.poll() is None:
                if (left := ends - time.monotonic()) <= 0:
                    raise FarmerError("silent", f"{argv[0]} has not ended within {deadline:g} s")
                if said.get_map():
                    _read(said, min(left, TICK))
                else:
                    _rest(child, min(left, TICK))
                if waiting is not None:
                    waiting()
            # What it printed before its end has come by now; who still has its output open is none of ours.
            while _read(said, 0.0) and time.monotonic() < ends:
                pass
        return Ran(child.returncode, out.end(), err.end())
    finally:
        _end(child)


def version(executable: str, *, deadline: float = 10.0) -> str | None:
    """The first line that a program prints when asked for its version; None: it is not there."""
    if shutil.which(executable) is None:
        return None
    return next(iter(run([executable, "--version"], deadline=deadline).out.splitlines()), "")


class Proxy:
    """A command that carries a connection on its standard input and output (ssh_config(5), ProxyCommand)."""

    def __init__(self, command: str) -> None:
        self.socket, other = socket.socketpair()
        with other:
            self._child = _start(["sh", "-c", f"exec {command}"], stdin=other.fileno(), stdout=other.fileno())

    def close(self) -> None:
        """End it, now."""
        self.socket.close()
        if self._child.poll() is None:
            os.killpg(self._child.pid, signal.SIGKILL)
            _rest(self._child, GRACE)


class _Lines:
    """Output as it comes, cut into lines for whoever wants them."""

    def __init__(self, line: Callable[[str], None] | None) -> None:
        self._line = line
        self._kept = b""
        self._half = b""

    def add(self, data: bytes) -> None:
        self._kept = (self._kept + data)[-LIMIT:]
        if self._line is None:
            return
        *whole, self._half = _BREAK.split(self._half + data)
        for one in filter(None, whole):
            self._line(one.decode("utf-8", "surrogateescape"))

    def end(self) -> str:
        """All that is kept; the last line is one also without an end."""
        if self._half and self._line is not None:
            self._line(self._half.decode("utf-8", "surrogateescape"))
        return self._kept.decode("utf-8", "surrogateescape")


def _start(
    argv: Sequence[str],
    *,
    stdin: int,
    stdout: int = subprocess.PIPE,
    keep: Sequence[int] = (),
    env: Mapping[str, str | None] | None = None,
) -> subprocess.Popen[bytes]:
    whole = {**os.environ, "LC_ALL": "C", **(env or {})}
    try:
        return subprocess.Popen(
            argv,
            stdin=stdin,
            stdout=stdout,
            stderr=subprocess.PIPE if stdout == subprocess.PIPE else subprocess.DEVNULL,
            env={name: value for name, value in whole.items() if value is not None},
            pass_fds=keep,
            process_group=0,
            bufsize=0,
        )
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) else str(error)
        raise FarmerError("tool", f"{argv[0]} cannot be run: {why}") from error


def _read(said: selectors.BaseSelector, seconds: float) -> bool:
    """Read what comes within those seconds; did anything?"""
    ready = said.select(seconds) if said.get_map() else []
    for key, _ in ready:
        if data := os.read(key.fd, BLOCK):
            key.data.add(data)
        else:
            said.unregister(key.fileobj)
    return bool(ready)


def _rest(child: subprocess.Popen[bytes], seconds: float) -> None:
    """Wait for one that prints no more."""
    with contextlib.suppress(subprocess.TimeoutExpired):
        child.wait(seconds)


def _end(child: subprocess.Popen[bytes]) -> None:
    """End what is left of it, first politely."""
    for pipe in (child.stdout, child.stderr):
        if pipe is not None:
            pipe.close()
    for what in (signal.SIGTERM, signal.SIGKILL):
        # Its group's number is its own only until it has been taken leave of.
        if child.poll() is None:
            os.killpg(child.pid, what)
            _rest(child, GRACE)
