"""Where the spec comes from.

A source gives the newest good spec and says what is wrong with a newer one that is not. It never blocks
the loop, and once it has given a good spec it always has one to give.

file.py         a file of this machine
git.py          a repository that is followed; last.py: what that has kept, for whoever only reads
setting.py      the source document; address.py: of repositories
command.py      git, as it is run here; mirror.py: its bare mirror
blobs.py        a revision's files; signature.py: who signed it; refusal.py: why it is not followed
standing.py     what is in force; kept.py: the same on disk
waiting.py      the wait between two looks; webhook.py: the door by which another machine shortens it

To add a source: a file with a class that is a Source.
"""

from __future__ import annotations

from typing import Protocol

from reconciler.revision import Revisions
from reconciler.spec.loaded import Loaded


class Source(Protocol):
    """Gives the spec, tick by tick. What one that looks only when it is asked need not do is done here."""

    def current(self) -> Loaded:
        """The newest good spec. Raises SpecError while there has been none."""
        ...

    def problem(self) -> str | None:
        """Why something newer is not in force; None: nothing newer is."""
        ...

    def revisions(self) -> Revisions | None:
        """How far a repository is followed; None: the spec comes from none."""
        return None

    def listen(self, wake: str) -> None:  # noqa: ARG002 - for those that look in the background
        """From now on ring the bell at that path when there may be something new."""
        return

    def hurry(self) -> None:
        """Look for something newer now, instead of when it is due."""
        return

    def close(self) -> None:
        """End whatever looks in the background; it is not waited for."""
        return
