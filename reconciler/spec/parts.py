"""The parts of a spec that are sound by themselves, so that contradictions are told with all other faults."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeVar

from reconciler.noun import noun
from reconciler.spec.farmers import Archive, Archiving
from reconciler.spec.judge import ValidationError, judged
from reconciler.spec.models import Keys, PlainDirectory, Space, TmpDirectory
from reconciler.spec.tree import Path, Tree

N = TypeVar("N")
Role = list[tuple[Path, TmpDirectory | PlainDirectory]]

ROLES: dict[str, type[TmpDirectory] | type[PlainDirectory]] = {
    "tmp": TmpDirectory,
    "tmp2": PlainDirectory,
    "dst": PlainDirectory,
}


@noun
class Parts:
    """What is sound, with its path in the document.

    keys, archiving: as they are where they are left out; None: they are not sound.
    plotting: the spec has that section.
    document: all that they are parts of.
    """

    directories: dict[str, Role]
    archives: list[tuple[Path, Archive]]
    archiving: Archiving | None
    keys: Keys | None
    space: Space
    plotting: bool
    document: Tree

    def given(self, path: Path) -> set[str]:
        """The keys that the document has there."""
        found = self.document.get(path)
        return set(found) if isinstance(found, dict) else set()


def parts_of(tree: Tree) -> Parts:
    """The sound parts of a spec's document, which may have other faults."""
    return Parts(
        directories={
            role: list(_sound(kind, tree, ("directories", role), "path")) for role, kind in ROLES.items()
        },
        archives=list(_sound(Archive, tree, ("archive",))),
        archiving=_alone(Archiving, tree.get(("archiving",)) or {}),
        keys=_alone(Keys, tree.get(("plotting", "keys")) or {}),
        space=_alone(Space, tree.get(("space",))) or Space(),
        plotting=isinstance(tree.get(("plotting",)), dict),
        document=tree,
    )


def _alone(kind: type[N], value: object) -> N | None:
    try:
        return judged(kind, value)
    except ValidationError:
        return None


def _sound(kind: type[N], tree: Tree, where: Path, plain: str | None = None) -> Iterator[tuple[Path, N]]:
    """The items of a list that are sound; plain: the key that a plain text stands for."""
    items = tree.get(where)
    listed = isinstance(items, list)
    for index, item in enumerate(items if isinstance(items, list) else [items]):
        value: object = {plain: item} if plain and isinstance(item, str) else item
        found = _alone(kind, value)
        if found is not None:
            yield ((*where, index) if listed else where), found
