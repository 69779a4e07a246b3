"""What all ways of asking have in common: which of a folder's files matter, and to whom. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from reconciler.inquiry import Found, Question, Volume
from reconciler.plotters import names as plot_names


class Listed(NamedTuple):
    """A file as it was listed. modified: by the farmer's clock, in seconds; None: not told."""

    name: str
    bytes: int
    modified: float | None


def target_of(question: Question, disk: str) -> str:
    """The folder on a disk that plots go to."""
    return f"{disk.rstrip('/')}/{question.folder}" if question.folder else disk


def is_plot(name: str) -> bool:
    """Is it the final name of a plot?"""
    plot = plot_names.parse(name)
    return plot is not None and not plot.temporary


def may_land(name: str) -> bool:
    """May it be a plot on its way? Names of such are hidden, or end so; which ones are, the observer tells."""
    return name.startswith(".") or name.endswith(".tmp")


def volume_of(
    question: Question,
    *,
    device: str,
    free: int,
    total: int,
    writable: bool,
    count: int,
    files: Iterable[Listed],
    clock: float | None,
) -> Volume:
    """files: at least those that were asked for. clock: the farmer's, when they had been listed; None: not told."""
    found = {
        file.name: Found(
            file.name,
            file.bytes,
            clock - file.modified if clock is not None and file.modified is not None else None,
        )
        for file in files
    }
    return Volume(
        device=device,
        # What is kept for root, and what quotas overdraw, can make it less than nothing.
        free=max(0, free),
        total=total,
        writable=writable,
        plots=count,
        sought=tuple(found[name] for name in question.seek if name in found),
        parts=tuple(file for name, file in found.items() if may_land(name)),
        every=tuple(file for name, file in found.items() if is_plot(name)) if question.heads else (),
    )
