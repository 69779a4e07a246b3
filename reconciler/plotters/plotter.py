"""One plotter: a definition with everything that can be asked of it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import cached_property

from reconciler.errors import UsageError
from reconciler.noun import noun
from reconciler.plotters import names
from reconciler.plotters.command import Arguments, CommandLine, Order
from reconciler.plotters.definition import GROUP, Definition
from reconciler.plotters.fitness import misfits
from reconciler.plotters.log import LogState, PlotLog
from reconciler.plotters.reader import Reader, phases
from reconciler.plotters.space import NO_OPTIONS, Growth, Leg, Options, Sizes, units
from reconciler.state import Phase

__all__ = [
    "Arguments",
    "Growth",
    "LogState",
    "Order",
    "PlotLog",
    "Plotter",
    "Question",
    "SampleLine",
    "TempName",
]

ID = "0123456789abcdef" * 4
EXAMPLE_K = 32
EXAMPLE = {
    "plot_id": ID,
    "k": str(EXAMPLE_K),
    "tmp": "/tmp0",
    "tmp2": "/tmp2",
    "dst": "/dst",
    "date": "2026-01-01-00-00",
    "name": f"plot-k32-2026-01-01-00-00-{ID}.plot",
}
"""Values that a sample is filled in with where any will do."""

PLOT_ID = re.compile(r"-([0-9a-f]{64})\.")
"""Where the name of a temporary file tells whose it is."""


@noun
class TempName:
    """A temporary file's name, understood. plot_id: None: the name does not tell whose it is."""

    plot_id: str | None

    @classmethod
    def of(cls, name: str) -> TempName:
        """name: as a temporary file has it."""
        plot_id = PLOT_ID.search(name)
        return cls(plot_id[1] if plot_id else None)


def names_of_temps(patterns: Iterable[str]) -> re.Pattern[str]:
    """What matches a whole name of any of these temporary files, as definitions describe them."""
    stem = GROUP.sub("(?:", names.STEM)
    bare = (GROUP.sub("(?:", pattern).replace("{plot}", stem) for pattern in patterns)
    return re.compile("|".join(f"(?:{pattern})" for pattern in bare) or r"(?!)", re.ASCII)


@noun
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


@noun
class Question:
    """How to ask an executable whether it is one that a definition covers.

    argv: what to run; it ends at once. matches: what its output must hold somewhere, a regular expression.
    """

    argv: tuple[str, ...]
    matches: str

    def answered(self, output: str) -> bool:
        """Is this the output, stdout and stderr together, of an executable that the definition covers?"""
        return re.search(self.matches, output, re.MULTILINE) is not None


