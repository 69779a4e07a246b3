"""Short names of the spec's directories: ``tmp 00`` for /mnt/tmp/00, and back from what people type."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
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

    def short(self, path: str, role: Role, between: str = " ") -> str:
        """``tmp 00``; the path itself where the spec has it in no role. role: the one to look in first."""
        for each in dict.fromkeys((role, *self.roles)):
            if path in self.roles[each]:
                return f"{each}{between}{clean(end(path, self.roles[each]))}"
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
    """The fewest last parts of a path that no other path ends with."""
    parts = path.strip("/").split("/")
    rest = [other for other in others if other != path]
    for count in range(1, len(parts) + 1):
        end = "/".join(parts[-count:])
        if not any(other.endswith(f"/{end}") for other in rest):
            return end
    return path
