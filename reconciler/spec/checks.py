"""What no single key shows: contradictions between the parts of a spec.

Each part is judged where it is sound by itself, so that these are told together with all other faults.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from reconciler.spec import farm_checks
from reconciler.spec.faults import Fault
from reconciler.spec.parts import Parts, parts_of
from reconciler.spec.tree import Path, Tree, render
from reconciler.spec.units import show_size


def contradictions(tree: Tree) -> list[Fault]:
    """All contradictions in a spec's document, which may have other faults."""
    parts = parts_of(tree)
    checks: tuple[Callable[[Parts], Iterator[Fault]], ...] = (
        _twice,
        _hysteresis,
        *farm_checks.CHECKS,
        _nowhere,
    )
    return [fault for check in checks for fault in check(parts)]


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
    said: dict[Path, tuple[int, int]] = {("space",): (space.floor, space.resume)}
    for directories in parts.directories.values():
        for path, directory in directories:
            floor = space.floor if directory.floor is None else directory.floor
            resume = space.resume if directory.resume is None else directory.resume
            said[path] = (floor, resume)
    for path, (floor, resume) in said.items():
        given = {"floor", "resume"} & parts.given(path)
        if resume >= floor or not given:
            continue
        sizes = f"resume {show_size(resume)} is below floor {show_size(floor)}"
        if "resume" in given:
            yield Fault(
                (*path, "resume"), f"{sizes}; resume above it, or lower the floor", "resume-below-floor"
            )
        else:
            message = f"{sizes}, so jobs are resumed at the floor itself; write a resume above it"
            yield Fault((*path, "floor"), message, "resume-below-floor", warning=True)


def _nowhere(parts: Parts) -> Iterator[Fault]:
    if parts.plotting and not any(parts.directories.values()):
        message = "has neither tmp nor dst directories, so nothing can be plotted; add directories.tmp"
        yield Fault(("directories",), message, "no-directories")
