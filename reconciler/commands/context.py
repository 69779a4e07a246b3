"""What most verbs begin with: the spec, the plotters, this machine, and one look at it all."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass

import click

from reconciler.errors import SpecError
from reconciler.facts import Facts
from reconciler.fit import misfits
from reconciler.machine import LocalMachine, LocalWorld
from reconciler.observe import Observer
from reconciler.plotters import Plotters
from reconciler.sources.file import FileSource
from reconciler.spec.loading import Loaded, load
from reconciler.spec.place import spec_path

PATIENCE = 10.0
"""Seconds that farmers have for their first answer, where a command tells of them or acts on it."""

spec_option = click.option(
    "-f",
    "--spec",
    metavar="SPEC",
    help="The spec; left out: $PLOTMAN_SPEC, else the platform's place (`plotman config path`).",
)


def load_spec(path: str, plotters: Plotters) -> Loaded:
    """Read the spec of this user. Raises SpecError, also where it does not fit its plotter."""
    loaded = load(path, home=os.path.expanduser("~"))
    if problems := misfits(loaded, plotters):
        raise SpecError(problems)
    return loaded


def load_plotters(path: str) -> Plotters:
    """The packaged plotters, and those in the folder `plotters` beside the spec. Raises PlotterError."""
    return Plotters.load([os.path.join(os.path.dirname(os.path.abspath(path)), "plotters")])


@dataclass(frozen=True, slots=True)
class Farm:
    """A spec and the machine that it is for.

    path: of the spec. observer: keeps what it has read, so that looking again costs little.
    """

    path: str
    loaded: Loaded
    plotters: Plotters
    world: LocalWorld
    observer: Observer

    @classmethod
    def open(cls, given: str | None, *, patience: float = 0.0) -> Farm:
        """given: the spec's path from the command line. Raises SpecError, PlotterError.

        patience: seconds that each look waits for farmers that have not answered yet; 0: what they say comes later.
        """
        path = spec_path(given, os.environ)
        plotters = load_plotters(path)
        loaded = load_spec(path, plotters)
        for warning in loaded.warnings:
            click.echo(str(warning), err=True)
        world = LocalWorld(LocalMachine(), patience=patience)
        return cls(path, loaded, plotters, world, Observer(world, plotters))

    @property
    def source(self) -> FileSource:
        """The spec for a loop, read again when it has changed."""
        return FileSource(self.path, lambda path: load_spec(path, self.plotters))

    @property
    def logs(self) -> str:
        """The log directory."""
        return self.loaded.spec.directories.logs.path

    def look(self, *, temps: bool = False) -> Facts:
        """What is, now. temps: all temporary files too."""
        spec = self.loaded.spec
        return Facts(spec, self.observer.look(spec, temps=temps), self.plotters)


def unreachable(facts: Facts) -> Sequence[str]:
    """What this look could not tell at all, in words."""
    seen = facts.seen
    every = {"the process table": seen.jobs, "the journal": seen.starts, "the overrides": seen.overrides}
    return [f"{name}: {fact.why}" for name, fact in every.items() if fact.fact == "unknown"]
