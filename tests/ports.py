"""Ports of the loopback that nobody takes between their choice and their use."""

from __future__ import annotations

import os
import random
import socket

FIRST, EACH = 10_000, 2_000
"""Below those that the kernel gives away by itself; and how many each worker of a run has for itself."""


_given: set[int] = set()


def free_port() -> int:
    """One on which nobody listens yet, and that nobody else in this worker is given."""
    worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")) % 10
    while True:
        port = FIRST + EACH * worker + random.randrange(EACH)
        with socket.socket() as tried:
            try:
                tried.bind(("127.0.0.1", port))
            except OSError:
                continue
        if port not in _given:
            _given.add(port)
            return port
