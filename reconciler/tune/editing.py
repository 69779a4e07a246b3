"""Other values in a document's text, where everything else stays as it was written, comments too. Pure."""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterator
from typing import TypeAlias

import yaml

from reconciler.spec.files import Disk
from reconciler.spec.tree import Value
from reconciler.spec.writing import scalar
from reconciler.tune.setting import Changes, Key

Node: TypeAlias = "yaml.MappingNode | yaml.SequenceNode | yaml.ScalarNode"

_DEEP = ("scheduling", "directories", "tmp")
"""Mappings that get lines of their own."""


def edited(text: str, changes: Changes) -> str:
    """A spec's text with these values. Raises yaml.YAMLError where the text is no YAML that can be edited."""
    if any(key[0] == "directories" for key in changes):
        text = _Page(text).unrolled("directories", "tmp")
    for key, value in changes.items():
        text = _Page(text).put(key, value)
    return text


def diff(before: str, after: str, name: str) -> str:
    """A unified diff that `patch` applies. name: of the file."""
    lines = difflib.unified_diff(
        before.splitlines(keepends=True), after.splitlines(keepends=True), name, name
    )
    return "".join(
        line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines
    )


class Draft(Disk):
    """The files of this machine, one of them with another text."""

    def __init__(self, path: str, text: str) -> None:
        self._path, self._text = path, text

    def read(self, path: str) -> str:
        """A file's text. Raises SpecError."""
        return self._text if path == self._path else super().read(path)


class _Page:
    """A document's text and its nodes."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._json = text.lstrip()[:1] == "{"
        root = yaml.compose(text, Loader=yaml.SafeLoader)
        if not isinstance(root, yaml.MappingNode):
            raise yaml.YAMLError("the document is no mapping")
        self._root = root

    def unrolled(self, *path: str) -> str:
        """The text with a list there line by line, where it stands on one that is going to be too long."""
        at: Node = self._root
        column = 0
        for step in path:
            child = _child(at, step)
            if child is None or not isinstance(at, yaml.MappingNode) or at.flow_style:
                return self._text
            at, column = child, at.start_mark.column
        if not isinstance(at, yaml.SequenceNode) or not at.flow_style or len(at.value) < 2:
            return self._text
        start, end = at.start_mark.index, at.end_mark.index
        if "\n" in self._text[start:end]:
            return self._text
        margin = " " * (column + 2)
        line = self._text.find("\n", end)
        line = len(self._text) if line < 0 else line
        items = [self._text[item.start_mark.index : item.end_mark.index] for item in at.value]
        below = "".join(f"\n{margin}- {item}" for item in items)
        return f"{self._text[:start].rstrip(' ')}{self._text[end:line]}{below}{self._text[line:]}"

    def put(self, key: Key, value: Value) -> str:
        """The text with that value there."""
        at: Node = self._root
        behind = 0
        for depth, step in enumerate(key):
            child = _child(at, step)
            if child is None:
                return self._grown(at, behind, key[depth:], value)
            if isinstance(at, yaml.MappingNode) and child is not at:
                behind = _key(at, step).end_mark.index
            at = child
        return self._replaced(at, behind, value)

    def _grown(self, at: Node, behind: int, rest: Key, value: Value) -> str:
        """With that value in a node that lacks it. rest: from that node on."""
        new = _wrapped(rest, value)
        if isinstance(at, yaml.ScalarNode):
            # A directory's path alone becomes a mapping.
            assert isinstance(new, dict)
            return self._replaced(at, behind, {"path": at.value, **new})
        assert isinstance(new, list if isinstance(at, yaml.SequenceNode) else dict)
        if not at.value:
            return self._replaced(at, behind, new)
        end = _end(at)
        if at.flow_style:
            return f"{self._text[:end]}, {self._flow(new)[1:-1]}{self._text[end:]}"
        # Behind whatever comment stands on the last line.
        line = self._text.find("\n", end)
        line = len(self._text) if line < 0 else line
        margin = " " * at.start_mark.column
        added = "".join(f"\n{margin}{each}" for each in self._lines(new))
        return f"{self._text[:line]}{added}{self._text[line:]}"

    def _replaced(self, at: Node, behind: int, value: Value) -> str:
        start, end = at.start_mark.index, at.end_mark.index
        if isinstance(at, yaml.CollectionNode) and not at.flow_style:
            # Its lines go; what is said of it beside its key stays.
            start, end = self._text.index(":", behind) + 1, _end(at)
            line = self._text.find("\n", start)
            beside = self._text[start:line]
            return f"{self._text[:start]} {self._flow(value)}{beside}{self._text[end:]}"
        space = "" if start == 0 or self._text[start - 1] in " \n[{" else " "
        return f"{self._text[:start]}{space}{self._flow(value)}{self._text[end:]}"

    def _lines(self, new: list[Value] | dict[str, Value]) -> Iterator[str]:
        """Its parts, line by line; each on one line where it does not lead further down."""
        for key, child in new.items() if isinstance(new, dict) else (("-", each) for each in new):
            name = key if isinstance(new, list) else f"{scalar(key)}:"
            if key in _DEEP and isinstance(child, dict):
                yield name
                yield from (f"  {line}" for line in self._lines(child))
            else:
                yield f"{name} {self._flow(child)}"

    def _flow(self, value: Value) -> str:
        """A value on one line."""
        if self._json:
            return json.dumps(value)
        if isinstance(value, dict):
            return "{" + ", ".join(f"{key}: {self._flow(child)}" for key, child in value.items()) + "}"
        if isinstance(value, list):
            return "[" + ", ".join(map(self._flow, value)) + "]"
        if isinstance(value, str) and set(value) & set(",[]{}"):
            return json.dumps(value)
        return scalar(value)


def _child(at: Node, step: str) -> Node | None:
    """What that step leads to; the node itself, where it is the only directory."""
    if isinstance(at, yaml.SequenceNode):
        return next((item for item in at.value if _named(item, step)), None)
    if step.startswith("/"):
        return at if _named(at, step) else None
    if isinstance(at, yaml.MappingNode):
        return next((value for key, value in at.value if key.value == step), None)
    return None


def _named(item: Node, path: str) -> bool:
    """Is that the directory of this path, in its short or its long form?"""
    said = _child(item, "path") if isinstance(item, yaml.MappingNode) else item
    return isinstance(said, yaml.ScalarNode) and said.value.rstrip("/") == path


def _key(at: yaml.MappingNode, step: str) -> Node:
    found: Node = next(key for key, _ in at.value if key.value == step)
    return found


def _wrapped(rest: Key, value: Value) -> Value:
    """A value in what leads to it."""
    for step in reversed(rest):
        if step.startswith("/"):
            value = [{"path": step, **value}] if isinstance(value, dict) else [step]
        else:
            value = {step: value}
    return value


def _end(at: Node) -> int:
    """Where the last thing in a list or mapping ends, before its bracket where it has one."""
    last = at.value[-1]
    inside: Node = last[1] if isinstance(last, tuple) else last
    block = isinstance(inside, yaml.CollectionNode) and not inside.flow_style
    return _end(inside) if block else inside.end_mark.index
