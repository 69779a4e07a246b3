"""What a layer takes out of those below it."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import replace

from reconciler.spec.hints import listed, nearest
from reconciler.spec.merging import IDENTITY, ITEM, identity, identity_of, items_of
from reconciler.spec.node import Node
from reconciler.spec.quoting import show
from reconciler.spec.tree import Path

_STEP = re.compile(r"\[(?P<item>.+?)\](?=[.\[]|$)|(?:^|\.)(?P<key>[^.\[\]]+)")


def without(below: Node, where: str) -> Node:
    """What is left of `below` without the value at a path such as ``directories.tmp[/mnt/tmp/03]``.

    In brackets stands an item's path or name, or a key that holds dots. Raises ValueError with a plain sentence
    where that is no path, or nothing is there.
    """
    steps: list[str] = []
    end = 0
    while match := _STEP.match(where, end):
        steps.append(match["item"] or match["key"])
        end = match.end()
    if end < len(where) or not steps:
        raise ValueError(
            f"{show(where)} is no path; write one such as plotting.options.buffer or directories.tmp[/mnt/tmp/03]"
        )
    return _without(below, steps, ())


def _without(node: Node, steps: Sequence[str], path: Path) -> Node:
    step, *more = steps
    if (items := items_of(node, path)) is not None:
        return replace(node, value=_without_item(items, step, more, path))
    if isinstance(node.value, list):
        raise ValueError(f"deletes nothing: the items of {_named(path)} have no names; delete it as a whole")
    children = node.value if isinstance(node.value, dict) else {}
    if step not in children:
        raise ValueError(_nothing(step, children, path))
    if more:
        return replace(node, value={**children, step: _without(children[step], more, (*path, step))})
    return replace(node, value={key: child for key, child in children.items() if key != step})


def _without_item(items: list[Node], step: str, more: Sequence[str], path: Path) -> list[Node]:
    key = IDENTITY[path]
    names = [identity_of(item, key) for item in items]
    wanted = identity(step, key)
    if wanted not in names:
        raise ValueError(_nothing(step, [name for name in names if name is not None], path))
    index = names.index(wanted)
    kept = [_without(items[index], more, (*path, ITEM))] if more else []
    return [*items[:index], *kept, *items[index + 1 :]]


def _nothing(step: str, there: Collection[str], path: Path) -> str:
    near = nearest(step, there)
    hint = f"did you mean {near}?" if near else f"it holds {listed(there)}"
    return f"deletes nothing: {_named(path)} has no {show(step)}; {hint}"


def _named(path: Path) -> str:
    return ".".join(str(step) for step in path if step != ITEM) or "what lies below"
