"""What no single key shows: contradictions between the parts of a spec.

Each part is judged where it is sound by itself, so that these are told together with all other faults.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from reconciler.spec.faults import Fault
from reconciler.spec.models import Archive, PlainDirectory, Space, TmpDirectory
from reconciler.spec.tree import Path, Tree, render
from reconciler.spec.units import show_size

M = TypeVar("M", bound=BaseModel)
Role = list[tuple[Path, TmpDirectory | PlainDirectory]]

ROLES: dict[str, type[TmpDirectory] | type[PlainDirectory]] = {
    "tmp": TmpDirectory,
    "tmp2": PlainDirectory,
    "dst": PlainDirectory,
}


@dataclass(frozen=True, slots=True)
class Parts:
    """The parts of a spec that are sound by themselves, each with its path in the document."""

    directories: dict[str, Role]
    archives: list[tuple[Path, Archive]]
    space: Space
    plotting: bool


def contradictions(tree: Tree) -> list[Fault]:
    """All contradictions in a spec's document, which may have other faults."""
    parts = Parts(
        directories={
            role: list(_sound(model, tree, ("directories", role), "path")) for role, model in ROLES.items()
        },
        archives=list(_sound(Archive, tree, ("archive",))),
        space=_alone(Space, tree.get(("space",))) or Space(),
        plotting=isinstance(tree.get(("plotting",)), dict),
    )
    checks: tuple[Callable[[Parts], Iterator[Fault]], ...] = (
        _twice,
        _hysteresis,
        _names,
        _overlaps,
        _nowhere,
    )
    return [fault for check in checks for fault in check(parts)]


def _alone(model: type[M], value: object) -> M | None:
    try:
        return model.model_validate(value)
    except ValidationError:
        return None


def _sound(model: type[M], tree: Tree, where: Path, plain: str | None = None) -> Iterator[tuple[Path, M]]:
    """The items of a list that are sound; plain: the key that a plain text stands for."""
    items = tree.get(where)
    listed = isinstance(items, list)
    for index, item in enumerate(items if isinstance(items, list) else [items]):
        value: object = {plain: item} if plain and isinstance(item, str) else item
        found = _alone(model, value)
        if found is not None:
            yield ((*where, index) if listed else where), found


def _twice(parts: Parts) -> Iterator[Fault]:
    for role, directories in parts.directories.items():
        first: dict[str, Path] = {}
        for path, directory in directories:
            if directory.path in first:
                there = render(first[directory.path])
                message = f"{directory.path} is listed twice as {role}, first at {there}; keep one"
                yield Fault(path, message, "duplicate-directory")
            first.setdefault(directory.path, path)


def _hysteresis(parts: Parts) -> Iterator[Fault]:
    space = parts.space
    said: dict[Path, tuple[int, int, set[str]]] = {
        ("space",): (space.floor, space.resume, space.model_fields_set)
    }
    for directories in parts.directories.values():
        for path, directory in directories:
            floor = space.floor if directory.floor is None else directory.floor
            resume = space.resume if directory.resume is None else directory.resume
            said[path] = (floor, resume, directory.model_fields_set)
    for path, (floor, resume, given) in said.items():
        if resume >= floor or not given & {"floor", "resume"}:
            continue
        sizes = f"resume {show_size(resume)} is below floor {show_size(floor)}"
        if "resume" in given:
            yield Fault(
                (*path, "resume"), f"{sizes}; resume above it, or lower the floor", "resume-below-floor"
            )
        else:
            message = f"{sizes}, so jobs are resumed at the floor itself; write a resume above it"
            yield Fault((*path, "floor"), message, "resume-below-floor", warning=True)


def _names(parts: Parts) -> Iterator[Fault]:
    first: dict[str, Path] = {}
    for path, archive in parts.archives:
        if archive.name in first:
            message = f"{archive.name} is also the name of {render(first[archive.name])}; names are unique"
            yield Fault((*path, "name"), message, "duplicate-name")
        first.setdefault(archive.name, path)


def _overlaps(parts: Parts) -> Iterator[Fault]:
    first: dict[str, Path] = {}
    for path, archive in parts.archives:
        for index, disk in enumerate(archive.disks):
            place = (*path, "disks", index)
            if disk in first:
                yield Fault(
                    place, f"{disk} is also a disk of {render(first[disk])}; keep one", "duplicate-disk"
                )
            first.setdefault(disk, path)
            for role, where, source in _sources(disk, parts):
                message = (
                    f"{disk} takes in {source}, a {role} directory ({render(where)}); "
                    "plots cannot be archived to where they come from"
                )
                yield Fault(place, message, "archive-is-source")


def _sources(disk: str, parts: Parts) -> Iterator[tuple[str, Path, str]]:
    """The directories that a disk's path or pattern takes in: role, place and path."""
    plain = not any(character in disk for character in "*?[")
    for role, directories in parts.directories.items():
        for where, directory in directories:
            if directory.path == disk if plain else _matches(directory.path, disk):
                yield role, where, directory.path


def _matches(path: str, pattern: str) -> bool:
    steps, wanted = path.split("/"), pattern.split("/")
    return len(steps) == len(wanted) and all(map(fnmatchcase, steps, wanted))


def _nowhere(parts: Parts) -> Iterator[Fault]:
    if parts.plotting and not any(parts.directories.values()):
        message = "has neither tmp nor dst directories, so nothing can be plotted; add directories.tmp"
        yield Fault(("directories",), message, "no-directories")
