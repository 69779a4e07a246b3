"""What `plotman config validate --live` finds wrong with a spec, at the place that it is about."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from reconciler.errors import PlotmanError, Problem

if TYPE_CHECKING:
    from reconciler.commands.live import Trial
    from reconciler.plotters import Plotters
    from reconciler.spec.loaded import Loaded
    from reconciler.state import Fact
    from reconciler.world import Survey

ANSWER = 20.0
"""Seconds that a plotter has to say its version."""


def problems(loaded: Loaded, plotters: Plotters) -> tuple[Problem, ...]:
    """What is wrong on this machine."""
    return (*_look(loaded), *_ask_plotter(loaded, plotters))


def away(loaded: Loaded, trials: Iterable[Trial]) -> Iterator[Problem]:
    """What is wrong at farmers. The spec itself may be as it should."""
    names = [archive.name for archive in loaded.spec.archive]
    for trial in trials:
        if trial.wrong:
            path = f"archive[{names.index(trial.farmer)}]"
            message = f"{trial.farmer}: {trial.what}: {trial.told}"
            yield Problem(*loaded.place(path), path, message, "live", warning=True)


def _look(loaded: Loaded) -> Iterator[Problem]:
    """Directories that cannot be used, and those that share a device. A log directory that is missing is made."""
    from reconciler.machine import LocalMachine
    from reconciler.spec.parts import ROLES
    from reconciler.state import Absent, Known
    from reconciler.world import MISSING, Ask

    logs = loaded.spec.directories.logs.path
    named = [
        (directory.path, f"directories.{role}[{index}]")
        for role in ROLES
        for index, directory in enumerate(getattr(loaded.spec.directories, role))
    ]
    paths = dict.fromkeys((*(path for path, _ in named), logs))
    answers = LocalMachine().survey([Ask(path) for path in paths])
    if answers[logs] != Absent(MISSING):
        yield from _unusable(loaded, logs, "directories.logs", answers[logs], "mount it, or name another")
    on_device: dict[str, str] = {}
    for path, name in named:
        found = answers[path]
        yield from _unusable(loaded, path, name, found, "mount or create it, or take it out")
        other = on_device.setdefault(found.value.device, path) if isinstance(found, Known) else path
        if other != path:
            message = f"{path} is on the same device as {other}; their room is counted once"
            yield Problem(*loaded.place(f"{name}.path"), name, message, "one-device", warning=True)


def _unusable(loaded: Loaded, path: str, name: str, found: Fact[Survey], hint: str) -> Iterator[Problem]:
    """Why a directory cannot be used. hint: what is to be done about one that is not there."""
    from reconciler.state import Absent, Known

    place = loaded.place(f"{name}.path")
    if not isinstance(found, Known):
        unsure = not isinstance(found, Absent)
        message = f"{path}: {found.why}" + ("" if unsure else f"; {hint}")
        yield Problem(*place, name, message, "live", warning=unsure)
    elif not found.value.writable:
        message = f"{path} cannot be written to by this user; change its owner or mode, or its mount"
        yield Problem(*place, name, message, "live")


def _ask_plotter(loaded: Loaded, plotters: Plotters) -> Iterator[Problem]:
    """Is the plotter's executable there, and one that its definition covers?"""
    from reconciler.machine import output_of

    plotting = loaded.spec.plotting
    plotter = plotters.get(plotting.plotter) if plotting is not None else None
    question = plotter.question(plotting.k, plotting.executable) if plotting is not None and plotter else None
    if plotting is None or question is None:
        return
    name = "plotting.executable" if plotting.executable is not None else "plotting.plotter"
    place = loaded.place(name)
    try:
        output = output_of(question.argv, ANSWER)
    except PlotmanError as error:
        yield Problem(*place, name, f"{error}; set plotting.executable", "live")
        return
    if not question.answered(output):
        first = next(iter(output.splitlines()), "nothing")[:80]
        message = f"{question.argv[0]} is not known to be {plotting.plotter}: it answers {first!r}"
        yield Problem(*place, name, message, "live", warning=True)
