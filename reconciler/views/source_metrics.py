"""How far a repository is followed, as Prometheus reads it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import get_args

from prometheus_client.core import Metric

from reconciler.revision import Obstacle, Revisions
from reconciler.views.gauges import gauge


def families(source: Revisions) -> Iterator[Metric]:
    """The repository that the spec comes from."""
    met = {"applied": source.applied, "attempted": source.attempted}
    yield gauge(
        "plotman_source_revision_info",
        "The revision in force, and the newest that was met; always 1.",
        ("state", "ref", "commit"),
        {(state, each.ref, each.commit): 1 for state, each in met.items() if each is not None},
    )
    yield gauge(
        "plotman_source_obstacle",
        "1 for what keeps the newest revision from being in force.",
        ("kind",),
        {(kind,): kind == source.obstacle for kind in get_args(Obstacle)},
    )
    signed = source.applied is not None and source.applied.signer is not None
    yield gauge(
        "plotman_source_verified",
        "1 while the revision in force bears a trusted signature.",
        (),
        {(): signed},
    )
    if source.asked is not None:
        about = "Wall clock of the repository's last answer."
        yield gauge("plotman_source_answer_timestamp_seconds", about, (), {(): source.asked})
