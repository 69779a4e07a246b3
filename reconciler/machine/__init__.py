"""This machine, really: the one room that knows psutil, subprocess, sockets and clocks.

`LocalMachine` and `LocalWorld` are all that others need; what each part does is told in its own module.
"""

from reconciler.machine.asking import output_of
from reconciler.machine.local import LocalMachine, LocalWorld

__all__ = ["LocalMachine", "LocalWorld", "output_of"]
