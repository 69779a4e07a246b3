"""What argvs of jobs say, each read once. A cache."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from reconciler.world import Process

if TYPE_CHECKING:
    from reconciler.plotters import Plotters
    from reconciler.plotters.plotter import Arguments, Plotter

Meaning = tuple["Plotter | None", "Arguments | None"]
"""Whose job it is, and what that plotter is told; None: it is no plotter's."""


class Argvs:
    """The argvs that were read, with the working directories that their paths start from."""

    def __init__(self, plotters: Plotters) -> None:
        self._plotters = plotters
        self._kept: dict[tuple[tuple[str, ...], str | None], Meaning] = {}

    def read(self, processes: Iterable[Process]) -> None:
        """Keep what these say, and nothing else."""
        asked = {(process.argv, process.cwd) for process in processes}
        self._kept = {key: self._kept[key] if key in self._kept else self._read(*key) for key in asked}

    def of(self, process: Process) -> Meaning:
        """What the argv of a process says that was read."""
        return self._kept[process.argv, process.cwd]

    def _read(self, argv: tuple[str, ...], cwd: str | None) -> Meaning:
        plotter = self._plotters.recognise(argv)
        return plotter, plotter.read(argv, cwd) if plotter is not None else None
