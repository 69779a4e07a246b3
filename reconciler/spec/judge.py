"""Pydantic at work: values judged against a document's nouns, and nouns in their document form.

The one module that knows pydantic, but for `form.py`, which says how schemas look; `marks.py` hands on what types ask
of it. It is imported only where something is judged, written or described: that takes longer than most commands.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, TypeVar

from pydantic import TypeAdapter, ValidationError

__all__ = ["ValidationError", "adapter", "judged", "plain"]

N = TypeVar("N")

_adapter: Callable[[Any], TypeAdapter[Any]] = functools.cache(TypeAdapter)


def adapter(kind: type[N]) -> TypeAdapter[N]:
    """What judges, writes and describes nouns of that kind; made once, which takes long."""
    return _adapter(kind)


def judged(kind: type[N], value: object, context: dict[str, Any] | None = None) -> N:
    """The noun of that kind that a document's value says. context: for those that judge parts of it.

    Raises ValidationError.
    """
    return adapter(kind).validate_python(value, context=context)


def plain(noun: object, *, defaults: bool = True) -> Any:
    """A noun as what JSON can say, with units. defaults: also what has its default value."""
    return adapter(type(noun)).dump_python(noun, mode="json", exclude_defaults=not defaults)
