"""The files of one revision, read out of the mirror: nothing outside that revision is ever read."""

from __future__ import annotations

import re

from reconciler.errors import Problem, SpecError
from reconciler.sources.mirror import Mirror
from reconciler.spec.files import MAX_BYTES, Files, beside, text_of

_KINDS = {
    "120000": "is a symbolic link; only plain files are followed here",
    "160000": "is a submodule; only the repository's own files are read",
    "040000": "is a folder; name a file",
}
_PLAIN = ("100644", "100755", "100664")


class Blobs(Files):
    """The text files of one commit."""

    def __init__(self, mirror: Mirror, commit: str) -> None:
        self._mirror = mirror
        self._commit = commit

    def read(self, path: str) -> str:
        """A file's text. Raises SpecError where it is missing, no plain file, huge, or not UTF-8."""
        if not _inside(path):
            raise _wrong(path, "is no path in a repository; write one from its top on: hosts/h07.yaml")
        entries = self._mirror.entries(self._commit, path)
        if not entries:
            raise _wrong(path, self._missing(path))
        if len(entries) > 1:
            raise _wrong(path, "is there twice; git itself makes no such tree")
        (entry,) = entries
        if entry.mode not in _PLAIN:
            raise _wrong(path, _KINDS.get(entry.mode, f"has the mode {entry.mode}; it is no plain file"))
        if entry.bytes > MAX_BYTES:
            raise _wrong(
                path, f"has {entry.bytes:,} bytes; no document has more than {MAX_BYTES:,}", "too-big"
            )
        return text_of(self._mirror.blob(entry.id), path)

    def beside(self, path: str, other: str) -> str:
        """The path of a file that the document at `path` names, from its own folder on.

        Raises SpecError where that leads out of the repository.
        """
        found = beside(path, other)
        if not _inside(found):
            raise _wrong(path, f"names {other!r}, which lies outside the repository")
        return found

    def _missing(self, path: str) -> str:
        """Why there is nothing at that path: it is not there, or the way to it is no folder."""
        parts = path.split("/")
        for length in range(1, len(parts)):
            above = "/".join(parts[:length])
            entries = self._mirror.entries(self._commit, above)
            if not entries:
                break
            if (why := _KINDS.get(entries[0].mode)) and entries[0].mode != "040000":
                return f"is not there: {above} {why}"
        return "is not in this revision"


def _inside(path: str) -> bool:
    return not re.search(r"[\x00-\x1f\x7f]", path) and not {"", ".", ".."} & set(path.split("/"))


def _wrong(path: str, message: str, rule: str = "unreadable") -> SpecError:
    return SpecError([Problem(path, 0, 0, "", message, rule)])
