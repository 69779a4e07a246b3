"""One document from its layers: each takes out what it deletes from those below it, and lies over the rest."""

from __future__ import annotations

from reconciler.errors import Problem
from reconciler.spec.deleting import without
from reconciler.spec.layers import Entry, Stack
from reconciler.spec.merging import merge
from reconciler.spec.node import Node, tree_of
from reconciler.spec.tree import Tree, render
from reconciler.spec.variables import Variables


def compose(stack: Stack) -> Tree:
    """The document that the layers make, with the file, line and column that gave each value.

    A mapping or list that several layers give stands where the nearest of them has it. Of layers that are not whole
    only the problems are told.
    """
    if not stack.whole:
        return Tree(stack.layers[-1].name, None, {}, {}, stack.problems, whole=False)
    told = list(stack.problems)
    given: dict[str, Node] = {}
    for layer in stack.layers:
        given |= layer.given
    variables = Variables(given, told)
    top = stack.layers[-1]
    composed = Node({}, top.own.place)
    for layer in stack.layers:
        for entry in layer.delete:
            composed = _delete(composed, entry, variables, told)
        composed = merge(composed, variables.fill(layer.own), told)
    return tree_of(composed, top.name, told)


def _delete(below: Node, entry: Entry, variables: Variables, told: list[Problem]) -> Node:
    where = variables.fill(entry.node, entry.path)
    if where.broken:
        return below
    try:
        return without(below, str(where.value))
    except ValueError as error:
        told.append(Problem(*where.place, render(entry.path), str(error), "delete"))
        return below
