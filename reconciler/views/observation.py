"""An observation in short: how much of each thing there is, and what is not known."""

from __future__ import annotations

from collections.abc import Iterator, Sized

from reconciler.observation import Observation
from reconciler.spec.units import show_size
from reconciler.state import Directory, Fact, Known
from reconciler.views import words
from reconciler.views.table import table


def text(seen: Observation) -> str:
    """A line for each kind of fact, each directory, farm disk and condition."""
    at = words.date(seen.now.at, seen.utc_offset)
    machine = f"{words.plural(seen.cpus, 'processor')}, {show_size(seen.memory)} of memory"
    return "\n".join((f"{words.clean(seen.host)} at {at}: {machine}", "", *table(_rows(seen)))) + "\n"


def _rows(seen: Observation) -> Iterator[tuple[str, ...]]:
    yield "jobs", _count(seen.jobs)
    yield "starts", _count(seen.starts)
    yield "transfers", _count(seen.transfers)
    yield "overrides", _count(seen.overrides)
    for path in sorted(seen.directories):
        yield words.clean(path), _directory(seen.directories[path])
    for name in sorted(seen.farmers):
        disks = seen.farmers[name].disks
        if not isinstance(disks, Known):
            yield words.clean(name), _why(disks)
            continue
        for disk in disks.value:
            space = disk.space
            free = f"{show_size(space.value.free)} free" if isinstance(space, Known) else _why(space)
            yield words.clean(f"{name}:{disk.path}"), f"{free}, {words.plural(disk.count, 'plot')}"
    for condition in seen.conditions:
        told = f"{condition.type}: {condition.message}"
        yield words.clean(condition.subject), words.clean(told)


def _directory(directory: Directory) -> str:
    space = directory.space
    parts = [f"{show_size(space.value.free)} free" if isinstance(space, Known) else _why(space)]
    if isinstance(space, Known) and not space.value.writable:
        parts.append("not writable")
    if isinstance(directory.plots, Known):
        parts.append(words.plural(len(directory.plots.value), "plot"))
    if isinstance(directory.temps, Known) and directory.temps.value:
        parts.append(f"temporary files of {words.plural(len(directory.temps.value), 'plot')}")
    return ", ".join(parts)


def _count(fact: Fact[Sized]) -> str:
    return str(len(fact.value)) if isinstance(fact, Known) else _why(fact)


def _why(fact: Fact[object]) -> str:
    return "" if isinstance(fact, Known) else f"{fact.fact}: {words.clean(fact.why)}"
