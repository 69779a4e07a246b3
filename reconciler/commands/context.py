"""What most verbs begin with: the spec, the plotters, this machine, and one look at it all."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from reconciler.commands import recalled
from reconciler.errors import SpecError
from reconciler.facts import Facts
from reconciler.fit import misfits
from reconciler.machine import LocalMachine, LocalWorld
from reconciler.noun import noun
from reconciler.observe import Observer
from reconciler.plotters import Plotters
from reconciler.sources import Source
from reconciler.sources.file import FileSource
from reconciler.spec.files import DISK, Files, read_text
from reconciler.spec.loaded import Loaded
from reconciler.spec.place import spec_path

if TYPE_CHECKING:
    from reconciler.sources.kept import Load
    from reconciler.sources.setting import Setting

PATIENCE = 10.0
"""Seconds that farmers have for their first answer, where a command tells of them or acts on it."""

spec_option = click.option(
    "-f",
    "--spec",
    metavar="SPEC",
    help="The spec, or a source document; left out: $PLOTMAN_SPEC, else the usual place (`plotman config path`).",
)


def load_spec(path: str, plotters: Plotters, files: Files = DISK) -> Loaded:
    """Read the spec of this user. Raises SpecError, also where it does not fit its plotter.

    path: of a spec, or of a source document, which stands for the last good spec of its repository.
    """
    if files is DISK and (setting := setting_at(path)) is not None:
        return _last(setting, plotters).current()
    loaded = recalled.spec(path, files)
    if problems := misfits(loaded, plotters):
        raise SpecError(problems)
    return loaded


def setting_at(path: str) -> Setting | None:
    """The source document at that path; None: something else is there. Raises SpecError for one that is wrong."""
    try:
        text = read_text(path)
    except SpecError:
        return None
    if re.search(r"\bgit\b", text) is None:
        return None
    from reconciler.sources.setting import is_setting, parse_setting

    return parse_setting(text, path, home=os.path.expanduser("~")) if is_setting(text) else None


def _last(setting: Setting, plotters: Plotters) -> Source:
    from reconciler.sources.last import LastSource

    return LastSource(setting, _reader(plotters))


def _reader(plotters: Plotters) -> Load:
    """Reads specs out of whatever files."""
    return lambda files, path: load_spec(path, plotters, files)


def load_plotters(path: str) -> Plotters:
    """The packaged plotters, and those in the folder `plotters` beside the spec. Raises PlotterError."""
    return recalled.plotters(path)


@noun
class Farm:
    """A spec and the machine that it is for.

    path: of the spec, or of the source document. setting: what the latter says; None: the spec is a file.
    source: gives the spec anew. observer: keeps what it has read, so that looking again costs little.
    kept: keeps that for the next command, too; None: this one stays, and has a loop of its own that looks.
    """

    path: str
    loaded: Loaded
    plotters: Plotters
    world: LocalWorld
    observer: Observer
    source: Source
    setting: Setting | None = None
    kept: recalled.Logs | None = None

    @classmethod
    def open(
        cls,
        given: str | None,
        *,
        patience: float = 0.0,
        setting: Setting | None = None,
        following: bool = False,
    ) -> Farm:
        """given: the path from the command line. Raises SpecError, PlotterError.

        patience: seconds that each look waits for farmers that have not answered yet; 0: what they say comes later.
        setting: the repository that the command line names. following: fetch from the repository, now and then;
        else what the loop that does so has kept is read.
        """
        path = spec_path(given, os.environ)
        setting = setting or setting_at(path)
        if following and not patience and setting is None:
            recalled.beforehand(path)
        logs = None if following else recalled.Logs(path)
        plotters = load_plotters(path)
        machine = LocalMachine()
        world = LocalWorld(machine, patience=patience)
        source: Source
        if setting is None:
            source = FileSource(path, _reader(plotters), machine.sure)
        elif following:
            from reconciler.sources.git import GitSource

            source = GitSource(setting, _reader(plotters), world.machine)
        else:
            source = _last(setting, plotters)
        loaded = source.current()
        for warning in loaded.warnings:
            click.echo(str(warning), err=True)
        observer = Observer(world, plotters, logs=logs.kept if logs is not None else {})
        return cls(path, loaded, plotters, world, observer, source, setting, logs)

    @property
    def logs(self) -> str:
        """The log directory."""
        return self.loaded.spec.directories.logs.path

    def look(self, *, temps: bool = False) -> Facts:
        """What is, now. temps: all temporary files too."""
        spec = self.loaded.spec
        seen = self.observer.look(spec, temps=temps, source=self.source.revisions())
        if self.kept is not None:
            self.kept.keep(self.observer.logbook)
        return Facts(spec, seen, self.plotters)


def unreachable(facts: Facts) -> Sequence[str]:
    """What this look could not tell at all, in words."""
    seen = facts.seen
    every = {"the process table": seen.jobs, "the journal": seen.starts, "the overrides": seen.overrides}
    return [f"{name}: {fact.why}" for name, fact in every.items() if fact.fact == "unknown"]
