"""Marks on types: what pydantic is to see to where it judges a value of that type, and told to it only there.

Each stands within ``Annotated`` where an annotation of pydantic's own would stand, so that who only holds a document's
nouns need not import pydantic, which takes a third of a command's time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any


class Mark:
    """One annotation of pydantic's own, made when pydantic asks: to it, this is a group of annotations.

    Groups are a part of annotated-types' protocol (`annotated_types.GroupedMetadata`), which pydantic follows.
    """

    __is_annotated_types_grouped_metadata__ = True

    def __init__(self, name: str, *arguments: object, **named: object) -> None:
        """name: pydantic's, of what is made with these arguments."""
        self._name = name
        self._arguments = arguments
        self._named = named

    def __iter__(self) -> Iterator[object]:
        """That annotation."""
        import pydantic

        yield getattr(pydantic, self._name)(*self._arguments, **self._named)


def before(read: Callable[[Any], object], shape: object = None) -> Mark:
    """Judged is what ``read`` makes of a value. shape: the type of what it reads; None: as what is judged."""
    told = {} if shape is None else {"json_schema_input_type": shape}
    return Mark("BeforeValidator", read, **told)


def after(check: Callable[..., object]) -> Mark:
    """What ``check`` makes of a value that was found valid is taken. ValueErrors of both are faults."""
    return Mark("AfterValidator", check)


def limits(**told: object) -> Mark:
    """What pydantic's Field takes: ge, gt, le, lt, pattern, min_length, max_length, strict, examples, discriminator."""
    return Mark("Field", **told)


def written(write: Callable[[Any], object]) -> Mark:
    """How the value is written in a document."""
    return Mark("PlainSerializer", write)


def described(schema: Mapping[str, Any]) -> Mark:
    """What the published schema says of the value."""
    return Mark("WithJsonSchema", schema)
