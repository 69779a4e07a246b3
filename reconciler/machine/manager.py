"""The service manager that runs this process, told how it does in the words of sd_notify(3)."""

from __future__ import annotations

import socket
from collections.abc import MutableMapping
from contextlib import suppress

from reconciler.noun import noun

SOCKET, WATCHDOG, WATCHED = "NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"


@noun
class Manager:
    """Whom to tell. No trouble on the way to it is ever raised: it only listens.

    address: of its socket, a path or ``@`` and a name in the abstract space.
    patience: seconds without a sign of life after which it ends this process; None: it does not watch.
    """

    address: str
    patience: float | None = None

    @classmethod
    def of(cls, environment: MutableMapping[str, str], pid: int) -> Manager | None:
        """The one that this environment names to that process; None: there is none.

        The names are taken out: what this process starts must not speak for it.
        """
        address, patience, watched = (environment.pop(name, "") for name in (SOCKET, WATCHDOG, WATCHED))
        if not address.startswith(("/", "@")):
            return None
        mine = watched in ("", str(pid)) and patience.isascii() and patience.isdigit() and int(patience) > 0
        return cls(address, int(patience) / 1e6 if mine else None)

    def tell(self, *assignments: str) -> None:
        """Send ``READY=1`` and the like, one line each; they arrive together or not at all."""
        to = "\0" + self.address[1:] if self.address.startswith("@") else self.address
        with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as clapper:
            # A manager that does not read holds nobody up.
            clapper.setblocking(False)
            clapper.sendto("\n".join(assignments).encode(errors="replace"), to)
