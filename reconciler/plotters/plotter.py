"""One plotter, and all of them: a definition with everything that can be asked of it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from reconciler.errors import PlotterError, Problem
from reconciler.plotters import names
from reconciler.plotters.command import Arguments, CommandLine, Order, invocation
from reconciler.plotters.definition import Definition
from reconciler.plotters.load import Loaded, load
from reconciler.plotters.log import LogState, PlotLog
from reconciler.plotters.reader import Reader, phases
from reconciler.plotters.space import Growth, Sizes
from reconciler.state import Phase

__all__ = ["Arguments", "Growth", "LogState", "Order", "PlotLog", "Plotter", "Plotters", "SampleLine", "TempName"]

_ID = "0123456789abcdef" * 4
_EXAMPLE = {
    "plot_id": _ID, "k": "32", "tmp": "/tmp0", "tmp2": "/tmp2", "dst": "/dst", "date": "2026-01-01-00-00",
    "name": f"plot-k32-2026-01-01-00-00-{_ID}.plot",
}


@dataclass(frozen=True, slots=True)
class TempName:
    """A temporary file's name, understood. plot_id: None: the name does not tell whose it is."""

    plot_id: str | None


@dataclass(frozen=True, slots=True)
class SampleLine:
    """A line of a plotter's log, to be filled in.

    phase: what it announces; None: nothing. share: the part of the job's time until the next line.
    """

    text: str
    phase: Phase | None
    share: float

    def render(self, **values: object) -> str:
        """The line without its newline. values: plot_id, k, tmp, tmp2, dst, date, name; unknown ones stay."""
        return re.sub(r"\{(\w+)\}", lambda found: str(values.get(found[1], found[0])), self.text)


class Plotter:
    """One plotter. Pure: it builds, reads and judges, and runs nothing."""

    def __init__(self, definition: Definition) -> None:
        self.name = definition.name
        self.definition = definition
        self.phases: tuple[Phase, ...] = phases(definition.log)
        self._line = CommandLine(definition.command)
        self._reader = Reader(definition.log)
        self._sizes = Sizes(definition.space)
        temps = "|".join(f"(?:{pattern})" for pattern in definition.temps)
        self._temps = re.compile(temps.replace("{plot}", re.sub(r"\?P<\w+>", "?:", names.STEM)) or r"(?!)", re.ASCII)

    # its command line

    def build(self, order: Order) -> tuple[str, ...]:
        """The argv that does it. UsageError with every reason where the order is unfit."""
        return self._line.build(order)

    def unfit(self, order: Order) -> tuple[str, ...]:
        """Why this plotter could not do it, a plain sentence each; empty: it can."""
        return self._line.unfit(order)

    def recognises(self, argv: Sequence[str]) -> bool:
        """Is this argv a job of this plotter?"""
        return self._line.recognises(argv)

    def read(self, argv: Sequence[str], cwd: str | None) -> Arguments:
        """What an argv says. cwd: the process's working directory, None: unknown. ValueError: not its argv."""
        return self._line.read(argv, cwd)

    def threads(self, options: Mapping[str, str | int | float | bool]) -> int:
        """How many threads a job with these options uses, at least 1."""
        row = self._line.own.get(self.definition.threads)
        value = options.get(self.definition.threads, row.default if row else None)
        return max(1, value) if isinstance(value, int) else 1

    # its log

    def begin(self) -> LogState:
        """The state of a log of which nothing was read yet."""
        return LogState()

    def fold(self, state: LogState, data: bytes) -> LogState:
        """Read on. Pure, the same however the bytes are cut, and never raises."""
        return self._reader.fold(state, data)

    def sample(self) -> tuple[SampleLine, ...]:
        """A short but whole log of one plot, to test the definition and to play the plotter."""
        lines = []
        for row in self.definition.sample:
            line = SampleLine(row.text, None, row.share)
            plots = self.fold(LogState(plots=(PlotLog(),)), f"{line.render(**_EXAMPLE)}\n".encode()).plots
            lines.append(SampleLine(row.text, plots[-1].phase, row.share))
        return tuple(lines)

    # its files

    def temp(self, name: str) -> TempName | None:
        """Does a file of this name belong to its temporary files?"""
        if self._temps.fullmatch(name) is None:
            return None
        plot_id = re.search(r"-([0-9a-f]{64})\.", name)
        return TempName(plot_id[1] if plot_id else None)

    def final_bytes(self, k: int) -> int:
        """Expected size of a finished plot, in bytes."""
        return self._sizes.plot(k)

    def band(self, k: int) -> tuple[int, int]:
        """The smallest and the largest size that a whole plot of k can have, in bytes."""
        return self._sizes.band(k)

    def peak(self, k: int, tmp2: bool) -> Growth:
        """The most bytes that a job ever takes. tmp2: one is given; else its files count to tmp."""
        return self._sizes.peak(k, tmp2)

    def growth(self, k: int, phase: Phase | None, tmp2: bool) -> Growth:
        """The most bytes that may still come from any moment of this phase until the job ends; at most the peak.

        phase: None: not known, so the whole peak.
        """
        return self._sizes.growth(k, phase, tmp2)


