"""The files that a spec is made of: one document, and those that it extends."""

from __future__ import annotations

from typing import Protocol


class Files(Protocol):
    """A tree of text files, such as a disk's or a revision's."""

    def read(self, path: str) -> str:
        """A file's text. Raises SpecError where it is missing, unreadable, huge, or not UTF-8."""

    def beside(self, path: str, other: str) -> str:
        """The path of a file that the document at `path` names, from its own folder on.

        Raises SpecError where that is no path in this tree.
        """
