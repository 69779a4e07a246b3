"""A script's session: what goes in, what comes out, until it ends."""

from __future__ import annotations

import select
from typing import TYPE_CHECKING

from reconciler.errors import FarmerError

if TYPE_CHECKING:
    import paramiko

LIMIT = 64 << 20
"""Bytes of output that are read of one script."""

BLOCK = 1 << 16


class Talk:
    """Feeds a channel its input, and collects its output, as far as it goes without waiting for either."""

    def __init__(self, channel: paramiko.Channel, text: bytes) -> None:
        self._channel = channel
        self._left = memoryview(text)
        self._out = bytearray()
        self._err = bytearray()
        self._said = select.poll()
        self._said.register(channel.fileno(), select.POLLIN)
        channel.settimeout(0.0)

    def go(self, seconds: float) -> None:
        """Wait so long at most for something to read, and read it. Raises OSError, FarmerError."""
        channel = self._channel
        try:
            while self._left and channel.send_ready():
                self._left = self._left[channel.send(bytes(self._left[:BLOCK])) :]
                if not self._left:
                    channel.shutdown_write()
        except OSError:
            # Who reads no more has ended; why, its output and code tell.
            self._left = self._left[:0]
        # Room for more input does not show in the poll, so with input left it is looked for soon.
        if not self._ended_both:
            self._said.poll(min(seconds, 0.05 if self._left else seconds) * 1000)
        while channel.recv_ready():
            self._out += channel.recv(BLOCK)
        while channel.recv_stderr_ready():
            self._err += channel.recv_stderr(BLOCK)
        if len(self._out) + len(self._err) > LIMIT:
            raise FarmerError("broken", f"a script's output is longer than {LIMIT >> 20} MiB")
        if self._ended_both:
            channel.status_event.wait(seconds)

    @property
    def over(self) -> bool:
        """Has it ended, and was all read?"""
        return self._ended_both and self._channel.exit_status_ready()

    @property
    def code(self) -> int:
        """Its exit code, once over; -1: none came."""
        return int(self._channel.exit_status)

    @property
    def out(self) -> str:
        """What it has printed so far."""
        return self._out.decode("utf-8", "surrogateescape")

    @property
    def err(self) -> str:
        """What it has complained of so far."""
        return self._err.decode("utf-8", "surrogateescape")

    @property
    def _ended_both(self) -> bool:
        channel = self._channel
        ended = channel.eof_received or channel.closed
        return ended and not channel.recv_ready() and not channel.recv_stderr_ready()
