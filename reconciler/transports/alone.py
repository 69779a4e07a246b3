"""Being the only mover of this machine that writes a part file, where the farmer has no locks to offer."""

from __future__ import annotations

import hashlib
import socket
import sys

from reconciler.transports.failure import Busy


class Alone:
    """Held until released, or until the process ends. Where the system has no abstract sockets, nothing is held.

    Another machine has part files of other names. Two movers of this one have the same name only for one plot that
    lies in two directories.
    """

    def __init__(self, part: str) -> None:
        """part: the farmer and the part file's path there. Raises Busy."""
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        try:
            if sys.platform == "linux":
                # unix(7): an address that begins with a zero byte is a name in no file system.
                self._socket.bind(
                    f"\0plotman-{hashlib.sha256(part.encode(errors='surrogateescape')).hexdigest()}"
                )
        except OSError:
            self._socket.close()
            raise Busy(f"{part} is held: another mover writes it") from None

    def release(self) -> None:
        """Let others have it."""
        self._socket.close()
