"""YAML or JSON text as plain values, with the line and column of each: no tags, no aliases, no surprises.

Plain scalars are only null, true, false, decimal integers without leading zero and floats with a point; all
else is text, so ``2:1``, ``22:00-06:00``, ``2024-01-01``, ``yes``, ``0x10`` and hexadecimal ids mean what
they look like. A key without a value is null. Keys are always text.

The tree is built from the parser's events and an explicit stack, so that nothing in the text can call a
constructor, recurse or multiply itself.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from math import isfinite
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, TypeAlias

import yaml

from reconciler.errors import Problem
from reconciler.noun import noun
from reconciler.spec.files import MAX_BYTES
from reconciler.spec.where import Place

Value: TypeAlias = "bool | int | float | str | list[Value] | dict[str, Value] | None"
Step: TypeAlias = str | int
Path: TypeAlias = tuple[Step, ...]

MAX_DEPTH = 50
MAX_PROBLEMS = 100

# Digits are bounded, so that a key of 96 digits stays text and no float becomes infinite; an exponent has its
# sign, so that a hexadecimal id stays text, too.
_INTEGER = re.compile(r"-?(?:0|[1-9][0-9]{0,19})", re.ASCII)
_FLOAT = re.compile(r"-?(?:0|[1-9][0-9]{0,19})\.[0-9]{1,25}(?:[eE][-+][0-9]{1,3})?", re.ASCII)
_UNPRINTABLE = re.compile(r"[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]")
_WORDS: Mapping[str, Value] = {"": None, "null": None, "true": True, "false": False}


@noun
class Tree:
    """A document's values and where they stand.

    name: what messages call it.
    value: the whole; None where nothing could be read.
    values, keys: the place of each value and of each mapping's key, by path.
    problems: what was wrong with the text itself, in its order.
    broken: the paths of the values that could not be read as they stand.
    whole: the text was read to its end.
    """

    name: str
    value: Value
    values: Mapping[Path, Place]
    keys: Mapping[Path, Place]
    problems: tuple[Problem, ...] = ()
    broken: frozenset[Path] = frozenset()
    whole: bool = True

    def place(self, path: Path, *, key: bool = False) -> Place:
        """Where the value of that path stands, or its key; where it does not exist, what it would be in."""
        if key and path in self.keys:
            return self.keys[path]
        while path and path not in self.values:
            path = path[:-1]
        return self.values.get(path, Place(self.name, 1, 1))

    def get(self, path: Path) -> Value:
        """The value of that path; None where there is none."""
        value = self.value
        for step in path:
            if isinstance(value, dict) and isinstance(step, str):
                value = value.get(step)
            elif isinstance(value, list) and isinstance(step, int) and step < len(value):
                value = value[step]
            else:
                return None
        return value


def render(path: Path) -> str:
    """A path as messages write it: ``directories.tmp[1].floor``."""
    text = ""
    for step in path:
        if isinstance(step, int):
            text += f"[{step}]"
        else:
            text += ("." if text else "") + (step if len(step) <= 60 else f"{step[:40]}…")
    return text


def scalar(text: str) -> Value:
    """What a plain scalar means."""
    if text in _WORDS:
        return _WORDS[text]
    if _INTEGER.fullmatch(text):
        return int(text)
    if _FLOAT.fullmatch(text) and isfinite(number := float(text)):
        return number
    return text


def read(text: str, name: str, limit: int = MAX_BYTES) -> Tree:
    """Read a document. name: what problems call it. Never raises for what the text holds.

    limit: the most characters that are read.
    """
    text = text.removeprefix("\ufeff")
    if len(text) > limit:
        size = f"has {len(text):,} characters; at most {limit:,} are read"
        return _broken(Problem(name, 1, 1, "", size, "too-big"))
    if match := _UNPRINTABLE.search(text):
        line = text.count("\n", 0, match.start()) + 1
        column = match.start() - text.rfind("\n", 0, match.start())
        what = f"holds the character U+{ord(match[0]):04X}, which no text document holds"
        return _broken(Problem(name, line, column, "", what, "not-text"))
    builder = _Builder(name)
    whole = False
    readable = _yaml_of_json(text)
    try:
        events = Events(readable)
        while events.check_event():
            builder.take(events.get_event())  # type: ignore[no-untyped-call]
        whole = True
    except yaml.YAMLError as error:
        builder.problems.append(_syntax(error, readable, name))
    except _Enough:
        pass
    values, keys = MappingProxyType(builder.values), MappingProxyType(builder.keys)
    return Tree(name, builder.root, values, keys, tuple(builder.problems), frozenset(builder.broken), whole)


def _broken(problem: Problem) -> Tree:
    return Tree(problem.file, None, {}, {}, (problem,), whole=False)


_ESCAPES = re.compile(r"\\\\|\\u([dD][89abAB][0-9a-fA-F]{2})\\u([dD][c-fC-F][0-9a-fA-F]{2})")


def _yaml_of_json(text: str) -> str:
    """Where the text is JSON, the same text in the part of JSON that is YAML, too; else the text itself.

    JSON may be indented with tabs, and never holds other raw ones; and it may write a character as a pair of
    surrogates.
    """
    if text.lstrip()[:1] not in ("{", "[") or ("\t" not in text and "\\u" not in text):
        return text
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return text
    return _ESCAPES.sub(_joined, text.replace("\t", " "))


def _joined(match: re.Match[str]) -> str:
    if match[1] is None:
        return match[0]
    return chr(0x10000 + (int(match[1], 16) - 0xD800) * 0x400 + int(match[2], 16) - 0xDC00)


def _syntax(error: yaml.YAMLError, text: str, name: str) -> Problem:
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    what = str(getattr(error, "problem", None) or error).splitlines()[0]
    line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
    found = (text.split("\n")[line - 1 : line] or [""])[0][column - 1 : column]
    if "cannot start any token" in what:
        right = (
            "a tab; indent with spaces" if found == "\t" else f"a value that begins with {found}; quote it"
        )
        message = f"holds {right}"
    elif "mapping values are not allowed" in what:
        message = "holds a colon where none can be; quote a text that holds one, and check the indentation"
    elif "expected ',' or" in what and found in ("[", "{"):
        message = (
            f"holds {found} within brackets; quote a text that holds one, or write the list line by line"
        )
    else:
        context = getattr(error, "context", None)
        message = f"cannot be read as YAML: {what}" + (f" {context}" if context else "")
    return Problem(name, line, column, "", message, "syntax")


if TYPE_CHECKING or not yaml.__with_libyaml__:
    from yaml.parser import Parser
    from yaml.reader import Reader
    from yaml.scanner import Scanner

    class Events(Reader, Scanner, Parser):
        """PyYAML's parser alone: text to events, without resolver and constructor."""

        def __init__(self, stream: str) -> None:
            Reader.__init__(self, stream)
            Scanner.__init__(self)
            Parser.__init__(self)
