"""The first bytes of a plot file: what it is, whatever it is called.

Two formats are read. Chia's format 1 (chiapos, ``PlotHeader``, read by chiapos, bladebit and madMAx alike): a magic
of 19 bytes, the plot id in 32, k in one, then a description, ``v1.0``, and the memo, each behind its length in two
bytes, the high one first. Format 2 (bladebit, ``PlotFileHeaderV2``; chiapos reads it since 2.0): ``PLOT``, the version
in four bytes, the low one first, plot id, k and memo as before, flags in four bytes, the low one first, and where the
lowest flag is set one byte with the compression level.

All other heads (those of Gigahorse, whose levels mean something else, and of other chains) say nothing here.
"""

from __future__ import annotations

from reconciler.noun import noun
from reconciler.plotters.names import PlotName

MAGIC = b"Proof of Space Plot"
SIZE = len(MAGIC) + 33
"""Bytes that are looked at to know a plot by its name."""

_DESCRIPTION = b"v1.0"
_MAGIC_2 = b"PLOT" + (2).to_bytes(4, "little")
_COMPRESSED = 1


@noun
class Head:
    """What a plot is, for certain.

    plot_id: 64 hex digits. level: of compression, 0 for a plain plot.
    contract: the pool contract's puzzle hash that it was made for, hexadecimal; "": a pool key.
    """

    plot_id: str
    k: int
    level: int
    contract: str


class _Short(Exception):
    """The head ends too early."""


class _Reader:
    """Takes bytes from the front. Raises _Short."""

    def __init__(self, data: bytes) -> None:
        self._rest = data

    def take(self, count: int) -> bytes:
        if len(self._rest) < count:
            raise _Short
        taken, self._rest = self._rest[:count], self._rest[count:]
        return taken

    def measured(self) -> bytes:
        """What stands behind its length."""
        return self.take(int.from_bytes(self.take(2), "big"))


def read(data: bytes) -> Head | None:
    """What a file's first bytes say; None: not all of it can be told for certain. 200 bytes are enough."""
    for magic, parts in ((MAGIC, _format_1), (_MAGIC_2, _format_2)):
        if data.startswith(magic):
            try:
                return parts(_Reader(data[len(magic) :]))
            except _Short:
                return None
    return None


def _format_1(rest: _Reader) -> Head | None:
    plot_id, k = rest.take(32), rest.take(1)[0]
    plain = rest.measured() == _DESCRIPTION
    contract = _contract(rest.measured())
    return Head(plot_id.hex(), k, 0, contract) if plain and contract is not None else None


def _format_2(rest: _Reader) -> Head | None:
    plot_id, k = rest.take(32), rest.take(1)[0]
    contract = _contract(rest.measured())
    flags = int.from_bytes(rest.take(4), "little")
    level = rest.take(1)[0] if flags & _COMPRESSED else 0
    known = flags in (0, _COMPRESSED)
    return Head(plot_id.hex(), k, level, contract) if known and contract is not None else None


def _contract(memo: bytes) -> str | None:
    """By the length of the memo (chia, ``plotting/util.py``): 128 bytes begin with a pool public key of 48, 112 with
    a puzzle hash of 32."""
    return {128: "", 112: memo[:32].hex()}.get(len(memo))


def fault(data: bytes, name: PlotName) -> str | None:
    """What is wrong with a file's first bytes, in words; None: nothing that can be told.

    Only an uncompressed ``.plot`` for chia is known to have to begin with format 1.
    """
    if len(data) < SIZE:
        return f"it has only {len(data)} bytes"
    magic = next((magic for magic in (MAGIC, _MAGIC_2) if data.startswith(magic)), None)
    if magic is None:
        known = name.kind == "plot" and name.compression is None
        return "it does not begin as a plot does" if known else None
    plot_id, k = data[len(magic) : len(magic) + 32].hex(), data[len(magic) + 32]
    if plot_id != name.plot_id:
        return f"its head is that of plot {plot_id[:8]}"
    if k != name.k:
        return f"its head says k{k}"
    return None
