"""Plotters as data: one YAML definition a plotter, and the modules that read them.

Pure, but for `load.py`, which reads the definitions, and `chiapos.py`, a program that the reference
plotter runs in. Nothing outside this package knows a plotter's name.

definitions/    one plotter a file
definition.py   what a definition may say; grammar.py: of command lines
files.py        where they lie
load.py         YAML to definitions, with every fault at its place
argv.py         the syntax of an argv
command.py      a plotter's command line, written and read by one table
fitness.py      why a plotter could not do an order
log.py          what a log says
reader.py       a log, folded block by block into that; draft.py: what its lines mean
space.py        how large plots are, and how much room a job takes
names.py        the file names of plots
head.py         the first bytes of plots
plotter.py      all of these for one plotter
registry.py     all plotters: whose job an argv is, whose log a text

The names below are imported when first asked for: `python -m reconciler.plotters.chiapos` passes
through here, and must not wait for pydantic.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from reconciler.plotters.command import Arguments, Order
    from reconciler.plotters.definition import Definition
    from reconciler.plotters.log import LogState, PlotLog
    from reconciler.plotters.names import PlotName
    from reconciler.plotters.plotter import Plotter, Question, SampleLine, TempName
    from reconciler.plotters.registry import Plotters
    from reconciler.plotters.space import Growth, Leg

_HOMES = {
    "Arguments": "command",
    "Order": "command",
    "Definition": "definition",
    "LogState": "log",
    "PlotLog": "log",
    "PlotName": "names",
    "Plotter": "plotter",
    "Question": "plotter",
    "SampleLine": "plotter",
    "TempName": "plotter",
    "Plotters": "registry",
    "Growth": "space",
    "Leg": "space",
}

__all__ = [
    "Arguments",
    "Definition",
    "Growth",
    "Leg",
    "LogState",
    "Order",
    "PlotLog",
    "PlotName",
    "Plotter",
    "Plotters",
    "Question",
    "SampleLine",
    "TempName",
]


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
