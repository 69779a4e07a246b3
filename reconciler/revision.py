"""Where a spec comes from when it lives in Git, and how far it is followed."""

from __future__ import annotations

from typing import Literal, TypeAlias

from reconciler.noun import noun

Obstacle: TypeAlias = Literal["unreachable", "unverified", "invalid", "rewound", "shrunk"]
"""Why the newest revision is not in force: the repository does not answer; no trusted signature; no usable spec, or
one that the repository does not hold as it should; the ref has left the history that was followed; a spec so much
smaller that it may be a mistake."""


@noun(kw_only=True)
class Revision:
    """One state of the repository.

    commit: hexadecimal. ref: the branch or tag that led to it. at: wall clock, when it was first met here.
    signer: who signed it, as the signers file or the key names them; None: nobody was asked for.
    """

    commit: str
    ref: str
    at: float
    signer: str | None = None

    def __str__(self) -> str:
        return f"{self.ref}@{self.commit[:7]}"


@noun(kw_only=True)
class Revisions:
    """How far a repository is followed.

    source: the repository and the path in it, without secrets, as people may see it.
    applied: whose spec is in force. attempted: the newest that was met. The same where all is well.
    asked: wall clock of the repository's last answer; None: it has not answered yet.
    obstacle, problem: why the newest is not in force, by name and in words; None: it is.
    """

    source: str
    applied: Revision | None
    attempted: Revision | None
    asked: float | None
    obstacle: Obstacle | None = None
    problem: str | None = None
