"""What every part of a document that people write is: a noun that pydantic can judge and describe."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Annotated, Any, TypeVar, dataclass_transform, overload

from reconciler.noun import Following, noun
from reconciler.spec.marks import limits

N = TypeVar("N")
T = TypeVar("T")

Name = Annotated[str, limits(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$", max_length=64)]


@overload
def field(*, default: T, description: str, **more: Any) -> T: ...
@overload
def field(*, default_factory: Callable[[], T] | Following[T], description: str, **more: Any) -> T: ...
@overload
def field(*, description: str, **more: Any) -> Any: ...
def field(
    *, default: Any = dataclasses.MISSING, default_factory: Any = dataclasses.MISSING, **about: Any
) -> Any:
    """A key of a document.

    description: what it means; it ends up in the published schema and the default spec. more: examples, and limits of
    its value as `marks.limits` takes them. pydantic reads all this out of the field's metadata.
    """
    if default_factory is dataclasses.MISSING:
        return dataclasses.field(default=default, metadata=about)
    return dataclasses.field(default_factory=default_factory, metadata=about)


@dataclass_transform(frozen_default=True, kw_only_default=True, field_specifiers=(field,))
def part(cls: type[N]) -> type[N]:
    """A part of a document: a noun, made by keywords, to which pydantic lets no key be given that it does not know.

    Made by hand it is not judged, but for what its ``__post_init__`` sees to.
    """
    made = noun(kw_only=True)(cls)
    made.__pydantic_config__ = {"extra": "forbid", **getattr(cls, "__pydantic_config__", {})}  # type: ignore[attr-defined]
    return made
