"""The governed leaves: the small State that spec and world are both reduced to, so that they can be compared.

All else that is observed (phases, free bytes, ages) is evidence that only rules read.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, field
from typing import TypeAlias

from reconciler.farmer import OldPlot
from reconciler.noun import noun
from reconciler.state import Fact, Job, Known, Run, T, Temp


@noun
class JobLeaf:
    """A job as far as it is governed: how it runs, and where it is bound. None: not known."""

    run: Run
    tmp: str | None
    tmp2: str | None
    dst: str | None


@noun
class PlotLeaf:
    """The places that a plot is in, or is bound for; two between publishing and removing."""

    at: tuple[str, ...]


@noun
class OrphanLeaf:
    """Temporary files that no job owns. directory, files: what cleaning would remove."""

    directory: str
    files: tuple[str, ...]


@noun
class StoredLeaf:
    """An old plot at a farmer that the spec lets give way to new ones."""

    farmer: str
    disk: str
    bytes: int


@noun
class State:
    """Spec and world, reduced to what is governed. One leaf's change is one action.

    farmers: by ``FARMER:DISK/PLOT``.
    """

    jobs: Mapping[str, JobLeaf]
    plots: Mapping[str, PlotLeaf]
    orphans: Mapping[str, OrphanLeaf]
    farmers: Mapping[str, StoredLeaf] = field(default_factory=dict)


Leaf: TypeAlias = JobLeaf | PlotLeaf | OrphanLeaf | StoredLeaf


def entries(state: State) -> Mapping[str, Leaf]:
    """Every entry of a State by its path: ``jobs.0f3a…``."""
    return {
        **{f"jobs.{name}": leaf for name, leaf in state.jobs.items()},
        **{f"plots.{name}": leaf for name, leaf in state.plots.items()},
        **{f"orphans.{name}": leaf for name, leaf in state.orphans.items()},
        **{f"farmers.{name}": leaf for name, leaf in state.farmers.items()},
    }


def of_job(job: Job) -> JobLeaf:
    """A job's entry."""
    return JobLeaf(run=job.run, tmp=_value(job.tmp), tmp2=_value(job.tmp2), dst=_value(job.dst))


def of_temp(temp: Temp) -> OrphanLeaf:
    """The entry of temporary files that nobody owns."""
    return OrphanLeaf(directory=temp.directory, files=temp.files)


def of_old(farmer: str, disk: str, plot: OldPlot) -> StoredLeaf:
    """The entry of an old plot at a farmer."""
    return StoredLeaf(farmer=farmer, disk=disk, bytes=plot.bytes)


def digest(path: str, leaf: Leaf) -> str:
    """Of one entry, at its path in State: 32 hex digits that are equal for equal ones, and for no others."""
    told = json.dumps([path, asdict(leaf)], sort_keys=True)
    return hashlib.sha256(told.encode("utf-8", "surrogatepass")).hexdigest()[:32]


def _value(fact: Fact[T]) -> T | None:
    return fact.value if isinstance(fact, Known) else None
