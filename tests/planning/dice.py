"""Choices thrown with bytes that Hypothesis draws.

A farm takes hundreds of choices. They are thrown with dice whose throws Hypothesis draws at once, as bytes,
which is fifty times as fast as one by one; each choice has its plainest option first, and a byte of 0
means that one, so that what Hypothesis shrinks to is a plain farm.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

T = TypeVar("T")


class Dice:
    """Choices, one byte each; when the bytes are used up the plainest option is taken."""

    def __init__(self, drawn: bytes) -> None:
        self._left = iter(drawn)

    def pick(self, options: Sequence[T]) -> T:
        """One of the options, the first where the byte is 0."""
        return options[next(self._left, 0) % len(options)]

    def some(self, options: Sequence[T], least: int, most: int) -> list[T]:
        """So many different ones, in any order."""
        left = list(options)
        return [
            left.pop(left.index(self.pick(left)))
            for _ in range(self.pick(range(least, min(most, len(left)) + 1)))
        ]

    def rarely(self, one_in: int) -> bool:
        """True once in so many throws."""
        return self.pick(range(one_in)) == one_in - 1
