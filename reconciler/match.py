"""Is a plot one of those that a part of the spec speaks of? Pure.

The same for plots that a farmer takes and for those that may give way there. What is not known never
matches.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from reconciler.plotters.address import puzzle_hash
from reconciler.state import Fact, Known

if TYPE_CHECKING:
    from reconciler.spec.farmers import PlotMatch
    from reconciler.spec.models import Spec


def own_contract(spec: Spec) -> str | None:
    """The puzzle hash, hexadecimal, of the contract that the spec plots for.

    "": it plots for a pool key; None: for neither, or its contract is no address.
    """
    keys = spec.plotting.keys if spec.plotting is not None else None
    if keys is None or keys.contract is None:
        return "" if keys is not None and keys.pool is not None else None
    try:
        return puzzle_hash(keys.contract)
    except ValueError:
        return None


def matches(match: PlotMatch, k: int, compression: int, contract: Fact[str], own: str | None) -> bool:
    """Is it certainly one of those? contract: as in `state.Plot`; own: as `own_contract` tells."""
    return mismatch(match, k, compression, contract, own) is None


def mismatch(match: PlotMatch, k: int, compression: int, contract: Fact[str], own: str | None) -> str | None:
    """Why it is not, or cannot be told to be, one of those, in words; None: it is."""
    if match.k and k not in match.k:
        return f"k{k}, not {' or '.join(f'k{each}' for each in match.k)}"
    if match.compression is not None and not _within(match.compression, compression):
        return f"compression {compression}, not {match.compression}"
    return None if match.contract is None else _other_contract(match.contract, contract, own)


def _within(levels: str, compression: int) -> bool:
    number = levels.lstrip("<>=")
    level = int(number)
    match levels.removesuffix(number):
        case "<":
            return compression < level
        case "<=":
            return compression <= level
        case ">":
            return compression > level
        case ">=":
            return compression >= level
        case _:
            return compression == level


def _other_contract(wanted: str, contract: Fact[str], own: str | None) -> str | None:
    if not isinstance(contract, Known):
        return f"its contract is not known: {contract.why}"
    if wanted in ("own", "old"):
        if own is None:
            return f"which contract is {wanted} cannot be told: plotting.keys names neither contract nor pool"
        if wanted == "own":
            return (
                None if contract.value == own else "made for another contract or pool key than plotting.keys"
            )
        return None if contract.value != own else "made for the contract or a pool key of plotting.keys"
    if wanted == "none":
        return None if contract.value == "" else "made for a contract, not for a pool key"
    try:
        return None if contract.value == puzzle_hash(wanted) else f"not made for {wanted}"
    except ValueError as error:
        return str(error)