class Plotters(Mapping[str, Plotter]):
    """Every plotter, by name."""

    def __init__(self, plotters: Sequence[Plotter]) -> None:
        self._plotters = {plotter.name: plotter for plotter in plotters}
        commands = [plotter.definition.command for plotter in plotters]
        self._programs = frozenset(program for command in commands for program in command.programs)
        self._modules = frozenset(command.module for command in commands if command.module)
        # Of two definitions for one program the one with more words tells more.
        self._ranked = sorted(plotters, key=lambda plotter: -len(plotter.definition.command.words))

    @classmethod
    def load(cls, folders: Sequence[str] = ()) -> Plotters:
        """The packaged definitions, and those in the folders. PlotterError with every fault at its place."""
        loaded = load(folders)
        plotters = {name: Plotter(each.definition) for name, each in loaded.items()}
        problems = [problem for name, each in loaded.items() for problem in _untrue(plotters[name], each)]
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
        """Whose job this argv is; None: no plotter's."""
        ran = invocation(argv)
        if ran is None or ran.program not in (self._modules if ran.module else self._programs):
            return None
        return next((plotter for plotter in self._ranked if plotter.recognises(argv)), None)

    def band(self, k: int, compression: int | None) -> tuple[int, int]:
        """The smallest and the largest size that a whole plot of any plotter can have, in bytes.

        compression: the level that its name tells. What a level means differs from plotter to plotter, so a
        compressed plot may have any smaller size.
        """
        bands = [plotter.band(k) for plotter in self._ranked]
        low = min((low for low, _ in bands), default=0)
        return (low if compression is None else 0), max((high for _, high in bands), default=0)

    def temp(self, name: str) -> TempName | None:
        """Does a file of this name belong to any plotter's temporary files?"""
        return next((found for plotter in self._ranked if (found := plotter.temp(name)) is not None), None)


def _untrue(plotter: Plotter, loaded: Loaded) -> Iterator[Problem]:
    """What a definition's own sample shows to be wrong with it."""
    lines = plotter.sample()
    text = "".join(line.render(**_EXAMPLE) + "\n" for line in lines)
    plots = plotter.fold(plotter.begin(), text.encode()).plots
    phases = [line.phase for line in lines if line.phase is not None]
    faults = {
        "makes more or less than one plot": len(plots) != 1,
        "does not tell the plot id": not plots or plots[-1].plot_id != _EXAMPLE["plot_id"],
        "names phases out of order": phases != sorted(phases),
        "is not seen to be done": not plots or not plots[-1].plotting_done,
        "has shares that do not add up to 1": abs(sum(line.share for line in lines) - 1) > 0.001,
    }
    for fault, so in faults.items():
        if so:
            place = loaded.document.place(("sample",))
            yield Problem(loaded.file, *place, "sample", f"read by the log rules, {fault}", "sample")
