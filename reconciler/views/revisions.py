"""How far a repository is followed, in a line."""

from __future__ import annotations

from reconciler.revision import Revision, Revisions
from reconciler.views import words


def in_force(source: Revisions) -> str:
    """``main@4f1c2a9 (signed by alice)``: the revision whose spec is followed."""
    return named(source.applied) if source.applied is not None else "no revision yet"


def held_up(source: Revisions) -> str | None:
    """``main@77d0be1 is not in force: …``, or why the repository cannot be asked; None: all is well."""
    if source.obstacle is None:
        return None
    problem = words.clean(" ".join((source.problem or source.obstacle).split()))
    if source.obstacle == "unreachable" or source.attempted is None:
        return f"{words.clean(source.source)}: {problem}"
    return f"{words.clean(str(source.attempted))} is not in force: {problem}"


def named(revision: Revision) -> str:
    """A revision and who signed it."""
    signer = f" (signed by {words.clean(revision.signer)})" if revision.signer is not None else ""
    return words.clean(str(revision)) + signer
