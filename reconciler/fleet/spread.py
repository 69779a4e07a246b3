"""Much work of one kind on all processors."""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from types import TracebackType
from typing import Self, TypeVar

from reconciler.errors import PlotmanError

T = TypeVar("T")
R = TypeVar("R")

FEW = 24
"""Pieces of work that are done here: other processes take longer to come up."""

CHUNK = 8
"""Pieces that are handed over at once."""


class Spread:
    """Maps functions over items, in other processes where there are many. Functions and items can be pickled."""

    def __init__(self) -> None:
        self._pool: ProcessPoolExecutor | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._pool is not None:
            self._pool.shutdown(cancel_futures=True)

    def map(self, work: Callable[[T], R], items: Sequence[T]) -> list[R]:
        """What comes of each item, in their order; raises what one of them has raised.

        Raises PlotmanError where the system has ended a process.
        """
        processors = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
        if len(items) <= FEW or processors == 1:
            return [work(item) for item in items]
        if self._pool is None:
            self._pool = ProcessPoolExecutor(processors, multiprocessing.get_context("spawn"))
        try:
            return list(self._pool.map(work, items, chunksize=CHUNK))
        except BrokenProcessPool:
            raise PlotmanError(
                "a process that helped was ended from outside; is there memory left?"
            ) from None
