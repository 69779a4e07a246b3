"""All plotters: the packaged ones and a user's own."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING

from reconciler.errors import PlotterError, Problem
from reconciler.plotters.argv import invocation
from reconciler.plotters.plotter import EXAMPLE, PLOT_ID, Plotter, TempName, names_of_temps
from reconciler.spec.files import DISK, Files

if TYPE_CHECKING:
    from reconciler.plotters.load import Loaded

HEAD = 1 << 16
"""Bytes of a log that are enough to tell whose it is, where they tell anything."""
ANY_SIZE = (0, 1 << 62)
"""The size of a plot of which no plotter tells the size."""


class Plotters(Mapping[str, Plotter]):
    """Every plotter, by name."""

    def __init__(self, plotters: Sequence[Plotter]) -> None:
        self._plotters = {plotter.name: plotter for plotter in plotters}
        # Of two definitions for one program the one that asks for more tells more.
        self._ranked = sorted(plotters, key=_asks, reverse=True)
        self._programs: dict[tuple[str, bool], list[Plotter]] = {}
        self._bands: dict[tuple[int, int | None, str, int], tuple[int, int]] = {}
        for plotter in self._ranked:
            module = plotter.definition.command.module
            for program in plotter.line.programs:
                self._programs.setdefault((program, False), []).append(plotter)
            if module is not None:
                self._programs.setdefault((module, True), []).append(plotter)

    @classmethod
    def load(cls, folders: Sequence[str] = (), texts: Files = DISK) -> Plotters:
        """The packaged definitions, and those in the folders. PlotterError with every fault at its place.

        The packaged ones are held to be sound, which their tests see to. texts: what their files are read from.
        """
        from reconciler.plotters.load import load

        loaded = load(folders, texts)
        plotters = {name: Plotter(each.definition) for name, each in loaded.items()}
        problems = [
            problem
            for name, each in loaded.items()
            if not each.packaged
            for problem in _untrue(plotters[name], each)
        ]
        if problems:
            raise PlotterError(problems)
        return cls(tuple(plotters.values()))

    def __getitem__(self, name: str) -> Plotter:
        return self._plotters[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._plotters)

    def __len__(self) -> int:
        return len(self._plotters)

    def wanted(self, argv: Sequence[str]) -> bool:
        """Is this argv a plot job? Cheap for all the processes that are none."""
        return self.recognise(argv) is not None

    def recognise(self, argv: Sequence[str]) -> Plotter | None:
        """Whose job this argv is; None: no plotter's.

        Where two plotters share a program's name and the argv does not tell them apart, it is the plainer one.
        """
        ran = invocation(argv)
        if ran is None:
            return None
        candidates = self._programs.get((ran.program, ran.module), ())
        return next((plotter for plotter in candidates if plotter.recognises(argv)), None)

    def of_log(self, data: bytes) -> Plotter | None:
        """Whose log this is: the plotter to which most of its lines mean something; None: nobody's.

        Of several that read it equally well it is one whose definition stands on its own.
        """
        for part in (data[:HEAD], data[HEAD:]):
            found = max(self.values(), key=lambda each: _reads(each, part), default=None)
            if found is not None and found.understands(part):
                return found
        return None

    def band(self, k: int, compression: int | None, kind: str = "plot", digits: int = 0) -> tuple[int, int]:
        """The smallest and the largest size that a whole plot of any plotter can have, in bytes.

        compression, kind, digits: as `names.PlotName` has them. What a level means differs from plotter to
        plotter, and how many digits it is written with tells some of them apart.
        """
        asked = (k, compression, kind, digits)
        if asked not in self._bands:
            self._bands[asked] = self._band(*asked)
        return self._bands[asked]

    def _band(self, k: int, compression: int | None, kind: str, digits: int) -> tuple[int, int]:
        bands = [
            plotter.band(k, compression)
            for plotter in self._ranked
            if kind in plotter.definition.kinds and _writes(plotter, compression, digits)
        ]
        if not bands and compression is not None:
            return 0, self.band(k, None, kind)[1]
        return (min(low for low, _ in bands), max(high for _, high in bands)) if bands else ANY_SIZE

    def temp(self, name: str) -> TempName | None:
        """Does a file of this name belong to any plotter's temporary files?"""
        return TempName.of(name) if self._temps.fullmatch(name) is not None else None

    def temps(self, names: Iterable[str]) -> dict[str | None, list[str]]:
        """The names of temporary files among these, by plot id; None: they do not tell whose they are."""
        found: dict[str | None, list[str]] = {}
        is_one, tells = self._temps.fullmatch, PLOT_ID.search
        for name in names:
            if is_one(name) is not None:
                plot_id = tells(name)
                found.setdefault(plot_id and plot_id[1], []).append(name)
        return found

    @cached_property
    def _temps(self) -> re.Pattern[str]:
        every = (pattern for plotter in self._ranked for pattern in plotter.definition.temps)
        return names_of_temps(dict.fromkeys(every))


def _reads(plotter: Plotter, log: bytes) -> tuple[int, bool, str]:
    """How well a plotter reads a log."""
    return plotter.understands(log), plotter.definition.like is None, plotter.name


def _asks(plotter: Plotter) -> tuple[int, bool]:
    """How much an argv must have to be one of its jobs."""
    command = plotter.definition.command
    return len(command.words), bool(command.tells)


def _writes(plotter: Plotter, level: int | None, digits: int) -> bool:
    """Could a plot with this level in its name be of this plotter?"""
    compression = plotter.definition.compression
    if level is None:
        return True
    if compression is None:
        return False
    return digits == 0 or len(f"{level:0{compression.digits}}") == digits


def _untrue(plotter: Plotter, loaded: Loaded) -> Iterator[Problem]:
    """What a definition's own sample shows to be wrong with it."""
    lines = plotter.sample()
    text = "".join(line.render(**EXAMPLE) + "\n" for line in lines)
    plots = plotter.fold(plotter.begin(), text.encode()).plots
    phases = [line.phase for line in lines if line.phase is not None]
    faults = {
        "makes more or less than one plot": len(plots) != 1,
        "does not tell the plot id": not plots or plots[-1].plot_id != EXAMPLE["plot_id"],
        "names phases out of order": phases != sorted(phases),
        "is not seen to be done": not plots or not plots[-1].plotting_done,
        "has shares that do not add up to 1": abs(sum(line.share for line in lines) - 1) > 0.001,
    }
    for fault, so in faults.items():
        if so:
            place = loaded.document.place(("sample",))
            yield Problem(*place, "sample", f"read by the log rules, {fault}", "sample")
