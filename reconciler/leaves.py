"""The governed leaves: the small State that spec and world are both reduced to, so that they can be compared.

All else that is observed (phases, free bytes, ages) is evidence that only rules read.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from reconciler.state import Run


@dataclass(frozen=True, slots=True)
class JobLeaf:
    """A job as far as it is governed: how it runs, and where it is bound. None: not known."""

    run: Run
    tmp: str | None
    tmp2: str | None
    dst: str | None


@dataclass(frozen=True, slots=True)
class PlotLeaf:
    """The places that a plot is in, or is bound for; two between publishing and removing."""

    at: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class OrphanLeaf:
    """Temporary files that no job owns. directory, files: what cleaning would remove."""

    directory: str
    files: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class StoredLeaf:
    """An old plot at a farmer that the spec lets give way to new ones."""

    farmer: str
    disk: str
    bytes: int


@dataclass(frozen=True, slots=True)
class State:
    """Spec and world, reduced to what is governed. One leaf's change is one action.

    farmers: by ``FARMER:DISK/PLOT``.
    """

    jobs: Mapping[str, JobLeaf]
    plots: Mapping[str, PlotLeaf]
    orphans: Mapping[str, OrphanLeaf]
    farmers: Mapping[str, StoredLeaf] = field(default_factory=dict)
