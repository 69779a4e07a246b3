"""Documents that were read before and are the same still, out of the cache; all else is read anew, and kept."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace

from reconciler.errors import MachineError, PlotmanError, SpecError
from reconciler.machine import output_of
from reconciler.observe.logbook import Kept, Logbook
from reconciler.plotters import Plotter, Plotters
from reconciler.plotters.files import files as definitions
from reconciler.spec import cache
from reconciler.spec.files import DISK, Files, Noted
from reconciler.spec.loaded import Loaded

NEWS = 1_000_000
"""Bytes of logs that are sooner read again than kept."""
PATIENCE = 20.0
"""Seconds that another process has to read a spec."""


def spec(path: str, files: Files) -> Loaded:
    """The spec of that path. Raises SpecError."""
    known = _known(path, files)
    if known is not None:
        return known
    from reconciler.spec.loading import load

    noted = Noted(files)
    loaded = load(path, home=_home(), files=noted)
    cache.keep(_name(path), cache.Entry.of(noted.texts, loaded))
    return loaded


def plotters(path: str) -> Plotters:
    """The packaged plotters, and those in the folder `plotters` beside the spec at that path. Raises PlotterError."""
    folder = _folder(path)
    name = f"plotters {folder}"
    known = cache.recall(name, tuple)
    if known is not None and known.texts.keys() == set(definitions([folder])) and known.holds(DISK):
        return Plotters([Plotter(definition) for definition in known.value])
    noted = Noted(DISK)
    found = Plotters.load([folder], noted)
    cache.keep(name, cache.Entry.of(noted.texts, tuple(each.definition for each in found.values())))
    return found


class Logs:
    """The logs as far as commands of this spec have read them, so that none reads old bytes again."""

    def __init__(self, path: str) -> None:
        """path: the spec's. To be made before its plotters are read: it counts for these definitions only."""
        noted = Noted(DISK)
        with suppress(SpecError):
            for file in definitions([_folder(path)]):
                noted.read(file)
        self._name = f"logs {path}"
        self._none: cache.Entry[dict[str, Kept]] = cache.Entry.of(noted.texts, {})
        known = cache.recall(self._name, dict)
        self.kept: Mapping[str, Kept] = (
            known.value if known is not None and known.texts == self._none.texts else {}
        )

    def keep(self, logbook: Logbook) -> None:
        """Keep what was read, where it is worth it."""
        if logbook.news >= NEWS:
            cache.keep(self._name, replace(self._none, value=logbook.kept))
            logbook.news = 0


def beforehand(path: str) -> None:
    """Let another process read the spec of that path and the plotters, unless they are known.

    For whoever stays: the memory that judging documents takes, a fifth of all that a loop needs, goes with that
    process. Where it finds a fault, or nothing can be kept, they are read here again.
    """
    if _known(path, DISK) is None:
        with suppress(MachineError):
            output_of([sys.executable, "-m", __name__, path], PATIENCE)


def _known(path: str, files: Files) -> Loaded | None:
    known = cache.recall(_name(path), Loaded)
    return known.value if known is not None and known.holds(files) else None


def _folder(path: str) -> str:
    return os.path.join(os.path.dirname(os.path.abspath(path)), "plotters")


def _name(path: str) -> str:
    return f"spec {_home()} {path}"


def _home() -> str:
    return os.path.expanduser("~")


if __name__ == "__main__":
    with suppress(PlotmanError):
        plotters(sys.argv[1])
        spec(sys.argv[1], DISK)
