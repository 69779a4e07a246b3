"""A document that is made of others: what it says of them, and all that it is made of, the lowest first.

Each document is one layer, however often it is extended; it lies where it is named first.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Mapping, Sequence

from reconciler.errors import Problem, SpecError
from reconciler.noun import noun
from reconciler.spec.files import Files
from reconciler.spec.node import Node, node_of
from reconciler.spec.quoting import show
from reconciler.spec.tree import Path, Tree, Value, render

KEYS = ("extends", "vars", "delete")
"""What a document says of its layers; gone once it is composed."""

MAX_FILES = 64
"""Documents that one spec is made of at the most."""
MAX_CHAIN = 16
"""Documents that extend one another in a row at the most."""
MAX_DELETIONS = 500
"""Paths that all of them together delete at the most."""
MAX_TOTAL = 1_000_000
"""Characters of all of them together at the most."""

VAR = "[A-Za-z_][A-Za-z0-9_-]{0,63}"
"""What a var may be called."""


@noun
class Entry:
    """A text that `extends` or `delete` lists. path: where in its document."""

    node: Node
    text: str
    path: Path


@noun
class Layer:
    """One document: what it says of the layers below it, and its own values.

    size: characters of its text. problems: what is wrong with it; whole: it was read to its end, and what it says of
    layers can be followed.
    """

    name: str
    size: int
    extends: tuple[Entry, ...]
    given: Mapping[str, Node]
    delete: tuple[Entry, ...]
    own: Node
    problems: tuple[Problem, ...]
    whole: bool


@noun
class Stack:
    """All layers of a document, the lowest first, itself the last.

    problems: why some are not there, or not as they should be. whole: all are there, each of them whole.
    """

    layers: tuple[Layer, ...]
    problems: tuple[Problem, ...]
    whole: bool


def layered(value: Value) -> bool:
    """Does a document say anything of layers?"""
    return isinstance(value, dict) and any(key in value for key in KEYS)


def layer_of(tree: Tree, size: int) -> Layer:
    """A document as a layer. size: characters of its text."""
    problems = list(tree.problems)
    root = node_of(tree)
    if root.value is None and tree.whole and not problems:
        root = Node({}, root.place)
    if not isinstance(root.value, dict):
        if tree.whole:
            message = f"is {show(tree.value)}; a spec is a mapping"
            problems.append(Problem(*root.place, "", message, "kind"))
        root = Node({}, root.place)
    assert isinstance(root.value, dict)
    said = {key: root.value[key] for key in KEYS if key in root.value}
    own = {key: child for key, child in root.value.items() if key not in KEYS}
    return Layer(
        tree.name,
        size,
        _entries(said, "extends", "a path such as ../base.yaml", problems),
        _given(said, problems),
        _entries(said, "delete", "a path such as plotting.options.buffer", problems),
        Node(own, root.place),
        tuple(problems),
        tree.whole and len(problems) == len(tree.problems),
    )


def _entries(said: Mapping[str, Node], key: str, right: str, problems: list[Problem]) -> tuple[Entry, ...]:
    """The texts below a key: one, or a list of them."""
    if key not in said:
        return ()
    node = said[key]
    nodes: dict[Path, Node] = {(key,): node}
    if isinstance(node.value, list):
        nodes = {(key, index): child for index, child in enumerate(node.value)}
    found = []
    for path, child in nodes.items():
        if isinstance(child.value, str) and child.value:
            found.append(Entry(child, child.value, path))
        elif not child.broken:
            message = f"is {_shown(child)}; write {right}, or a list of them"
            problems.append(Problem(*child.place, render(path), message, key))
    return tuple(found)


def _given(said: Mapping[str, Node], problems: list[Problem]) -> dict[str, Node]:
    """The vars that a document gives."""
    if "vars" not in said:
        return {}
    node = said["vars"]
    if not isinstance(node.value, dict):
        if not node.broken:
            message = f"is {_shown(node)}; write a mapping of names to values"
            problems.append(Problem(*node.place, "vars", message, "variable"))
        return {}
    for name, child in node.value.items():
        path = render(("vars", name))
        if not re.fullmatch(VAR, name):
            message = "is no name for a var; use letters, digits, dashes and underscores, a letter first"
            problems.append(Problem(*(child.key or child.place), path, message, "variable"))
        elif isinstance(child.value, list | dict | None) and not child.broken:
            message = f"is {_shown(child)}; write a text, a number, true or false"
            problems.append(Problem(*child.place, path, message, "variable"))
    return {
        name: child for name, child in node.value.items() if not isinstance(child.value, list | dict | None)
    }


def _shown(node: Node) -> str:
    if node.value in (None, ""):
        return "empty"
    return show(node.value)


def stack(name: str, read: Callable[[str], Layer], files: Files) -> Stack:
    """A document and all that it extends. read: gives a path's document as a layer.

    Raises SpecError where the document itself cannot be read.
    """
    gathering = _Gathering(read, files)
    gathering.add(name, read(name), ())
    return Stack(tuple(gathering.layers.values()), tuple(gathering.problems), gathering.whole)


class _Gathering:
    """layers: by path, those that are complete, the lowest first."""

    def __init__(self, read: Callable[[str], Layer], files: Files) -> None:
        self._read = read
        self._files = files
        self._asked = 1
        self._size = 0
        self._deletions = 0
        self.layers: dict[str, Layer] = {}
        self.problems: list[Problem] = []
        self.whole = True

    def add(self, name: str, layer: Layer, chain: tuple[str, ...]) -> None:
        """Add a document, what it extends below it. chain: those that extend it, the last one directly."""
        chain = (*chain, name)
        self._size += layer.size
        self.problems += layer.problems
        self.whole = self.whole and layer.whole
        self._count(layer.delete)
        for entry in layer.extends:
            try:
                other = self._files.beside(name, entry.text)
                if posixpath.normpath(other) not in self.layers:
                    self._check(other, chain)
                    self.add(other, self._read(other), chain)
            except SpecError as error:
                self.problems += [_at(entry, problem) for problem in error.problems]
                self.whole = False
        self.layers[posixpath.normpath(name)] = layer

    def _count(self, deleted: Sequence[Entry]) -> None:
        left = MAX_DELETIONS - self._deletions
        self._deletions += len(deleted)
        if 0 <= left < len(deleted):
            message = f"is one too many; all layers of a spec have at most {MAX_DELETIONS}"
            self.problems.append(
                Problem(*deleted[left].node.place, render(deleted[left].path), message, "delete")
            )
            self.whole = False

    def _check(self, name: str, chain: tuple[str, ...]) -> None:
        """Raises SpecError where a document may not be asked for."""
        same = [posixpath.normpath(one) for one in chain]
        if posixpath.normpath(name) in same:
            circle = " -> ".join((*chain[same.index(posixpath.normpath(name)) :], name))
            why = f"leads back to itself: {circle}; take one of them out"
        elif len(chain) >= MAX_CHAIN:
            why = f"is the last of {len(chain) + 1} that extend one another; at most {MAX_CHAIN} may"
        elif self._asked >= MAX_FILES:
            why = f"is one too many; a spec is made of at most {MAX_FILES} files"
        elif self._size > MAX_TOTAL:
            why = f"is too much; all files of a spec have at most {MAX_TOTAL:,} characters together"
        else:
            self._asked += 1
            return
        raise SpecError([Problem(name, 0, 0, "", why, "extends")])


def _at(entry: Entry, problem: Problem) -> Problem:
    """A fault of a whole file, told where the file is named; others where they are."""
    if problem.line:
        return problem
    return Problem(*entry.node.place, render(entry.path), f"{problem.file} {problem.message}", problem.rule)
