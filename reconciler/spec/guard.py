"""What the spec holds back until somebody has looked, and how much it lets go at once."""

from __future__ import annotations

from typing import Literal, TypeAlias

from reconciler.spec.model import field, part

Guarded: TypeAlias = Literal["kill", "clean", "retire"]
"""The kinds of action that delete."""


@part
class Deletions:
    """How many deletions this host may do."""

    per_tick: int = field(
        default=10, ge=1, description="At most so many kills, cleanings and retirements in one tick."
    )
    per_day: int | None = field(
        default=None,
        ge=0,
        description="At most so many cleanings and retirements within 24 hours. Left out: as many as there are.",
        examples=[100],
    )
