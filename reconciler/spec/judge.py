"""Pydantic at work: values judged against a document's nouns, and nouns in their document form.

The one place where documents' nouns and pydantic meet, imported only where one is judged, written or described.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, TypeVar

from pydantic import TypeAdapter

N = TypeVar("N")


_adapter: Callable[[Any], TypeAdapter[Any]] = functools.cache(TypeAdapter)


def adapter(kind: type[N]) -> TypeAdapter[N]:
    """What judges, writes and describes nouns of that kind; made once, which takes long."""
    return _adapter(kind)


def judged(kind: type[N], value: object, context: dict[str, Any] | None = None) -> N:
    """The noun of that kind that a document's value says. context: for those that judge parts of it.

    Raises pydantic's ValidationError.
    """
    return adapter(kind).validate_python(value, context=context)


def plain(noun: object, *, defaults: bool = True) -> Any:
    """A noun as what JSON can say, with units. defaults: also what has its default value."""
    return adapter(type(noun)).dump_python(noun, mode="json", exclude_defaults=not defaults)
