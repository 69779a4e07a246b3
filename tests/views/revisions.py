"""A farm that follows a repository: well, with a refused revision, and cut off from it."""

from __future__ import annotations

from dataclasses import replace

from reconciler.facts import Facts
from reconciler.observe.conditions import of_source
from reconciler.revision import Revision, Revisions

from .samples import NOW, facts, spec

OLD = Revision(commit="4f1c2a9" + "0" * 33, ref="main", at=NOW.at - 60, signer="alice@farm")
NEW = Revision(commit="77d0be1" + "0" * 33, ref="main", at=NOW.at)
WELL = Revisions(source="git.lan/farm.git hosts/h07.yaml", applied=OLD, attempted=OLD, asked=NOW.at)
REFUSED = replace(
    WELL, attempted=NEW, obstacle="invalid", problem="hosts/h07.yaml:3:1: tpm: is not a key here"
)
AWAY = replace(WELL, obstacle="unreachable", problem="no answer within 30 s")


def under(source: Revisions, given: Facts | None = None) -> Facts:
    """The farm of the samples, or another one, as it follows that repository."""
    given = given or facts()
    return Facts(spec(), replace(given.seen, source=source, conditions=of_source(source)), given.plotters)
