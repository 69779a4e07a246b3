"""How much of a machine's time is taken."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Busy:
    """Shares of the last minutes, from 0 to 1. cpu: of all processors together. drives: of each, by its device.

    memory: the share of it that nobody could have now; 0 where that cannot be told.
    """

    cpu: float
    drives: Mapping[str, float]
    memory: float = 0.0
