"""Addresses of chia and its forks: a puzzle hash in bech32m (BIP-350), ``xch1…``."""

from __future__ import annotations

from functools import lru_cache

_LETTERS = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
_GENERATORS = (0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)
_BECH32M = 0x2BC830A3
_CHECK, _LONGEST = 6, 90
"""Letters of the checksum, and of the longest address that it can vouch for."""


@lru_cache(maxsize=256)
def puzzle_hash(address: str) -> str:
    """The puzzle hash that an address stands for, 64 hex digits. ValueError: it is no address, and why."""
    raw = decode(address)[1]
    if len(raw) != 32:
        raise ValueError(f"{address} stands for {len(raw)} bytes; a puzzle hash has 32")
    return raw.hex()


def decode(address: str) -> tuple[str, bytes]:
    """(prefix, bytes) of a bech32m text. ValueError: it is none, and why."""
    if len(address) > _LONGEST or not all("!" <= letter <= "~" for letter in address):
        raise ValueError(f"{address!r} is no address; it has at most {_LONGEST} letters and digits")
    if address not in (address.lower(), address.upper()):
        raise ValueError(f"{address} mixes small and capital letters")
    prefix, one, data = address.lower().rpartition("1")
    if not one or not prefix or len(data) < _CHECK:
        raise ValueError(f"{address} is no address; one is a prefix, a 1 and the rest, as xch1…")
    strange = sorted(set(data) - set(_LETTERS))
    if strange:
        raise ValueError(f"{address} has {', '.join(strange)} behind its prefix, which no address has")
    values = [_LETTERS.index(letter) for letter in data]
    spread = [*(ord(letter) >> 5 for letter in prefix), 0, *(ord(letter) & 31 for letter in prefix)]
    if _remainder([*spread, *values]) != _BECH32M:
        raise ValueError(f"{address} has a wrong checksum; a letter of it is mistyped")
    return prefix, _packed(address, values[:-_CHECK])


def _remainder(values: list[int]) -> int:
    """The checksum's polynomial (BIP-173): 1 for bech32, another constant for bech32m."""
    remainder = 1
    for value in values:
        top = remainder >> 25
        remainder = (remainder & 0x1FFFFFF) << 5 ^ value
        for bit, generator in enumerate(_GENERATORS):
            remainder ^= generator if top >> bit & 1 else 0
    return remainder


def _packed(address: str, values: list[int]) -> bytes:
    """Groups of five bits as bytes; fewer than five bits may be left over, and they are zero."""
    bits = "".join(f"{value:05b}" for value in values)
    whole, rest = bits[: len(bits) // 8 * 8], bits[len(bits) // 8 * 8 :]
    if len(rest) >= 5 or "1" in rest:
        raise ValueError(f"{address} does not stand for whole bytes")
    return int(f"1{whole}", 2).to_bytes(len(whole) // 8 + 1, "big")[1:]