class Plotter:
    """One plotter. Pure: it builds, reads and judges, and runs nothing.

    name: what a spec calls it. family, mode: the program that does the work, and how it works.
    own_folder: the names of its temporary files do not tell whose they are, so whoever starts a job must
    give it a folder of its own in tmp, and in tmp2, as far as it uses them.
    """

    def __init__(self, definition: Definition) -> None:
        self.name = definition.name
        self.family = definition.family or definition.name
        self.mode = definition.mode
        self.own_folder = definition.own_folder
        self.definition = definition
        self._rules = (*definition.also, *definition.log.rules)

    @cached_property
    def phases(self) -> tuple[Phase, ...]:
        """Every phase that its log can show, ascending."""
        return phases(self._rules)

    @cached_property
    def line(self) -> CommandLine:
        """Its command line."""
        return CommandLine(self.definition.command)

    @cached_property
    def _reader(self) -> Reader:
        return Reader(self._rules)

    @cached_property
    def _sizes(self) -> Sizes:
        return Sizes(self.definition.space, self.definition.compression)

    @cached_property
    def _temps(self) -> re.Pattern[str]:
        return names_of_temps(self.definition.temps)

    # its command line

    def build(self, order: Order) -> tuple[str, ...]:
        """The argv that does it. UsageError with every reason where the order is unfit."""
        if problems := self.unfit(order):
            raise UsageError("; ".join(problems))
        return self.line.build(order)

    def unfit(self, order: Order) -> tuple[str, ...]:
        """Why this plotter could not do it, a plain sentence each; empty: it can."""
        return tuple(misfits(self.line, order))

    def recognises(self, argv: Sequence[str]) -> bool:
        """Is this argv a job of this plotter?"""
        return self.line.recognises(argv)

    def read(self, argv: Sequence[str], cwd: str | None) -> Arguments:
        """What an argv says. cwd: the process's working directory, None: unknown. ValueError: not its argv."""
        return self.line.read(argv, cwd)

    def question(self, k: int, executable: str | None = None) -> Question | None:
        """What to ask the executable that plots of k are made with; None: there is nothing to ask."""
        probe = self.definition.probe
        if probe is None:
            return None
        return Question((executable or self.line.executable(k), *probe.arguments), probe.matches)

    def uses_tmp(self, options: Options) -> bool:
        """Does a job with these options keep files in tmp? Else it is told no tmp, and its tmp is its dst."""
        return self.line.carries("tmp", options)

    def threads(self, options: Options) -> int:
        """How many threads a job with these options uses, at least 1."""
        value = self._said(self.definition.threads, options)
        return max(1, value) if isinstance(value, int) else 1

    def compression(self, options: Options) -> int | None:
        """The compression level of a job with these options; None: not compressed."""
        compression = self.definition.compression
        level = self._said(compression.option, options) if compression is not None else None
        return level if isinstance(level, int) and level > 0 else None

    def _said(self, name: str, options: Options) -> object:
        row = self.line.rows.get(name)
        return options.get(name, row.default if row is not None else None)

    # its log

    def begin(self) -> LogState:
        """The state of a log of which nothing was read yet."""
        return LogState(run=PlotLog(mode=self.mode))

    def fold(self, state: LogState, data: bytes) -> LogState:
        """Read on. Pure, the same however the bytes are cut, and never raises."""
        return self._reader.fold(state, data)

    def understands(self, data: bytes) -> int:
        """How many lines of a log mean something to this plotter."""
        return self._reader.lines(data)

    def shows(self, phase: Phase) -> bool:
        """Can its log show that a job has come to this phase, no sooner and no later?

        A major phase alone (minor 0) is shown by any step of it.
        """
        return phase in self.phases or (
            phase.minor == 0 and any(each.major == phase.major for each in self.phases)
        )

    def sample(self) -> tuple[SampleLine, ...]:
        """A short but whole log of one plot, to test the definition and to play the plotter."""
        lines = []
        for row in self.definition.sample:
            line = SampleLine(row.text, None, row.share)
            plots = self.fold(LogState(plots=(PlotLog(),)), f"{line.render(**EXAMPLE)}\n".encode()).plots
            lines.append(SampleLine(row.text, plots[-1].phase, row.share))
        return tuple(lines)

    @cached_property
    def shares(self) -> tuple[tuple[Phase, float], ...]:
        """Each phase, and the share of a job's time that is over when it begins, as its sample log has it."""
        found: dict[Phase, float] = {}
        done = 0.0
        for line in self.sample():
            if line.phase is not None:
                found.setdefault(line.phase, done)
            done += line.share
        return tuple(sorted(found.items()))

    def usual_seconds(self, k: int) -> float | None:
        """Seconds that a job of k takes as its sample log has it; None: that tells of no time."""
        usual = self._usual
        return None if usual is None else usual * units(k) / units(EXAMPLE_K)

    @cached_property
    def _usual(self) -> float | None:
        text = "".join(f"{line.render(**EXAMPLE)}\n" for line in self.sample())
        plots = self.fold(self.begin(), text.encode()).plots
        total = plots[-1].total_seconds if plots else None
        return None if total is None else total + (plots[-1].copy_seconds or 0.0)

    # its files

    def temp(self, name: str) -> TempName | None:
        """Does a file of this name belong to its temporary files?"""
        return TempName.of(name) if self._temps.fullmatch(name) is not None else None

    def final_bytes(self, k: int, compression: int | None = None) -> int:
        """Expected size of a finished plot, in bytes. compression: the level; None: not compressed."""
        return self._sizes.plot(k, compression)

    def band(self, k: int, compression: int | None = None) -> tuple[int, int]:
        """The smallest and the largest size that a whole plot of k and this level can have, in bytes."""
        return self._sizes.band(k, compression)

    def peak(self, k: int, tmp2: bool, options: Options = NO_OPTIONS) -> Growth:
        """The most bytes that a job ever takes. tmp2: one is given; else its files count to tmp.

        options: the job's own options, of which some change how it works.
        """
        return self._sizes.peak(k, tmp2, self.compression(options), options)

    def course(self, k: int, options: Options = NO_OPTIONS) -> tuple[Leg, ...]:
        """What a job without tmp2 holds on its way, leg by leg; empty where nothing is known of it."""
        return self._sizes.course(self.shares, k, self.compression(options), options)

    def growth(self, k: int, phase: Phase | None, tmp2: bool, options: Options = NO_OPTIONS) -> Growth:
        """The most bytes that may still come from any moment of this phase until the job ends; at most the peak.

        phase: None: not known, so the whole peak.
        """
        return self._sizes.growth(k, phase, tmp2, self.compression(options), options)
