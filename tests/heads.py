"""Heads of plots, made as `plotters/head.py` says that they are."""

from __future__ import annotations

CONTRACT = "ab" * 32


def memo(contract: str = CONTRACT) -> bytes:
    """For a contract, hexadecimal; "": for a pool key."""
    return bytes.fromhex(contract).ljust(112, b"\3") if contract else b"\2" * 128


def format_1(plot_id: str, k: int, for_whom: bytes | None = None, *, description: bytes = b"v1.0") -> bytes:
    parts = (b"Proof of Space Plot", bytes.fromhex(plot_id), bytes([k]))
    return b"".join(parts) + _measured(description) + _measured(memo() if for_whom is None else for_whom)


def format_2(
    plot_id: str, k: int, level: int, for_whom: bytes | None = None, *, flags: int | None = None
) -> bytes:
    flags = int(level > 0) if flags is None else flags
    begin = b"PLOT\2\0\0\0" + bytes.fromhex(plot_id) + bytes([k])
    end = flags.to_bytes(4, "little") + (bytes([level]) if level else b"")
    return begin + _measured(memo() if for_whom is None else for_whom) + end


def _measured(data: bytes) -> bytes:
    return len(data).to_bytes(2, "big") + data