else:
    from yaml.cyaml import CParser as Events


class _Enough(Exception):
    """Reading on would tell nothing more."""


@dataclass
class _Open:
    """A list or mapping that has begun.

    key: the mapping's key that waits for its value.
    step: how paths name that value; another than the key where the key was given twice.
    """

    path: Path
    value: list[Value] | dict[str, Value]
    key: str | None = None
    step: str = ""


@dataclass
class _Builder:
    name: str
    root: Value = None
    values: dict[Path, Place] = field(default_factory=dict)
    keys: dict[Path, Place] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    stack: list[_Open] = field(default_factory=list)
    broken: set[Path] = field(default_factory=set)
    documents: int = 0

    def take(self, event: Any) -> None:  # PyYAML's two parsers share no typed base
        """Build on with the parser's next event."""
        if isinstance(event, yaml.NodeEvent):
            self._node(event, self._place(event))
        elif isinstance(event, yaml.MappingEndEvent | yaml.SequenceEndEvent):
            self.stack.pop()
        elif isinstance(event, yaml.DocumentStartEvent):
            self.documents += 1
            if self.documents > 1:
                second = "is a second document; one file holds one"
                self._complain(self._place(event), (), second, "documents")
                raise _Enough

    def _place(self, event: Any) -> Place:
        return Place(self.name, event.start_mark.line + 1, event.start_mark.column + 1)

    def _node(self, event: Any, place: Place) -> None:
        parent = self.stack[-1] if self.stack else None
        if parent and isinstance(parent.value, dict) and parent.key is None:
            self._key(event, place, parent)
            return
        path = self._next_path(parent)
        if isinstance(event, yaml.AliasEvent):
            self._complain(place, path, f"is the alias *{event.anchor}; write the value out", "alias")
            self._put(parent, path, None, place)
            return
        if event.tag is not None:
            self._complain(place, path, f"has the tag {event.tag}; values here carry none", "tag")
        if isinstance(event, yaml.ScalarEvent):
            plain = not event.style and event.tag is None
            if plain and not event.value:
                # The two parsers disagree where nothing stands; the key is what a person looks for.
                place = self.keys.get(path, place)
            self._put(parent, path, scalar(event.value) if plain else event.value, place)
            return
        if len(self.stack) >= MAX_DEPTH:
            self._complain(place, path, f"lies more than {MAX_DEPTH} levels deep", "too-deep")
            raise _Enough
        opened = _Open(path, {} if isinstance(event, yaml.MappingStartEvent) else [])
        self._put(parent, path, opened.value, place)
        self.stack.append(opened)

    def _key(self, event: Any, place: Place, parent: _Open) -> None:
        if not isinstance(event, yaml.ScalarEvent):
            self._complain(place, parent.path, "has a key that is not plain text", "key")
            raise _Enough
        path = (*parent.path, event.value)
        if path in self.keys:
            line = self.keys[path].line
            self._complain(place, path, f"is given twice, first in line {line}; keep one", "duplicate-key")
            parent.step = f"{event.value} (again in line {place.line})"
        else:
            self.keys[path] = place
            parent.step = event.value
        parent.key = event.value

    def _next_path(self, parent: _Open | None) -> Path:
        if parent is None:
            return ()
        return (*parent.path, len(parent.value) if isinstance(parent.value, list) else parent.step)

    def _put(self, parent: _Open | None, path: Path, value: Value, place: Place) -> None:
        self.values.setdefault(path, place)
        if parent is None:
            self.root = value
        elif isinstance(parent.value, list):
            parent.value.append(value)
        else:
            assert parent.key is not None
            parent.value.setdefault(parent.key, value)
            parent.key = None

    def _complain(self, place: Place, path: Path, message: str, rule: str) -> None:
        self.problems.append(Problem(*place, render(path), message, rule))
        if rule != "duplicate-key":
            self.broken.add(path)
        if len(self.problems) >= MAX_PROBLEMS:
            raise _Enough


def walk(value: Value, path: Path = ()) -> Iterator[tuple[Path, Value]]:
    """Each value in a document with its path, the whole first."""
    yield path, value
    if isinstance(value, dict):
        for key, child in value.items():
            yield from walk(child, (*path, key))
    elif isinstance(value, list):
        for index, child in enumerate(value):
            yield from walk(child, (*path, index))
