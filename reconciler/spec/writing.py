"""From values to YAML text, in block style, with comments; and from a Spec to its document form.

Quotes whatever YAML 1.1 would misread (``"2:1"``, ``"yes"``), so that every reader sees the same.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping
from dataclasses import MISSING, Field, fields, is_dataclass
from typing import Any, Literal, get_args, get_origin, get_type_hints

import yaml

from reconciler.noun import Following, noun, values
from reconciler.spec.judge import plain
from reconciler.spec.models import Spec
from reconciler.spec.tree import Path, Value


@noun
class Comment:
    """What is said of a value: lines above it, and text behind it on its own line; all without ``#``."""

    above: tuple[str, ...] = ()
    behind: str = ""


_NONE = Comment()


def write(value: Value, comments: Mapping[Path, Comment] | None = None) -> str:
    """A document's text. comments: by the path of the value that they are about."""
    return "".join(f"{line}\n" for line in _block(value, (), comments or {}))


def dump(spec: Spec, *, defaults: bool = False) -> str:
    """A spec as YAML. defaults: write also what has its default value. `parse(dump(spec)).spec == spec`."""
    return write(document(spec, defaults=defaults))


def document(part: Any, *, defaults: bool = False) -> dict[str, Value]:
    """A part of a document in its document form: units as text; what is None is left out.

    What can have one value only, such as a transport's kind, tells parts apart, and is always written.
    """
    written: dict[str, Value] = {}
    shown = plain(part)
    kind: Any = type(part)
    constants = _constants(kind)
    for about in fields(part):
        name = about.name
        value = getattr(part, name)
        if value is None or (not defaults and value == _usual(part, about) and name not in constants):
            continue
        written[name] = _part(value, shown[name], defaults)
    return written


@functools.cache
def _constants(kind: Any) -> frozenset[str]:
    """The keys that can have one value only."""
    types = get_type_hints(kind).items()
    return frozenset(name for name, of in types if get_origin(of) is Literal and len(get_args(of)) == 1)


def _usual(part: object, about: Field[Any]) -> object:
    """The default of a field, beside the others of this part."""
    factory: Any = about.default_factory
    if factory is MISSING:
        return about.default
    return factory(values(part)) if isinstance(factory, Following) else factory()


def _part(value: object, shown: Value, defaults: bool) -> Value:
    if isinstance(shown, dict) and is_dataclass(value):
        return _short(document(value, defaults=defaults))
    if isinstance(value, tuple) and isinstance(shown, list):
        return [_part(item, shown[index], defaults) for index, item in enumerate(value)]
    return shown


def _short(written: dict[str, Value]) -> Value:
    """{path: ...} or {kind: ...} alone is written as what it holds."""
    return next(iter(written.values())) if list(written) in (["path"], ["kind"]) else written


# --- text ----------------------------------------------------------------------------------------


def _block(value: Value, path: Path, comments: Mapping[Path, Comment]) -> Iterator[str]:
    """The lines of a mapping, list or single value."""
    if isinstance(value, dict) and value:
        for key, child in value.items():
            yield from _entry(f"{scalar(key)}:", child, (*path, key), comments)
    elif isinstance(value, list) and value:
        for index, child in enumerate(value):
            yield from _item(child, (*path, index), comments)
    else:
        yield scalar(value)


def _entry(key: str, child: Value, path: Path, comments: Mapping[Path, Comment]) -> Iterator[str]:
    comment = comments.get(path, _NONE)
    yield from _above(comment)
    if isinstance(child, dict | list) and child:
        yield key + _behind(comment)
        yield from (f"  {line}" if line else line for line in _block(child, path, comments))
    else:
        yield f"{key} {scalar(child)}{_behind(comment)}"


def _item(child: Value, path: Path, comments: Mapping[Path, Comment]) -> Iterator[str]:
    comment = comments.get(path, _NONE)
    yield from _above(comment)
    mark = "- "
    for line in _block(child, path, comments):
        # A comment above the first key stands before the item's dash.
        if mark == "- " and line.lstrip().startswith("#"):
            yield line
            continue
        yield f"{mark}{line}{_behind(comment) if mark == '- ' else ''}" if line else line
        mark = "  "


def _above(comment: Comment) -> Iterator[str]:
    yield from (f"# {line}".rstrip() if line else "" for line in comment.above)


def _behind(comment: Comment) -> str:
    return f"  # {comment.behind}" if comment.behind else ""


class _Dumper(yaml.SafeDumper):
    """Writes single values; texts that need more than one line go into double quotes."""


def _text(dumper: _Dumper, text: str) -> yaml.ScalarNode:
    style = None if text.isprintable() else '"'
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Dumper.add_representer(str, _text)


def scalar(value: Value) -> str:
    """A single value on one line, quoted where it must be; an empty list or mapping likewise."""
    if isinstance(value, dict | list):
        return "{}" if isinstance(value, dict) else "[]"
    return _text_line(value) if isinstance(value, str) else _line(value)


@functools.lru_cache(maxsize=4096)
def _text_line(text: str) -> str:
    """Remembered: a document's keys, and what many hosts have in common, are written again and again."""
    return _line(text)


def _line(value: Value) -> str:
    text: str = yaml.dump(value, Dumper=_Dumper, width=float("inf"), allow_unicode=True)
    return text.removesuffix("...\n").removesuffix("\n")
