"""What a source that follows a repository keeps on disk: the last good spec, whole, and how far it has come.

The loop writes both; every process may read them, also while the repository is down. Each file says the digest of
what it holds, so that one that was damaged is never taken for the truth.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable
from dataclasses import asdict
from typing import Any, Generic, TypeVar

from reconciler.errors import Problem, SpecError
from reconciler.noun import noun
from reconciler.revision import Revision, Revisions
from reconciler.spec.files import Files, Texts
from reconciler.spec.judge import judged
from reconciler.spec.loaded import Loaded

N = TypeVar("N")

Load = Callable[[Files, str], Loaded]
"""Reads the spec at a path out of some files. Raises SpecError."""

LARGEST = 4_000_000
"""Bytes of the largest file that is read back."""


@noun(kw_only=True)
class Good:
    """The last good spec. source: as Revisions say it; path, text: its document, composed; digest: its own."""

    source: str
    revision: Revision
    path: str
    text: str
    digest: str

    def loaded(self, load: Load) -> Loaded:
        """The spec. Raises SpecError where this version of the tool does not take it any more."""
        return load(Texts({self.path: self.text}), self.path)


@noun
class Kept:
    """All that a state folder tells. None: nothing. damage: which file is not what was written, in words."""

    good: Good | None
    revisions: Revisions | None
    damage: str | None = None

    @classmethod
    def read(cls, state: str) -> Kept:
        """What that folder holds. Raises nothing: what cannot be read is damage."""
        good, first = _GOOD.read(state)
        revisions, second = _SEEN.read(state)
        return cls(good, revisions, first or second)

    def loaded(self, load: Load, state: str) -> Loaded:
        """The last good spec. Raises SpecError where there is none."""
        if self.good is None:
            why = self.damage or "holds no spec yet: `plotman apply` has not fetched any"
            raise SpecError([Problem(state, 0, 0, "", why, "source")])
        return self.good.loaded(load)


class _Record(Generic[N]):
    """One noun in one file of the folder."""

    def __init__(self, name: str, kind: type[N]) -> None:
        self.name = name
        self._kind = kind

    def text(self, noun: N) -> str:
        value = asdict(noun)  # type: ignore[call-overload]  # each kind is a dataclass
        return json.dumps({"version": 1, "sum": _sum(value), "value": value}, indent=2) + "\n"

    def read(self, state: str) -> tuple[N | None, str | None]:
        """The noun, and what is wrong with its file."""
        path = os.path.join(state, self.name)
        try:
            with open(path, "rb") as file:
                document = json.loads(file.read(LARGEST))
            if document["version"] != 1 or document["sum"] != _sum(document["value"]):
                return None, f"{path} is damaged: it is not as it was written; it is not trusted"
            return judged(self._kind, document["value"]), None
        except FileNotFoundError:
            return None, None
        except OSError as error:
            return None, f"{path} cannot be read: {error.strerror}"
        except (ValueError, LookupError, TypeError, RecursionError):
            return None, f"{path} is damaged: it is no such document; it is not trusted"


def _sum(value: Any) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()


_GOOD = _Record("good.json", Good)
_SEEN = _Record("seen.json", Revisions)


def keep_good(state: str, good: Good, note: Callable[[str, str], None]) -> None:
    """Write the last good spec. note: writes a file whole, flushed to disk. Raises MachineError."""
    note(os.path.join(state, _GOOD.name), _GOOD.text(good))


def keep_seen(state: str, revisions: Revisions, note: Callable[[str, str], None]) -> None:
    """Write how far the repository is followed, likewise."""
    note(os.path.join(state, _SEEN.name), _SEEN.text(revisions))
