"""Values that know where they stand, so that documents can be laid over one another."""

from __future__ import annotations

from collections.abc import Sequence
from types import MappingProxyType
from typing import TypeAlias

from reconciler.errors import Problem
from reconciler.noun import noun
from reconciler.spec.tree import Path, Tree, Value
from reconciler.spec.where import Place

Scalar: TypeAlias = bool | int | float | str | None
Inside: TypeAlias = "Scalar | list[Node] | dict[str, Node]"


@noun
class Node:
    """A value, and where it stands. What is inside is shared between documents, and never changed.

    key: where the key before it stands, in a mapping.
    broken: it could not be read as it stands.
    """

    value: Inside
    place: Place
    key: Place | None = None
    broken: bool = False


def node_of(tree: Tree) -> Node:
    """A document as nodes."""
    return _node(tree, tree.value, ())


def _node(tree: Tree, value: Value, path: Path) -> Node:
    inside: Inside
    if isinstance(value, dict):
        inside = {key: _node(tree, child, (*path, key)) for key, child in value.items()}
    elif isinstance(value, list):
        inside = [_node(tree, child, (*path, index)) for index, child in enumerate(value)]
    else:
        inside = value
    return Node(inside, tree.place(path), tree.keys.get(path), path in tree.broken)


def tree_of(node: Node, name: str, problems: Sequence[Problem]) -> Tree:
    """Nodes as a document again. name, problems: as in a Tree."""
    values: dict[Path, Place] = {}
    keys: dict[Path, Place] = {}
    broken: set[Path] = set()

    def plain(node: Node, path: Path) -> Value:
        values[path] = node.place
        if node.key is not None:
            keys[path] = node.key
        if node.broken:
            broken.add(path)
        if isinstance(node.value, dict):
            return {key: plain(child, (*path, key)) for key, child in node.value.items()}
        if isinstance(node.value, list):
            return [plain(child, (*path, index)) for index, child in enumerate(node.value)]
        return node.value

    value = plain(node, ())
    return Tree(
        name,
        value,
        MappingProxyType(values),
        MappingProxyType(keys),
        tuple(problems),
        frozenset(broken),
    )
