"""The first bytes of a plot file, held against its name.

Chia's format 1 (chiapos, ``PlotHeader``) begins with a magic of 19 bytes, the plot id in 32 and k in one.
Compressed plots of other makers, and those of other chains, have heads of their own, of which only a wrong one of
format 1 is known.
"""

from __future__ import annotations

from reconciler.plotters.names import PlotName

MAGIC = b"Proof of Space Plot"
SIZE = len(MAGIC) + 33
"""Bytes that are looked at."""


def fault(head: bytes, name: PlotName) -> str | None:
    """What is wrong with a file's first bytes, in words; None: nothing that can be told.

    Only an uncompressed ``.plot`` for chia is known to have to begin with format 1.
    """
    if len(head) < SIZE:
        return f"it has only {len(head)} bytes"
    if not head.startswith(MAGIC):
        known = name.kind == "plot" and name.compression is None
        return "it does not begin as a plot does" if known else None
    plot_id, k = head[len(MAGIC) : len(MAGIC) + 32].hex(), head[len(MAGIC) + 32]
    if plot_id != name.plot_id:
        return f"its head is that of plot {plot_id[:8]}"
    if k != name.k:
        return f"its head says k{k}"
    return None
