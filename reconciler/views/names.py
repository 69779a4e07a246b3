"""Short names of the spec's directories: ``tmp 00`` for /mnt/tmp/00, and back from what people type."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Literal

from reconciler.views.words import clean

if TYPE_CHECKING:
    from reconciler.spec.models import Spec

Role = Literal["tmp", "tmp2", "dst"]


class Names:
    """The shortest ends of paths that tell the directories of one role apart."""

    def __init__(self, spec: Spec) -> None:
        directories = spec.directories
        self.roles: Mapping[Role, tuple[str, ...]] = {
            "tmp": tuple(directory.path for directory in directories.tmp),
            "tmp2": tuple(directory.path for directory in directories.tmp2),
            "dst": tuple(directory.path for directory in directories.dst),
        }

    @cached_property
    def _ends(self) -> Mapping[Role, Mapping[str, str]]:
        return {role: ends(paths) for role, paths in self.roles.items()}

    def short(self, path: str, role: Role, between: str = " ") -> str:
        """``tmp 00``; the path itself where the spec has it in no role. role: the one to look in first."""
        for each in dict.fromkeys((role, *self.roles)):
            if path in self._ends[each]:
                return f"{each}{between}{clean(self._ends[each][path])}"
        return clean(path)

    def find(self, text: str) -> tuple[str, ...]:
        """The directories that a person may mean by a path, the end of one, or ``tmp/00``."""
        every = tuple(dict.fromkeys(path for paths in self.roles.values() for path in paths))
        wanted = text.rstrip("/") or "/"
        if wanted in every:
            return (wanted,)
        by_name = {self.short(path, role, "/"): path for role, paths in self.roles.items() for path in paths}
        if wanted in by_name:
            return (by_name[wanted],)
        return tuple(path for path in every if path.endswith(f"/{wanted}"))


def end(path: str, others: Iterable[str]) -> str:
    """The fewest last parts of a path that no other path ends with; all of it, where each does for another."""
    return ends((path, *others))[path]


def ends(paths: Iterable[str]) -> Mapping[str, str]:
    """The same for each of them beside the others."""
    parts = {path: _last_parts(path) for path in paths}
    bearers = Counter(last for each in parts.values() for last in each)
    return {path: next((last for last in each if bearers[last] == 1), path) for path, each in parts.items()}


def _last_parts(path: str) -> Sequence[str]:
    """``00``, ``tmp/00``, ``mnt/tmp/00``."""
    parts = path.strip("/").split("/")
    return ["/".join(parts[at:]) for at in reversed(range(len(parts)))]
