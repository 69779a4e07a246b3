"""The Observation: what is, at one instant, as a whole; and what of it a person should know."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from typing import Literal

from reconciler.busy import Busy
from reconciler.farmer import Farmer
from reconciler.noun import noun
from reconciler.revision import Revisions
from reconciler.state import (
    Deletion,
    Directory,
    Fact,
    Instant,
    Job,
    Known,
    Override,
    Removal,
    Start,
    Transfer,
    Unknown,
)


@noun
class Condition:
    """Something that a person should know. type: a stable name; subject: what it is about."""

    type: str
    subject: str
    message: str


@noun(kw_only=True)
class Observation:
    """What is, at one instant: all that planning may know beside the spec.

    cpus: logical processors; memory: bytes; utc_offset: seconds that local time is ahead of UTC now.
    directories: every local directory of the spec, by its path there; the log directory among them.
    farmers: by name.
    finished_before: plots finished by jobs whose logs are shelved; 0 where the spec does not count them.
    source: how far the repository is followed that the spec comes from; None: it comes from a file.
    busy: asked for only where the spec leaves it to the tool how many jobs there are.
    """

    version: Literal[1] = 1
    host: str
    now: Instant
    cpus: int
    memory: int
    utc_offset: int = 0
    jobs: Fact[tuple[Job, ...]]
    starts: Fact[tuple[Start, ...]]
    transfers: Fact[tuple[Transfer, ...]]
    removals: Fact[tuple[Removal, ...]] = field(default_factory=lambda: Known(()))
    deletions: Fact[tuple[Deletion, ...]] = field(default_factory=lambda: Known(()))
    overrides: Fact[tuple[Override, ...]]
    directories: Mapping[str, Directory]
    farmers: Mapping[str, Farmer]
    finished_before: int = 0
    source: Revisions | None = None
    busy: Fact[Busy] = field(default_factory=lambda: Unknown("nothing depends on it"))
    conditions: tuple[Condition, ...] = ()
