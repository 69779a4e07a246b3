"""A spec that is suddenly much smaller is more often a mistake than a wish."""

from __future__ import annotations

from collections.abc import Mapping

from reconciler.spec.models import Spec


def shrunk(before: Spec, after: Spec) -> str | None:
    """Why a spec should not follow upon another, in words; None: it may, or says itself that it does.

    Refused are a spec without any tmp directory, dst directory or farmer where there were some, one that plots
    nothing any more, and one with less than half as many of them: 1 left of 2 is an ordinary edit, 1 left of 3 is not.
    """
    if after.allow_empty:
        return None
    losses = [_loss(what, count, _sizes(after)[what]) for what, count in _sizes(before).items()]
    if before.plotting is not None and after.plotting is None:
        losses.append("the section plotting is gone")
    told = [loss for loss in losses if loss is not None]
    if not told:
        return None
    return f"{'; '.join(told)}: if it is meant, say allow_empty: true until it is in force"


def _sizes(spec: Spec) -> Mapping[str, int]:
    return {
        "directories.tmp": len(spec.directories.tmp),
        "directories.dst": len(spec.directories.dst),
        "archive": len(spec.archive),
    }


def _loss(what: str, before: int, after: int) -> str | None:
    if before == 0 or 2 * after >= before:
        return None
    return f"{what} has {after or 'none'} left of {before}"
