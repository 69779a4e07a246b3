"""One layer over another: mappings by key, directories by path, farmers by name; the rest is replaced."""

from __future__ import annotations

from collections.abc import Mapping

from reconciler.errors import Problem
from reconciler.spec.node import Node
from reconciler.spec.tree import Path, render
from reconciler.spec.units import parse_path

ITEM = 0
"""Stands in the paths of these tables for any item of a list."""

IDENTITY: Mapping[Path, str] = {
    ("directories", "tmp"): "path",
    ("directories", "tmp2"): "path",
    ("directories", "dst"): "path",
    ("archive",): "name",
}
"""The lists whose items merge, and the key that tells the items apart."""

_LONE = frozenset(path for path, key in IDENTITY.items() if key == "path")
"""Those of them that may be written as their only item."""

_SHORT: Mapping[Path, str] = {
    ("directories", "logs"): "path",
    ("archive", ITEM, "transport"): "kind",
    **{(*path, ITEM): "path" for path in _LONE},
}
"""What may be written as a text, and the key of the mapping that the text then stands for."""


def merge(below: Node, above: Node, told: list[Problem], path: Path = ()) -> Node:
    """`above` laid over `below`. A list over a mapping, or a mapping over a list, is told, and left out.

    path: where both stand in their documents, with ITEM for each item.
    """
    lower, upper = items_of(below, path), items_of(above, path)
    if lower is not None and upper is not None:
        return Node(_merged_items(lower, upper, told, path), above.place, above.key)
    if path in _SHORT:
        below, above = _alike(below, above, _SHORT[path])
    if isinstance(below.value, dict) and isinstance(above.value, dict):
        merged = dict(below.value)
        for key, child in above.value.items():
            merged[key] = merge(merged[key], child, told, (*path, key)) if key in merged else child
        return Node(merged, above.place, above.key)
    if {type(below.value), type(above.value)} == {dict, list}:
        told.append(_clash(below, above, path))
        return below
    return above


def items_of(node: Node, path: Path) -> list[Node] | None:
    """The items of a list that merges, also of one that is written as its only item; None for all else."""
    if path not in IDENTITY:
        return None
    if isinstance(node.value, list):
        return node.value
    return [Node(node.value, node.place)] if path in _LONE and isinstance(node.value, str | dict) else None


def identity_of(item: Node, key: str) -> str | None:
    """What tells an item apart; None where it does not say."""
    value = item.value
    if isinstance(value, dict):
        value = value[key].value if key in value else None
    return identity(value, key) if isinstance(value, str) else None


def identity(text: str, key: str) -> str:
    """An item's text such that two spellings of one path are equal."""
    try:
        return parse_path(text) if key == "path" else text
    except ValueError:
        return text


def _merged_items(below: list[Node], above: list[Node], told: list[Problem], path: Path) -> list[Node]:
    """Each of above's items in the place of below's that it is one with, or behind them all."""
    key = IDENTITY[path]
    merged = list(below)
    places: dict[str, int] = {}
    for index, item in enumerate(below):
        if (name := identity_of(item, key)) is not None:
            places.setdefault(name, index)
    for item in above:
        name = identity_of(item, key)
        if name in places:
            # Taken out, so that what one layer lists twice stays twice, and is told.
            index = places.pop(name)
            merged[index] = merge(merged[index], item, told, (*path, ITEM))
        else:
            merged.append(item)
    return merged


def _alike(below: Node, above: Node, key: str) -> tuple[Node, Node]:
    """Both as mappings, where one is a mapping and the other a text that stands for one."""
    if isinstance(below.value, str) and isinstance(above.value, dict):
        below = _long(below, key)
    elif isinstance(below.value, dict) and isinstance(above.value, str):
        above = _long(above, key)
    return below, above


def _long(node: Node, key: str) -> Node:
    return Node({key: Node(node.value, node.place)}, node.place, node.key, node.broken)


def _clash(below: Node, above: Node, path: Path) -> Problem:
    kinds = ("a mapping", "a list") if isinstance(above.value, dict) else ("a list", "a mapping")
    message = (
        f"is {kinds[0]}, and {kinds[1]} in {below.place.file}, line {below.place.line}; "
        f"write {kinds[1]}, or delete what lies below"
    )
    return Problem(*above.place, render(path), message, "kind")
