"""A spec as it was read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from reconciler.errors import Problem
from reconciler.noun import noun
from reconciler.spec.where import Place

if TYPE_CHECKING:
    from reconciler.spec.models import Spec


@noun
class Loaded:
    """A spec and what it was read from.

    digest: "sha256:" and the hexadecimal hash of the text.
    name: the document as the user named it.
    text: the document; where it is made of layers, what they make, without extends, vars and delete.
    warnings: what is worth saying of it.
    origins: where each value stands that a document gives, by key path (``directories.tmp[1].floor``).
    files: every file that it was read from, the document first.
    """

    spec: Spec
    digest: str
    name: str
    text: str
    warnings: tuple[Problem, ...]
    origins: Mapping[str, Place]
    files: tuple[str, ...]

    def origin(self, path: str) -> Place | None:
        """Where a value stands, also one in a short form: a list of one, a mapping's path alone. None: a default."""
        parent, _, last = path.rpartition(".")
        short = [path, path.removesuffix("[0]")]
        if last in ("path", "kind", "url"):
            short += [parent, parent.removesuffix("[0]")]
        return next((self.origins[one] for one in short if one in self.origins), None)

    def place(self, path: str) -> Place:
        """Where to tell a fault of that value: line 0 of the document where none gives it."""
        return self.origin(path) or Place(self.name, 0, 0)
