"""What every part of a spec is."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$", max_length=64)]


class Model(BaseModel):
    """A part of the spec: frozen, and a key that it does not know is an error.

    Its validators are built when first used: a command that finds its spec in the cache uses none.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True, defer_build=True)
