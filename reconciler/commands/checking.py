"""A plotter definition under work: loaded alone, and held against a log and an argv."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import replace

from reconciler.commands.logfiles import BLOCK, blocks
from reconciler.errors import PlotmanError, PlotterError
from reconciler.plotters import Arguments, Plotter, Plotters
from reconciler.spec import tree
from reconciler.spec.loading import read_text
from reconciler.views import plotlog, words


def load(path: str, folder: str) -> tuple[Plotters, Plotter]:
    """All plotters with the one defined in this file, and that one.

    folder: of the user's other definitions, which it may be like; where it lies there itself, or has the name
    of another, it takes that one's place. Raises SpecError, PlotterError with every fault at its place.
    """
    name = tree.read(read_text(path), path).get(("name",))
    with tempfile.TemporaryDirectory() as alone:
        link = os.path.join(alone, "definition.yaml")
        os.symlink(os.path.abspath(path), link)
        try:
            plotters = Plotters.load([folder, alone])
        except PlotterError as error:
            mine = [replace(problem, file=path) for problem in error.problems if problem.file == link]
            raise PlotterError(mine or error.problems) from None
    return plotters, plotters[str(name)]


def arguments(plotters: Plotters, plotter: Plotter, argv: Sequence[str]) -> Arguments:
    """What the definition reads from a command line that is typed here. Raises PlotmanError where it is no
    job of its plotter.
    """
    if plotter.recognises(argv):
        return plotter.read(argv, os.getcwd())
    other = plotters.recognise(argv)
    whose = "nor of any other" if other is None else f"but one of {other.name}"
    raise PlotmanError(
        f"this command line is no job of {plotter.name}, {whose}: {words.clean(' '.join(argv))}"
    )


def lines(plotter: Plotter, log: str) -> Iterator[str]:
    """Each line of a log with what the definition reads from it. Raises PlotmanError."""
    state = plotter.begin()
    number = 0
    for number, raw in enumerate(_lines(log), 1):
        after = plotter.fold(state, raw)
        yield from plotlog.line(number, raw, state, after)
        state = after
    if state.partial and not state.partial.endswith(b"\n"):
        yield f"line {number} is not whole yet, and so not read"


def _lines(log: str) -> Iterator[bytes]:
    """The lines with their ends, endless ones in pieces; what is cut off at the end of the log comes last."""
    rest = b""
    for block in blocks(log):
        *whole, rest = (rest + block).split(b"\n")
        yield from (line + b"\n" for line in whole)
        if len(rest) >= BLOCK:
            yield rest
            rest = b""
    if rest:
        yield rest
